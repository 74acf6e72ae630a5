"""Tickets: a secret in a URL that opens one socket within 30 seconds, so no token has to be."""

import uuid
from datetime import timedelta

from lms.accounts.errors import SecretInvalid
from lms.accounts.identity import Identity, identity_of, load_login
from lms.accounts.models import OneTimeSecret, TokenFamily, User
from lms.accounts.services.secrets import issue_secret, read_secret, spend
from lms.accounts.tokens import InvalidToken

TICKET_SECONDS = 30


def issue_ticket(*, user: User, family: TokenFamily, expires_at: int | None = None) -> str:
    """`expires_at` is that of the access token it was asked with: the socket lives no longer."""
    return issue_secret(
        user=user,
        purpose=OneTimeSecret.Purpose.SOCKET_TICKET,
        lifetime=timedelta(seconds=TICKET_SECONDS),
        data={"family": str(family.pk), "expires_at": expires_at},
    )


def redeem_ticket(token: str) -> Identity:
    """The person and login it was issued to; it works once. Raises InvalidToken."""
    try:
        row, _ = read_secret(token=token, purpose=OneTimeSecret.Purpose.SOCKET_TICKET)
        spend(row)
    except SecretInvalid:
        raise InvalidToken from None
    user, family = load_login(uuid.UUID(row.data["family"]))
    return identity_of(user, family, expires_at=row.data["expires_at"])
