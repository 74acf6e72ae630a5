"""Messages and conversations on the wire. Output is what `rendering` and `summaries` make; the
classes here that describe it are checked against it in the tests."""

from typing import Any

from rest_framework import serializers

from lms.messaging.checks import MAX_EMOJI
from lms.messaging.models import Conversation, Member
from lms.messaging.pages import PageQuerySerializer
from lms.messaging.services.addressing import MessageType
from lms.messaging.shapes import (
    DraftSerializer,
    LowerChoiceField,
    MessageSerializer,
    PersonSerializer,
)


class MessagePageSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = MessageSerializer(many=True)


class MessageQuerySerializer(PageQuerySerializer):
    conversation = serializers.UUIDField()


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
