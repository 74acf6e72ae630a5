"""A group is its conversation plus what a list of groups shows."""

import uuid

from django.conf import settings
from django.db import models

from lms.core.models import TimeStamped, UUIDModel
from lms.messaging.models import Audience, Conversation


class Group(UUIDModel, TimeStamped):
    """`id` is the conversation's id, so that either names the group wherever an id is asked."""

    class Kind(models.TextChoices):
        SOCIAL = "social"
        COHORT = "cohort"

    class JoinPolicy(models.TextChoices):
        OPEN = "open"
        INVITE = "invite"

    conversation = models.OneToOneField(
        Conversation, on_delete=models.PROTECT, related_name="group"
    )
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.SOCIAL)
    description = models.TextField(max_length=5000, blank=True)
    join_policy = models.CharField(
        max_length=6, choices=JoinPolicy, default=JoinPolicy.INVITE, db_index=True
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="group_id_is_conversation_id",
                condition=models.Q(id=models.F("conversation")),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def name(self) -> str:
        return self.conversation.title

    @property
    def is_active(self) -> bool:
        return self.conversation.closed_at is None

    @property
    def audience(self) -> Audience:
        return self.conversation.audience

    @property
    def audience_id(self) -> uuid.UUID:
        return self.conversation.audience_id
