"""The log of facts. Actors and subjects are ids, not foreign keys: a log outlives them."""

from django.db import models

from lms.core.models import UUIDModel


class Fact(UUIDModel):
    """`handled_at` empty means somebody still has to hear of it: at `next_try_at`, unless it was
    given up on."""

    type = models.CharField(max_length=100)
    data = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="fact_unhandled",
                condition=models.Q(handled_at__isnull=True, given_up_at__isnull=True),
            ),
            models.Index(fields=["type", "-created_at"], name="fact_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
