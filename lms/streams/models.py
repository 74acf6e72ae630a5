"""Stream heads and entries. Written by services.py only; the hot path by hand-written SQL."""

import uuid

from django.db import models

from lms.core.models import UUIDModel


class Stream(UUIDModel):
    """`head` is the newest offset, `floor` the newest trimmed one. A new `epoch` tells every
    reader that its offset means nothing any more."""

    name = models.CharField(max_length=80, unique=True)
    epoch = models.UUIDField(default=uuid.uuid4)
    head = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="stream_floor_below_head",
                condition=models.Q(floor__gte=0, head__gte=models.F("floor")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}@{self.head}"


class Entry(models.Model):
    """One thing that happened. `payload` is JSON text, rendered once, dumped as it is."""

    pk = models.CompositePrimaryKey("stream_id", "offset")
    stream = models.ForeignKey(
        Stream, on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    offset = models.BigIntegerField()
    type = models.CharField(max_length=40)
    payload = models.TextField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.stream_id}:{self.offset} {self.type}"
