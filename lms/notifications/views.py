"""The HTTP door of the inbox. Everyone reaches their own only."""

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lms.accounts.signed_in import person_of
from lms.notifications.models import Notification
from lms.notifications.selectors import get_notification, notifications_of, unread_of
from lms.notifications.serializers import (
    AllReadSerializer,
    InboxFilterSerializer,
    NotificationSerializer,
    ReadingSerializer,
    UnreadCountSerializer,
)
from lms.notifications.services import mark_all_read, mark_read, mark_unread


class NotificationListView(GenericAPIView[Notification]):
    serializer_class = NotificationSerializer

    @extend_schema(parameters=[InboxFilterSerializer], responses=NotificationSerializer(many=True))
    def get(self, request: Request) -> Response:
        query = InboxFilterSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        unread = query.validated_data["unread"]
        inbox = notifications_of(person_of(request))
        if unread is not None:
            inbox = inbox.filter(read_at__isnull=unread)
        page = self.paginate_queryset(inbox)
        return self.get_paginated_response(NotificationSerializer(page, many=True).data)


class NotificationDetailView(APIView):
    @extend_schema(responses=NotificationSerializer)
    def get(self, request: Request, notification_id: str) -> Response:
        found = get_notification(user=person_of(request), notification_id=notification_id)
        return Response(NotificationSerializer(found).data)

    @extend_schema(request=ReadingSerializer, responses=NotificationSerializer)
    def patch(self, request: Request, notification_id: str) -> Response:
        """Mark it as read, or as unread again."""
        body = ReadingSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        mark = mark_read if body.validated_data["is_read"] else mark_unread
        changed = mark(user=person_of(request), notification_id=notification_id)
        return Response(NotificationSerializer(changed).data)


class ReadAllView(APIView):
    @extend_schema(request=None, responses=AllReadSerializer)
    def post(self, request: Request) -> Response:
        updated = mark_all_read(user=person_of(request))
        unread = unread_of(person_of(request)).count()
        return Response({"updated": updated, "unread_count": unread})


class UnreadCountView(APIView):
    @extend_schema(responses=UnreadCountSerializer)
    def get(self, request: Request) -> Response:
        return Response({"unread_count": unread_of(person_of(request)).count()})
