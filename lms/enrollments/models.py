from django.conf import settings
from django.db import models
from django.utils import timezone

from lms.core.models import UUIDModel


class Enrollment(UUIDModel):
    """`enrolled_at` is when the person last joined; a return after dropping keeps the row."""

    class Status(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        COMPLETED = "completed"
        DROPPED = "dropped"
        EXPIRED = "expired"
        SUSPENDED = "suspended"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="enrollments",
        db_index=False,  # enrollment_by_user begins with it
    )
    course = models.ForeignKey(
        "courses.Course",
        on_delete=models.PROTECT,
        related_name="enrollments",
        db_index=False,  # enrollment_by_course begins with it
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    enrolled_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "course"], name="enrollment_once"),
            models.CheckConstraint(
                name="enrollment_status_known",
                condition=models.Q(
                    status__in=["pending", "active", "completed", "dropped", "expired", "suspended"]
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-enrolled_at"], name="enrollment_by_user"),
            models.Index(fields=["course", "-enrolled_at"], name="enrollment_by_course"),
            models.Index(fields=["course", "status"], name="enrollment_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.course_id}"

    @property
    def is_active(self) -> bool:
        """May learn: still at it, or done."""
        return self.status in (self.Status.ACTIVE, self.Status.COMPLETED)
