"""For looking: joining and leaving change the audience too, so they go through the API."""

from django.contrib import admin
from django.http import HttpRequest

from lms.enrollments.models import Enrollment


@admin.register(Enrollment)
class EnrollmentAdmin(admin.ModelAdmin[Enrollment]):
    list_display = ("user", "course", "status", "enrolled_at", "completed_at")
    list_filter = ("status",)
    list_select_related = ("user", "course")
    search_fields = ("user__email", "user__full_name", "course__title")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Enrollment | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Enrollment | None = None) -> bool:
        return False
