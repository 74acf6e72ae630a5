"""Asking permission. Predicates live in each app's permissions.py; this raises for them."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from lms.core.errors import PermissionDenied

if TYPE_CHECKING:  # the views module imports this one through the settings
    from rest_framework.views import APIView


def require(allowed: bool) -> None:  # noqa: FBT001 - the predicate's answer is the argument
    """Raise PermissionDenied (403) unless allowed."""
    if not allowed:
        raise PermissionDenied


class IsAuthenticated(BasePermission):
    """The default of every endpoint; what is open says so with AllowAny."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return bool(request.user and request.user.is_authenticated)
