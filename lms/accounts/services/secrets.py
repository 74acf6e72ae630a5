"""Secrets that work once: one table, one compare-and-set."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from lms.accounts.errors import SecretInvalid
from lms.accounts.models import OneTimeSecret, User
from lms.accounts.opaque import is_same, keyed_hash, new_secret, read_opaque, write_opaque
from lms.accounts.tokens import InvalidToken
from lms.core.ids import uuid7


def issue_secret(
    *,
    user: User,
    purpose: OneTimeSecret.Purpose,
    lifetime: timedelta,
    data: dict[str, Any] | None = None,
) -> str:
    """A new secret for the person, to be handed out now."""
    row_id, secret = uuid7(), new_secret()
    OneTimeSecret.objects.create(
        id=row_id,
        user=user,
        purpose=purpose,
        secret_hash=keyed_hash(row_id, secret),
        data=data or {},
        expires_at=timezone.now() + lifetime,
    )
    return write_opaque(row_id, secret)


def read_secret(*, token: str, purpose: OneTimeSecret.Purpose) -> tuple[OneTimeSecret, User]:
    """The live row and its active person; nothing is spent yet. Raises SecretInvalid."""
    try:
        row_id, secret = read_opaque(token)
    except InvalidToken:
        raise SecretInvalid from None
    row = (
        OneTimeSecret.objects.select_related("user")
        .filter(
            pk=row_id,
            purpose=purpose,
            used_at__isnull=True,
            expires_at__gt=timezone.now(),
            user__is_active=True,
        )
        .first()
    )
    if row is None or row.user is None:
        raise SecretInvalid
    if not is_same(keyed_hash(row_id, secret), row.secret_hash):
        raise SecretInvalid
    return row, row.user


def spend(row: OneTimeSecret) -> None:
    """Use it up. Of concurrent requests one goes on, the others get SecretInvalid."""
    now = timezone.now()
    won = OneTimeSecret.objects.filter(pk=row.pk, used_at__isnull=True, expires_at__gt=now).update(
        used_at=now
    )
    if not won:
        raise SecretInvalid


def count_attempt(row: OneTimeSecret, *, limit: int) -> bool:
    """Reserve one try before anything is compared; False when there is none left."""
    return bool(
        OneTimeSecret.objects.filter(
            pk=row.pk, attempts__lt=limit, used_at__isnull=True, expires_at__gt=timezone.now()
        ).update(attempts=F("attempts") + 1)
    )


def end_secrets(*, user: User, purposes: list[OneTimeSecret.Purpose]) -> None:
    """What was handed out or mailed before works no more."""
    OneTimeSecret.objects.filter(user=user, purpose__in=purposes, used_at__isnull=True).update(
        used_at=timezone.now()
    )
