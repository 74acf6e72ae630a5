"""The page's logins: a family like every other, held by the session cookie."""

import uuid

from django.db import transaction
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from lms.accounts.middleware import FAMILY_KEY, VERSION_KEY
from lms.accounts.models import TokenFamily, User
from lms.accounts.services.families import end_login, open_family


@transaction.atomic
def start_web_session(request: HttpRequest, user: User) -> TokenFamily:
    """Sign the browser in, after every factor was checked.

    The session's key changes and its contents go, so a key that somebody planted or saw
    before is worth nothing.
    """
    _end_family_of(request)
    request.session.flush()
    family = open_family(user=user, kind=TokenFamily.Kind.WEB)
    request.session[FAMILY_KEY] = str(family.pk)
    request.session[VERSION_KEY] = user.session_version
    request.session.cycle_key()
    rotate_token(request)
    request.user = user
    return family


def end_web_session(request: HttpRequest) -> None:
    """Sign the browser out; its sockets end with it."""
    _end_family_of(request)
    request.session.flush()


def _end_family_of(request: HttpRequest) -> None:
    family_id = request.session.get(FAMILY_KEY)
    if family_id is not None:
        end_login(family_id=uuid.UUID(family_id), reason="logout")
