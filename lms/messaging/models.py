"""Audiences, conversations, messages. Messages are written by services/sending.py only."""

from django.conf import settings
from django.db import models

from lms.core.models import TimeStamped, UUIDModel
from lms.messaging.checks import MAX_CLIENT_ID, MAX_CONTENT, MAX_EMOJI


class Audience(UUIDModel):
    """A set of people with roles. Owned by a group, a course, a forum or a direct conversation."""

    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.id)


class Member(UUIDModel):
    class Role(models.TextChoices):
        OWNER = "owner"
        MODERATOR = "moderator"
        MEMBER = "member"

    audience = models.ForeignKey(Audience, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=9, choices=Role, default=Role.MEMBER)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["audience", "user"], name="member_once"),
        ]
        indexes = [models.Index(fields=["user", "audience"], name="member_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.audience_id}"

    @property
    def may_moderate(self) -> bool:
        return self.role in (self.Role.OWNER, self.Role.MODERATOR)


class Conversation(UUIDModel, TimeStamped):
    class Kind(models.TextChoices):
        FORUM = "forum"
        GROUP = "group"
        DIRECT = "direct"
        AI = "ai"

    class Posting(models.TextChoices):
        EVERYONE = "everyone"
        MODERATORS = "moderators"

    kind = models.CharField(max_length=6, choices=Kind)
    title = models.CharField(max_length=255, blank=True)
    audience = models.OneToOneField(Audience, on_delete=models.PROTECT, related_name="conversation")
    shared_with = models.ManyToManyField(Audience, related_name="shared_conversations", blank=True)
    open_to_tenant = models.BooleanField(default=False)
    posting = models.CharField(max_length=10, choices=Posting, default=Posting.EVERYONE)
    direct_key = models.CharField(max_length=73, null=True, blank=True, unique=True)
    closed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title or f"{self.kind} {self.id}"

    @property
    def stream(self) -> str:
        return f"conversation:{self.id}"


class Message(UUIDModel):
    """`offset` is where the sending stands in the conversation's stream."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    offset = models.BigIntegerField()
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="messages"
    )
    client_id = models.CharField(max_length=MAX_CLIENT_ID)
    # Of what was first sent: a late retry is recognised after an edit or a deletion too.
    digest = models.CharField(max_length=32)
    content = models.TextField(max_length=MAX_CONTENT)
    reply_to = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="replies"
    )
    attachments = models.JSONField(default=list)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "offset"], name="message_offset_once"),
            models.UniqueConstraint(
                fields=["conversation", "sender", "client_id"], name="message_client_id_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}:{self.offset}"


class MessageVersion(UUIDModel):
    """What a message said before an edit."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="versions")
    content = models.TextField()
    replaced_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.message_id} until {self.replaced_at}"


class Reaction(UUIDModel):
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    emoji = models.CharField(max_length=MAX_EMOJI)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "user", "emoji"], name="reaction_once")
        ]

    def __str__(self) -> str:
        return f"{self.emoji} on {self.message_id}"


class ReadMarker(UUIDModel):
    """How far a person has read. Only moves forward."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="read_markers"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    offset = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "user"], name="read_marker_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} read {self.offset}"
