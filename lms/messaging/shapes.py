"""A message going out and coming in, as every app whose conversations have a door shows it."""

import uuid
from typing import Any

from rest_framework import serializers

from lms.messaging.checks import MAX_ATTACHMENTS, MAX_CLIENT_ID, MAX_CONTENT


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    avatar = serializers.CharField()


class ReactionSerializer(serializers.Serializer[Any]):
    emoji = serializers.CharField()
    count = serializers.IntegerField()
    user_ids = serializers.ListField(child=serializers.UUIDField())


class AttachmentSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    name = serializers.CharField()
    content_type = serializers.CharField(required=False)
    size = serializers.IntegerField(required=False)


class MessageSerializer(serializers.Serializer[Any]):
    """One message: in history, in answers and in pushes the same."""

    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    offset = serializers.IntegerField()
    client_id = serializers.CharField()
    author = PersonSerializer()
    content = serializers.CharField()
    reply_to = serializers.UUIDField(allow_null=True)
    attachments = AttachmentSerializer(many=True)
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted = serializers.BooleanField()
    reactions = ReactionSerializer(many=True)


class LowerChoiceField(serializers.ChoiceField):
    """Any case in, lower case out."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data.lower() if isinstance(data, str) else data)


class DraftSerializer(serializers.Serializer[Any]):
    """What every new message has, wherever it goes."""

    content = serializers.CharField(
        max_length=MAX_CONTENT, allow_blank=True, trim_whitespace=False, required=False
    )
    client_id = serializers.CharField(max_length=MAX_CLIENT_ID, required=False)
    reply_to = serializers.UUIDField(required=False, allow_null=True)
    attachments = serializers.ListField(
        child=serializers.DictField(), required=False, max_length=MAX_ATTACHMENTS
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("attachments"):
            if "content" not in attrs:
                raise serializers.ValidationError({"content": "This field is required."})
            if not attrs["content"].strip():
                raise serializers.ValidationError({"content": "This field may not be blank."})
        return attrs

    def draft(self) -> dict[str, Any]:
        """Arguments for `post_message`. Without a client_id, sending again is a new message."""
        given = self.validated_data
        return {
            "content": given.get("content", ""),
            "client_id": given.get("client_id") or uuid.uuid4().hex,
            "reply_to": given.get("reply_to"),
            "attachments": given.get("attachments", []),
        }


class MessageChangeSerializer(serializers.Serializer[Any]):
    content = serializers.CharField(max_length=MAX_CONTENT, allow_blank=True, trim_whitespace=False)
