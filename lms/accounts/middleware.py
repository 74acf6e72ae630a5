"""Pages: the person of the session cookie, checked like a token on every request."""

import uuid

from django.contrib.auth.middleware import AuthenticationMiddleware as DjangoAuthentication
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from lms.accounts.identity import load_login
from lms.accounts.models import User
from lms.accounts.tokens import InvalidToken
from tenants.logcontext import user_id_var

FAMILY_KEY = "token_family"
VERSION_KEY = "session_version"


class AuthenticationMiddleware(DjangoAuthentication):
    """Django's place in the chain (the admin asks for it), our own check."""

    def process_request(self, request: HttpRequest) -> None:
        request.user = SimpleLazyObject(lambda: user_of_session(request))  # type: ignore[assignment]


def user_of_session(request: HttpRequest) -> User | AnonymousUser:
    family_id = request.session.get(FAMILY_KEY)
    if family_id is None:
        return AnonymousUser()
    try:
        user, _ = load_login(uuid.UUID(family_id))
    except (InvalidToken, ValueError):
        return AnonymousUser()
    if user.session_version != request.session.get(VERSION_KEY):
        return AnonymousUser()
    user_id_var.set(str(user.pk))
    return user
