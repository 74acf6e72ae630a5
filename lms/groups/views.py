"""The HTTP door of groups and their members: parse, call, answer."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lms.accounts.signed_in import person_of
from lms.groups.models import Group
from lms.groups.selectors import (
    get_group,
    get_group_member,
    get_listed_group,
    groups_listed_for,
    members_seen_by,
)
from lms.groups.serializers import (
    GroupInputSerializer,
    GroupMemberSerializer,
    GroupQuerySerializer,
    GroupSerializer,
    MemberQuerySerializer,
    NewMemberSerializer,
    RoleSerializer,
)
from lms.groups.services.groups import close_group, create_group, update_group
from lms.groups.services.members import (
    add_group_member,
    change_member_role,
    leave_group,
    remove_group_member,
)
from lms.messaging.models import Member


class GroupListView(GenericAPIView[Group]):
    serializer_class = GroupSerializer

    @extend_schema(parameters=[GroupQuerySerializer], responses=GroupSerializer(many=True))
    def get(self, request: Request) -> Response:
        """One's own groups and those one may join, newest first."""
        query = GroupQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = self.paginate_queryset(groups_listed_for(person_of(request), **query.validated_data))
        return self.get_paginated_response(GroupSerializer(page, many=True).data)

    @extend_schema(request=GroupInputSerializer, responses={201: GroupSerializer})
    def post(self, request: Request) -> Response:
        """The creator owns the group."""
        body = GroupInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        group = create_group(actor=person_of(request), **body.validated_data)
        return Response(GroupSerializer(group).data, status=status.HTTP_201_CREATED)


class GroupDetailView(APIView):
    @extend_schema(responses=GroupSerializer)
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        group = get_listed_group(user=person_of(request), group_id=group_id)
        return Response(GroupSerializer(group).data)

    @extend_schema(request=GroupInputSerializer, responses=GroupSerializer)
    def patch(self, request: Request, group_id: uuid.UUID) -> Response:
        body = GroupInputSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        group = update_group(
            actor=person_of(request), group_id=group_id, changes=body.validated_data
        )
        return Response(GroupSerializer(group).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, group_id: uuid.UUID) -> Response:
        """Closes it: nobody writes or joins any more, its members go on reading."""
        close_group(actor=person_of(request), group_id=group_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupLeaveView(APIView):
    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, group_id: uuid.UUID) -> Response:
        """409 `last_owner` for the only owner."""
        leave_group(actor=person_of(request), group_id=group_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupMemberListView(GenericAPIView[Member]):
    serializer_class = GroupMemberSerializer

    @extend_schema(parameters=[MemberQuerySerializer], responses=GroupMemberSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Members of the groups one is in, in the order they came."""
        query = MemberQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        members = members_seen_by(person_of(request))
        if "group" in query.validated_data:
            group = get_group(user=person_of(request), group_id=query.validated_data["group"])
            members = members.filter(audience_id=group.audience_id)
        if "role" in query.validated_data:
            members = members.filter(role=query.validated_data["role"])
        page = self.paginate_queryset(members)
        return self.get_paginated_response(GroupMemberSerializer(page, many=True).data)

    @extend_schema(request=NewMemberSerializer, responses={201: GroupMemberSerializer})
    def post(self, request: Request) -> Response:
        """Bring somebody in; with one's own id, join an open group."""
        body = NewMemberSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        member = add_group_member(
            actor=person_of(request),
            group_id=given["group"],
            user_id=given["user_id"],
            role=given["role"],
        )
        return Response(GroupMemberSerializer(member).data, status=status.HTTP_201_CREATED)


class GroupMemberDetailView(APIView):
    @extend_schema(responses=GroupMemberSerializer)
    def get(self, request: Request, member_id: uuid.UUID) -> Response:
        member = get_group_member(user=person_of(request), member_id=member_id)
        return Response(GroupMemberSerializer(member).data)

    @extend_schema(request=RoleSerializer, responses=GroupMemberSerializer)
    def patch(self, request: Request, member_id: uuid.UUID) -> Response:
        """Owners and admins give roles."""
        body = RoleSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        member = change_member_role(
            actor=person_of(request), member_id=member_id, role=body.validated_data["role"]
        )
        return Response(GroupMemberSerializer(member).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, member_id: uuid.UUID) -> Response:
        """Leave, or remove somebody. The group's last owner stays."""
        remove_group_member(actor=person_of(request), member_id=member_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
