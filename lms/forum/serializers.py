"""Forums and posts on the wire. A post is a message, with the names a forum's client asks for."""

import uuid
from typing import Any

from rest_framework import serializers

from lms.forum.models import Forum
from lms.forum.selectors import group_ids_of
from lms.messaging.models import Conversation, Member
from lms.messaging.pages import PageQuerySerializer
from lms.messaging.shapes import DraftSerializer, LowerChoiceField, MessageSerializer


class ForumSerializer(serializers.ModelSerializer[Forum]):
    """A forum of `forums_visible_to`. `conversation` is where it talks; its id is the forum's.

    With `unread` in the context, unread counts by id.
    """

    title = serializers.CharField(read_only=True)
    is_active = serializers.BooleanField(read_only=True)
    group_ids = serializers.SerializerMethodField()
    open_to_tenant = serializers.BooleanField(source="conversation.open_to_tenant", read_only=True)
    posting = serializers.ChoiceField(
        source="conversation.posting", choices=Conversation.Posting.choices, read_only=True
    )
    conversation = serializers.UUIDField(source="conversation_id", read_only=True)
    created_by = serializers.UUIDField(source="created_by_id", read_only=True, allow_null=True)
    my_role = serializers.ChoiceField(choices=Member.Role.choices, read_only=True, allow_null=True)
    unread_count = serializers.SerializerMethodField()

    class Meta:
        model = Forum
        fields = (
            "id", "title", "description", "group_ids", "is_active", "open_to_tenant", "posting",
            "conversation", "created_by", "my_role", "unread_count", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_group_ids(self, forum: Forum) -> list[uuid.UUID]:
        return group_ids_of(forum)

    def get_unread_count(self, forum: Forum) -> int:
        unread: dict[uuid.UUID, int] = self.context["unread"]
        return unread.get(forum.pk, 0)


class ForumInputSerializer(serializers.Serializer[Any]):
    """Shared with no group a forum is open to all, unless `open_to_tenant` says otherwise."""

    title = serializers.CharField(max_length=255)
    description = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    group_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=50, required=False, help_text="Ids of groups."
    )
    open_to_tenant = serializers.BooleanField(required=False)
    posting = LowerChoiceField(choices=Conversation.Posting.choices, required=False)
    is_active = serializers.BooleanField(required=False)


class ForumQuerySerializer(serializers.Serializer[Any]):
    search = serializers.CharField(max_length=100, required=False)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)
    group = serializers.UUIDField(source="group_id", required=False)


class ModeratorSerializer(serializers.ModelSerializer[Member]):
    user = serializers.UUIDField(source="user_id", read_only=True)
    user_id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(source="user.full_name", read_only=True)
    avatar = serializers.CharField(source="user.avatar_url", read_only=True)

    class Meta:
        model = Member
        fields = ("id", "user", "user_id", "name", "avatar", "role", "joined_at")
        read_only_fields = fields


class NewModeratorSerializer(serializers.Serializer[Any]):
    user_id = serializers.CharField(max_length=100, help_text="A person's id or external id.")


class PostSerializer(MessageSerializer):
    forum = serializers.UUIDField()
    user = serializers.UUIDField()
    user_id = serializers.UUIDField()


class PostPageSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = PostSerializer(many=True)


class PostQuerySerializer(PageQuerySerializer):
    forum = serializers.UUIDField()


class NewPostSerializer(DraftSerializer):
    forum = serializers.UUIDField()


def post_of(message: dict[str, Any]) -> dict[str, Any]:
    """A rendered message as a post."""
    author = message["author"]["id"]
    return {**message, "forum": message["conversation"], "user": author, "user_id": author}
