"""Django's admin: one site for each tenant's administrators, one for the platform's operators.

Signing in goes through our own page, with every factor and limit it has. What has rules
(publishing, roles, membership) is changed through the services and is read-only here.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import URLPattern, URLResolver, reverse

from tenants.selectors import TenantInfo

# Django's own pages for these would go past our rules for passwords and logins.
LEFT_OUT = ("password_change", "password_change_done")


class MissingIsNotFound:
    """An id that names nothing is a 404, as everywhere, whatever tenant it may be from."""

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        raise Http404


class StoaAdminSite(AdminSite):
    site_header = "Stoa"
    site_title = "Stoa"
    index_title = "Administration"

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        base = admin_class or ModelAdmin
        strict = type(base.__name__, (MissingIsNotFound, base), {"__module__": base.__module__})
        super().register(model_or_iterable, strict, **options)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [url for url in super().get_urls() if getattr(url, "name", None) not in LEFT_OUT]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        following = request.GET.get("next") or reverse("admin:index", current_app=self.name)
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        if request.user.is_authenticated:
            # To send them to the sign-in page would send them here again.
            raise PermissionDenied
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': following})}")

    def logout(  # type: ignore[override]  # Django answers with a page, we with a way out
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        from lms.accounts.services.web_login import end_web_session

        if request.method != "POST":
            # A link or an image must not sign anybody out.
            return HttpResponseNotAllowed(["POST"])

        end_web_session(request)
        return HttpResponseRedirect(settings.LOGIN_URL)


class TenantAdminSite(StoaAdminSite):
    """On a tenant's host, for its administrators. Apps register here with `@admin.register`.

    Only for tables of the tenant's own schema: what third parties register for shared tables
    (Django's groups) would let one school read and write what is everybody's.
    """

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        models = (
            model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        )
        own = [model for model in models if _is_of_the_tenant(model)]
        super().register(own, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return _is_staff(request) and not _tenant(request).is_platform

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "site_header": _tenant(request).name}


class PlatformAdminSite(StoaAdminSite):
    """On the platform's host, for its operators."""

    site_header = "Stoa platform"

    def has_permission(self, request: HttpRequest) -> bool:
        return _is_staff(request) and _tenant(request).is_platform


def _is_of_the_tenant(model: type[Model]) -> bool:
    return apps.get_app_config(model._meta.app_label).name in settings.TENANT_APPS


def _is_staff(request: HttpRequest) -> bool:
    return bool(request.user.is_authenticated and request.user.is_staff)


def _tenant(request: HttpRequest) -> TenantInfo:
    tenant: TenantInfo = request.tenant  # type: ignore[attr-defined]  # by TenantMiddleware
    return tenant
