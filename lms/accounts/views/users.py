from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lms.accounts import selectors
from lms.accounts.identity import Identity
from lms.accounts.permissions import can_manage_people
from lms.accounts.serializers import (
    NewUserSerializer,
    NothingSerializer,
    ProfileWriteSerializer,
    TicketSerializer,
    UserChangeSerializer,
    UserFilterSerializer,
    UserPageSerializer,
    UserSerializer,
)
from lms.accounts.services.families import end_all_logins
from lms.accounts.services.profile import update_profile
from lms.accounts.services.tickets import TICKET_SECONDS, issue_ticket
from lms.accounts.services.users import create_user, deactivate_user, update_user
from lms.accounts.signed_in import person_of
from lms.accounts.views.doors import current_family_id, valid
from lms.core.pagination import PageNumberPagination
from lms.core.permissions import require


class MeView(APIView):
    @extend_schema(responses=UserSerializer)
    def get(self, request: Request) -> Response:
        return Response(UserSerializer(person_of(request)).data)

    @extend_schema(request=ProfileWriteSerializer, responses=UserSerializer)
    def patch(self, request: Request) -> Response:
        changes = valid(ProfileWriteSerializer, request.data, partial=True)
        return Response(
            UserSerializer(update_profile(user=person_of(request), changes=changes)).data
        )


class LogoutAllView(APIView):
    @extend_schema(request=NothingSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        end_all_logins(user=person_of(request), reason="logout")
        return Response(status=204)


class TicketView(APIView):
    @extend_schema(request=NothingSerializer, responses={201: TicketSerializer})
    def post(self, request: Request) -> Response:
        identity = request.auth
        ticket = issue_ticket(
            user=person_of(request),
            family=selectors.get_family(current_family_id(request)),
            expires_at=identity.expires_at if isinstance(identity, Identity) else None,
        )
        return Response({"ticket": ticket, "expires_in": TICKET_SECONDS}, status=201)


class UserListView(APIView):
    @extend_schema(
        parameters=[
            UserFilterSerializer,
            OpenApiParameter("page", int),
            OpenApiParameter("page_size", int),
        ],
        responses=UserPageSerializer,
        operation_id="users_list",
    )
    def get(self, request: Request) -> Response:
        require(can_manage_people(person_of(request)))
        wanted = valid(UserFilterSerializer, request.query_params)
        pages = PageNumberPagination()
        page = pages.paginate_queryset(selectors.users(**wanted), request, view=self)
        return pages.get_paginated_response(UserSerializer(page, many=True).data)

    @extend_schema(request=NewUserSerializer, responses={201: UserSerializer})
    def post(self, request: Request) -> Response:
        require(can_manage_people(person_of(request)))
        fields = valid(NewUserSerializer, request.data)
        password = fields.pop("password")
        user = create_user(actor=person_of(request), password=password, fields=fields)
        return Response(UserSerializer(user).data, status=201)


class UserDetailView(APIView):
    @extend_schema(responses=UserSerializer)
    def get(self, request: Request, user: str) -> Response:
        require(can_manage_people(person_of(request)))
        return Response(UserSerializer(selectors.get_user(user)).data)

    @extend_schema(request=UserChangeSerializer, responses=UserSerializer)
    def patch(self, request: Request, user: str) -> Response:
        require(can_manage_people(person_of(request)))
        changes = valid(UserChangeSerializer, request.data, partial=True)
        changed = update_user(actor=person_of(request), user=user, changes=changes)
        return Response(UserSerializer(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, user: str) -> Response:
        deactivate_user(actor=person_of(request), user=user)
        return Response(status=204)
