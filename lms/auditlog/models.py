"""Audit entries. The database itself refuses UPDATE, DELETE and TRUNCATE (migration 0002)."""

from django.db import models

from lms.core.models import UUIDModel


class AuditEntry(UUIDModel):
    action = models.CharField(max_length=80)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=255, blank=True)
    target = models.CharField(max_length=120, blank=True)
    details = models.JSONField(default=dict)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["action", "-created_at"], name="audit_by_action"),
            models.Index(fields=["actor_id", "-created_at"], name="audit_by_actor"),
            models.Index(fields=["-created_at"], name="audit_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"
