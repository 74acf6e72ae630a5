"""What operators see on the platform's host: tenants, where they live, operators, audit."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from config.admin_site import PlatformAdminSite
from lms.accounts.models import User
from lms.auditlog.admin import AuditEntryAdmin
from lms.auditlog.models import AuditEntry
from tenants import services
from tenants.errors import TenantError
from tenants.models import Domain, EmailDomain, SchemaState, Tenant
from tenants.selectors import forget

platform_site = PlatformAdminSite(name="admin")


class SchemaStateInline(admin.StackedInline[SchemaState, Tenant]):
    model = SchemaState
    readonly_fields = ("version", "started_at", "finished_at", "error")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Tenant, site=platform_site)
class TenantAdmin(admin.ModelAdmin[Tenant]):
    """Creating takes more than a row: `POST /api/core/tenants/` or `manage.py create_tenant`."""

    list_display = ("slug", "name", "state", "created_at")
    list_filter = ("state",)
    search_fields = ("slug", "name")
    fields = ("slug", "name", "state", "schema_name", "settings", "created_at", "suspended_at")
    readonly_fields = ("slug", "state", "schema_name", "settings", "created_at", "suspended_at")
    inlines = (SchemaStateInline,)
    actions = ("suspend", "resume")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Tenant | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        services.rename_tenant(tenant_id=obj.pk, name=obj.name, actor=request.user)

    @admin.action(description="Suspend: nobody gets in, data stays")
    def suspend(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        for tenant in queryset:
            self._try(request, tenant, services.suspend_tenant)

    @admin.action(description="Resume")
    def resume(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        for tenant in queryset:
            self._try(request, tenant, services.resume_tenant)

    def _try(self, request: HttpRequest, tenant: Tenant, move: Any) -> None:
        try:
            move(tenant_id=tenant.pk, actor=request.user)
        except TenantError as error:
            self.message_user(request, f"{tenant.slug}: {error}", messages.ERROR)


class PlaceAdmin(admin.ModelAdmin[Any]):
    """Hosts and e-mail domains: added and removed, never moved to another tenant."""

    list_display = ("domain", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("domain", "tenant__slug")
    autocomplete_fields = ("tenant",)
    fields = ("domain", "tenant")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        forget()


platform_site.register(Domain, PlaceAdmin)
platform_site.register(EmailDomain, PlaceAdmin)
platform_site.register(AuditEntry, AuditEntryAdmin)


@admin.register(User, site=platform_site)
class OperatorAdmin(admin.ModelAdmin[User]):
    """To look at. `manage.py createsuperuser` makes operators; each changes their own password."""

    list_display = ("email", "full_name", "is_active", "mfa_enabled", "created_at")
    search_fields = ("email", "full_name")
    fields = ("email", "full_name", "is_active", "mfa_enabled", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False
