"""Messages and conversations on the wire. Output is what `rendering` and `summaries` make; the
classes here that describe it are checked against it in the tests."""

import uuid
from typing import Any

from rest_framework import serializers

from lms.messaging.checks import MAX_CLIENT_ID, MAX_CONTENT, MAX_EMOJI
from lms.messaging.models import Conversation, Member
from lms.messaging.pages import PageQuerySerializer
from lms.messaging.services.addressing import MessageType


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


class MessagePageSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = MessageSerializer(many=True)


class MessageQuerySerializer(PageQuerySerializer):
    conversation = serializers.UUIDField()


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
        child=serializers.DictField(), required=False, max_length=10
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


class NewMessageSerializer(DraftSerializer):
    """To a `recipient_id` (a person, or a group with another `message_type`), or into a
    `conversation`."""

    recipient_id = serializers.CharField(max_length=100, required=False)
    message_type = LowerChoiceField(choices=MessageType.choices, default=MessageType.DIRECT)
    conversation = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "recipient_id" in attrs and "conversation" in attrs:
            raise serializers.ValidationError("Give recipient_id or conversation, not both.")
        if "recipient_id" not in attrs and "conversation" not in attrs:
            raise serializers.ValidationError({"recipient_id": "This field is required."})
        return super().validate(attrs)


class MessageChangeSerializer(serializers.Serializer[Any]):
    content = serializers.CharField(max_length=MAX_CONTENT, allow_blank=True, trim_whitespace=False)


class NewReactionSerializer(serializers.Serializer[Any]):
    emoji = serializers.CharField(max_length=MAX_EMOJI)


class ConversationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    topic = serializers.CharField()
    kind = serializers.ChoiceField(choices=Conversation.Kind.choices)
    title = serializers.CharField()
    direct_with = PersonSerializer(allow_null=True)
    is_active = serializers.BooleanField()
    open_to_tenant = serializers.BooleanField()
    posting = serializers.ChoiceField(choices=Conversation.Posting.choices)
    my_role = serializers.ChoiceField(choices=Member.Role.choices, allow_null=True)
    can_post = serializers.BooleanField()
    can_moderate = serializers.BooleanField()
    members_count = serializers.IntegerField()
    unread_count = serializers.IntegerField(help_text="Counted up to 100.")
    read_offset = serializers.IntegerField()
    last_message = MessageSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ConversationQuerySerializer(serializers.Serializer[Any]):
    kind = LowerChoiceField(choices=Conversation.Kind.choices, required=False)


class NewConversationSerializer(serializers.Serializer[Any]):
    recipient_id = serializers.CharField(max_length=100, help_text="A person's id.")


class ReadSerializer(serializers.Serializer[Any]):
    offset = serializers.IntegerField(min_value=0, max_value=2**63 - 1)


class ReadAnswerSerializer(serializers.Serializer[Any]):
    offset = serializers.IntegerField()
    unread_count = serializers.IntegerField()
