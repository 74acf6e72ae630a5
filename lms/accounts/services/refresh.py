"""Rotation of refresh tokens: each works once, and whoever replays one ends its family.

A client that loses the answer may ask again: within ten seconds the same device gets the
same child. The child's secret is derived from its parent's, so nothing plain is kept.
"""

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from lms.accounts.errors import RefreshInvalid, RefreshReused
from lms.accounts.identity import load_login
from lms.accounts.models import OneTimeSecret, RefreshToken, TokenFamily, User
from lms.accounts.opaque import derived_secret, is_same, keyed_hash, read_opaque, write_opaque
from lms.accounts.services.families import Tokens, access_token_of, end_login, keep_refresh
from lms.accounts.services.outbox import queue_notice
from lms.accounts.tokens import InvalidToken
from lms.auditlog.services import record
from lms.core.ids import uuid7
from lms.core.request_facts import request_facts_var

GRACE = timedelta(seconds=10)


def refresh_login(*, token: str) -> Tokens:
    """New tokens for an unused refresh token. Raises RefreshInvalid, RefreshReused.

    A reuse is committed before it is reported: the family is dead whatever becomes of the answer.
    """
    parent, secret = find_refresh(token)
    try:
        user, family = load_login(parent.family_id)
    except InvalidToken:
        raise RefreshInvalid from None
    child = _rotate(parent, family, secret)
    if child is None:
        _punish_reuse(user, family)
        raise RefreshReused
    refresh_token = write_opaque(child, derived_secret(secret, child))
    return Tokens(access_token_of(user, family), refresh_token, user)


def find_refresh(token: str) -> tuple[RefreshToken, str]:
    """The row of a refresh token, used or not, and its secret. Raises RefreshInvalid."""
    try:
        token_id, secret = read_opaque(token)
    except InvalidToken:
        raise RefreshInvalid from None
    row = RefreshToken.objects.filter(pk=token_id, expires_at__gt=timezone.now()).first()
    if row is None or not is_same(keyed_hash(token_id, secret), row.token_hash):
        raise RefreshInvalid
    return row, secret


@transaction.atomic
def _rotate(parent: RefreshToken, family: TokenFamily, secret: str) -> uuid.UUID | None:
    """The id of the one child, or None for a reuse. Of concurrent requests one makes it."""
    now, device = timezone.now(), _device()
    won = RefreshToken.objects.filter(pk=parent.pk, used_at__isnull=True).update(
        used_at=now, used_by=device
    )
    if won:
        child_id = uuid7()
        child = keep_refresh(
            family=family, token_id=child_id, secret=derived_secret(secret, child_id)
        )
        RefreshToken.objects.filter(pk=parent.pk).update(child=child)
        TokenFamily.objects.filter(pk=family.pk).update(
            last_used_at=now, expires_at=child.expires_at
        )
        return child_id
    parent.refresh_from_db()
    lost_the_answer = (
        parent.used_at is not None
        and now - parent.used_at < GRACE
        and is_same(parent.used_by, device)
    )
    return parent.child_id if lost_the_answer else None


def _device() -> str:
    facts = request_facts_var.get()
    return keyed_hash("device", facts.ip, facts.user_agent)


@transaction.atomic
def _punish_reuse(user: User, family: TokenFamily) -> None:
    if end_login(family_id=family.pk, reason="refresh_reused"):
        record(action="login.refresh_reused", actor=user, target=family)
        queue_notice(user=user, event=OneTimeSecret.Notice.REFRESH_REUSED)
