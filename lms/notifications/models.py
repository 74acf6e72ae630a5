from django.conf import settings
from django.db import models

from lms.core.models import UUIDModel


class Notification(UUIDModel):
    """`subject_key` names what it is about: nobody is told the same thing twice.

    `actor_id` is an id and not a foreign key: the notification outlives who caused it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notifications",
        db_index=False,  # notification_by_user begins with it
    )
    kind = models.CharField(max_length=50)
    title = models.CharField(max_length=255)
    body = models.TextField(blank=True)
    link = models.CharField(max_length=500, blank=True)
    subject_key = models.CharField(max_length=200, blank=True)
    actor_id = models.UUIDField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "subject_key"],
                name="notification_subject_once",
                condition=~models.Q(subject_key=""),
            )
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_by_user"),
            models.Index(
                fields=["user", "-id"],
                name="notification_unread",
                condition=models.Q(read_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"

    @property
    def is_read(self) -> bool:
        return self.read_at is not None
