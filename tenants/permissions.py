"""Who may use the endpoints of this room. People are asked by role; no domain is imported."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from tenants.selectors import TenantInfo


class IsOperator(BasePermission):
    """Platform operators: administrators whose account is the platform's, not a tenant's."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return _is_admin(request) and _tenant(request).is_platform


class ReadsOrIsTenantAdmin(BasePermission):
    """Everybody of the tenant reads, its administrators write."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if _tenant(request).is_platform or not request.user.is_authenticated:
            return False
        return request.method in SAFE_METHODS or _is_admin(request)


def _tenant(request: Request) -> TenantInfo:
    tenant: TenantInfo = request._request.tenant  # type: ignore[attr-defined]  # by TenantMiddleware
    return tenant


def _is_admin(request: Request) -> bool:
    return bool(request.user.is_authenticated and request.user.role == "admin")
