"""For looking when someone says that they were not told."""

from django.contrib import admin
from django.http import HttpRequest

from lms.notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin[Notification]):
    list_display = ("user", "kind", "title", "created_at", "read_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "title")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Notification | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Notification | None = None) -> bool:
        return False
