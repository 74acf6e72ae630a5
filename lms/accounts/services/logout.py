"""Signing out: the access token is dead at once, and so is everything of its login."""

import uuid

from lms.accounts.errors import RefreshInvalid
from lms.accounts.identity import authenticate_access
from lms.accounts.services.families import end_login
from lms.accounts.services.refresh import find_refresh
from lms.accounts.tokens import InvalidToken
from lms.core.errors import Unauthenticated


def log_out(*, access_token: str, refresh_token: str) -> None:
    """End the login that either token proves; both, if they are of different ones.

    Doing it twice is no error. Raises Unauthenticated when neither token is one of ours.
    """
    families = {_family_of_access(access_token), _family_of_refresh(refresh_token)} - {None}
    if not families:
        raise Unauthenticated
    for family_id in families:
        if family_id is not None:
            end_login(family_id=family_id, reason="logout")


def _family_of_access(token: str) -> uuid.UUID | None:
    try:
        return authenticate_access(token)[1].family_id
    except InvalidToken:
        return None


def _family_of_refresh(token: str) -> uuid.UUID | None:
    try:
        return find_refresh(token)[0].family_id
    except RefreshInvalid:
        return None
