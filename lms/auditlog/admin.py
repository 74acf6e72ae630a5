"""Audit entries are read; the database refuses everything else anyway."""

from django.contrib import admin
from django.http import HttpRequest

from lms.auditlog.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin[AuditEntry]):
    list_display = ("created_at", "action", "actor_name", "target", "ip_address")
    list_filter = ("action",)
    search_fields = ("actor_name", "target", "request_id")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False
