"""The log of facts. Actors and subjects are ids, not foreign keys: a log outlives them."""

from django.db import models

from lms.core.models import UUIDModel


class Fact(UUIDModel):
    type = models.CharField(max_length=100)
    data = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"],
                name="fact_unhandled",
                condition=models.Q(handled_at__isnull=True),
            ),
            models.Index(fields=["type", "-created_at"], name="fact_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
