"""Who a credential names: checked against the database each time it is used."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from lms.accounts.models import TokenFamily, User
from lms.accounts.tokens import InvalidToken, decode_access
from tenants.context import current_schema


@dataclass(frozen=True, slots=True)
class Identity:
    """A person through one login. `expires_at` (seconds) is None for cookies, which do not expire
    on their own."""

    schema: str
    user_id: uuid.UUID
    family_id: uuid.UUID
    session_version: int
    name: str
    avatar: str
    role: str
    expires_at: int | None


def authenticate_access(token: str) -> tuple[User, Identity]:
    """The person of an access token of the current schema. Raises InvalidToken.

    One query: the login must be live, the person active and the version current.
    """
    schema = current_schema()
    claims = decode_access(token, schema=schema)
    user, family = load_login(claims.family_id)
    if user.pk != claims.user_id or user.session_version != claims.session_version:
        raise InvalidToken
    return user, identity_of(user, family, expires_at=claims.expires_at)


def load_login(family_id: uuid.UUID) -> tuple[User, TokenFamily]:
    """The live login and its active person. Raises InvalidToken."""
    family = (
        TokenFamily.objects.select_related("user")
        .filter(
            pk=family_id,
            revoked_at__isnull=True,
            expires_at__gt=timezone.now(),
            user__is_active=True,
        )
        .first()
    )
    if family is None:
        raise InvalidToken
    return family.user, family


def identity_of(user: User, family: TokenFamily, *, expires_at: int | None) -> Identity:
    return Identity(
        schema=current_schema(),
        user_id=user.pk,
        family_id=family.pk,
        session_version=user.session_version,
        name=user.full_name,
        avatar=user.avatar_url,
        role=user.role,
        expires_at=expires_at,
    )


def live_logins(logins: Iterable[tuple[uuid.UUID, int]]) -> set[tuple[uuid.UUID, int]]:
    """Of (family id, session version) pairs in the current schema, those still good. One query."""
    wanted = set(logins)
    rows = TokenFamily.objects.filter(
        pk__in={family_id for family_id, _ in wanted},
        revoked_at__isnull=True,
        expires_at__gt=timezone.now(),
        user__is_active=True,
    ).values_list("pk", "user__session_version")
    return wanted & set(rows)
