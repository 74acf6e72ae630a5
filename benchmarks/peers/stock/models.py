from django.db import models


class Message(models.Model):
    """Less than Stoa keeps: no order, no client id, nothing to refuse a repetition."""

    room = models.CharField(max_length=80, db_index=True)
    sender = models.CharField(max_length=80)
    content = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.room}: {self.content[:20]}"
