from typing import Any

from rest_framework import serializers

from lms.notifications.models import Notification


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """`message` is the body under the name that other clients know."""

    message = serializers.CharField(source="body", read_only=True)
    is_read = serializers.BooleanField(read_only=True)

    class Meta:
        model = Notification
        fields = (
            "id",
            "kind",
            "title",
            "body",
            "message",
            "link",
            "actor_id",
            "is_read",
            "read_at",
            "created_at",
        )


class ReadingSerializer(serializers.Serializer[Any]):
    is_read = serializers.BooleanField()


class InboxFilterSerializer(serializers.Serializer[Any]):
    unread = serializers.BooleanField(required=False, allow_null=True, default=None)


class UnreadCountSerializer(serializers.Serializer[Any]):
    unread_count = serializers.IntegerField()


class AllReadSerializer(serializers.Serializer[Any]):
    updated = serializers.IntegerField()
    unread_count = serializers.IntegerField()
