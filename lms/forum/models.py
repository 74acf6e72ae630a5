"""A forum is its conversation plus what a list of forums shows."""

from django.conf import settings
from django.db import models

from lms.core.models import TimeStamped, UUIDModel
from lms.messaging.models import Conversation


class Forum(UUIDModel, TimeStamped):
    """`id` is the conversation's id, so that either names the forum wherever an id is asked."""

    conversation = models.OneToOneField(
        Conversation, on_delete=models.PROTECT, related_name="forum"
    )
    description = models.TextField(max_length=5000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="forum_id_is_conversation_id",
                condition=models.Q(id=models.F("conversation")),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def title(self) -> str:
        return self.conversation.title

    @property
    def is_active(self) -> bool:
        return self.conversation.closed_at is None
