"""Groups and members on the wire: one superset, aliases (`title`, `user`) read and written."""

from typing import Any

from rest_framework import serializers

from lms.groups.models import Group
from lms.messaging.models import Member
from lms.messaging.shapes import LowerChoiceField


class GroupSerializer(serializers.ModelSerializer[Group]):
    """A group of `groups_listed_for`. `conversation` is where it talks; its id is the group's."""

    name = serializers.CharField(read_only=True)
    title = serializers.CharField(source="name", read_only=True)
    is_active = serializers.BooleanField(read_only=True)
    conversation = serializers.UUIDField(source="conversation_id", read_only=True)
    created_by = serializers.UUIDField(source="created_by_id", read_only=True, allow_null=True)
    members_count = serializers.IntegerField(read_only=True)
    my_role = serializers.ChoiceField(choices=Member.Role.choices, read_only=True, allow_null=True)

    class Meta:
        model = Group
        fields = (
            "id", "name", "title", "description", "kind", "join_policy", "is_active",
            "conversation", "created_by", "members_count", "my_role", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields


class GroupInputSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=255, required=False)
    title = serializers.CharField(max_length=255, required=False, help_text="The same as name.")
    description = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    kind = LowerChoiceField(choices=Group.Kind.choices, required=False)
    join_policy = LowerChoiceField(choices=Group.JoinPolicy.choices, required=False)
    is_active = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        title = attrs.pop("title", None)
        if title is not None:
            attrs.setdefault("name", title)
        if not self.partial and "name" not in attrs:
            raise serializers.ValidationError({"name": "This field is required."})
        return attrs


class GroupQuerySerializer(serializers.Serializer[Any]):
    search = serializers.CharField(max_length=100, required=False)


class GroupMemberSerializer(serializers.ModelSerializer[Member]):
    """A member of `members_seen_by`."""

    group = serializers.UUIDField(source="audience.conversation.pk", read_only=True)
    user = serializers.UUIDField(source="user_id", read_only=True)
    user_id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(source="user.full_name", read_only=True)
    avatar = serializers.CharField(source="user.avatar_url", read_only=True)
    role = serializers.ChoiceField(choices=Member.Role.choices, read_only=True)

    class Meta:
        model = Member
        fields = ("id", "group", "user", "user_id", "name", "avatar", "role", "joined_at")
        read_only_fields = fields


class NewMemberSerializer(serializers.Serializer[Any]):
    group = serializers.UUIDField()
    user_id = serializers.CharField(
        max_length=100, required=False, help_text="A person's id or external id."
    )
    user = serializers.CharField(max_length=100, required=False, help_text="As user_id.")
    role = LowerChoiceField(choices=Member.Role.choices, default=Member.Role.MEMBER)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = attrs.pop("user", None)
        if user is not None:
            attrs.setdefault("user_id", user)
        if "user_id" not in attrs:
            raise serializers.ValidationError({"user_id": "This field is required."})
        return attrs


class RoleSerializer(serializers.Serializer[Any]):
    role = LowerChoiceField(choices=Member.Role.choices)


class MemberQuerySerializer(serializers.Serializer[Any]):
    group = serializers.UUIDField(required=False, help_text="Without it: of all my groups.")
    role = LowerChoiceField(choices=Member.Role.choices, required=False)
