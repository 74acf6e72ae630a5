"""DRF's doors: Bearer tokens, and the page's session cookie with CSRF."""

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from lms.accounts.identity import Identity, authenticate_access
from lms.accounts.models import User
from lms.accounts.tokens import InvalidToken
from tenants.logcontext import user_id_var

INVALID = "The token is invalid or expired."


class BearerAuthentication(BaseAuthentication):
    """`request.auth` is the Identity. Any bad token is the same 401."""

    def authenticate(self, request: Request) -> tuple[User, Identity] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            user, identity = authenticate_access(token.strip())
        except InvalidToken:
            raise AuthenticationFailed(INVALID, "token_invalid") from None
        user_id_var.set(str(user.pk))
        return user, identity

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class CookieAuthentication(SessionAuthentication):
    """The page's own requests: the session's person, with CSRF enforced on every unsafe method."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        django_request: HttpRequest = request._request
        user = getattr(django_request, "user", None)
        if user is None or not user.is_authenticated:
            return None
        self.enforce_csrf(request)
        user_id_var.set(str(user.pk))
        return user, None
