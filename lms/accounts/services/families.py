"""Logins: each is a family of tokens that lives and dies together."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from lms.accounts.errors import InvalidCredentials
from lms.accounts.events import LoginsRevoked
from lms.accounts.models import RefreshToken, TokenFamily, User
from lms.accounts.opaque import keyed_hash, new_secret, write_opaque
from lms.accounts.tokens import encode_access
from lms.activitylog.events import publish
from lms.auditlog.services import record
from lms.core.ids import uuid7
from lms.core.request_facts import request_facts_var
from tenants.context import current_schema


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets for a login."""

    access_token: str
    refresh_token: str
    user: User


@transaction.atomic
def start_login(*, user: User) -> Tokens:
    """A new login of a person whose factors were all checked."""
    family = open_family(user=user, kind=TokenFamily.Kind.API)
    token_id, secret = uuid7(), new_secret()
    keep_refresh(family=family, token_id=token_id, secret=secret)
    return Tokens(access_token_of(user, family), write_opaque(token_id, secret), user)


def open_family(*, user: User, kind: TokenFamily.Kind) -> TokenFamily:
    """Joins the caller's transaction. Raises InvalidCredentials if the person's password, role
    or account changed since they were checked: a login may not slip past what ends all logins.
    """
    user.last_login = timezone.now()
    unchanged = User.objects.filter(
        pk=user.pk,
        password=user.password,
        session_version=user.session_version,
        is_active=True,
    )
    if not unchanged.update(last_login=user.last_login):
        raise InvalidCredentials
    facts = request_facts_var.get()
    family = TokenFamily.objects.create(
        user=user,
        kind=kind,
        user_agent=facts.user_agent[:300],
        ip_address=facts.ip,
        expires_at=timezone.now() + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS),
    )
    record(action="login.succeeded", actor=user, target=family, details={"kind": kind})
    return family


def keep_refresh(*, family: TokenFamily, token_id: uuid.UUID, secret: str) -> RefreshToken:
    return RefreshToken.objects.create(
        id=token_id,
        family=family,
        token_hash=keyed_hash(token_id, secret),
        expires_at=timezone.now() + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS),
    )


def access_token_of(user: User, family: TokenFamily) -> str:
    return encode_access(
        schema=current_schema(),
        user_id=user.pk,
        family_id=family.pk,
        version=user.session_version,
    )


@transaction.atomic
def end_login(*, family_id: uuid.UUID, reason: str) -> bool:
    """End one login everywhere. False when it had ended before."""
    family = TokenFamily.objects.select_related("user").filter(pk=family_id).first()
    if family is None or not _revoke([family_id], reason):
        return False
    record(action="login.ended", actor=family.user, target=family, details={"reason": reason})
    publish(LoginsRevoked(user_id=str(family.user_id), family_id=str(family_id), reason=reason))
    return True


@transaction.atomic
def end_all_logins(*, user: User, reason: str) -> None:
    """End every login of the person; access tokens die by the version, at once."""
    User.objects.filter(pk=user.pk).update(session_version=F("session_version") + 1)
    user.refresh_from_db(fields=["session_version"])
    _revoke(_live_families(user), reason)
    record(action="login.all_ended", actor=user, target=user, details={"reason": reason})
    publish(LoginsRevoked(user_id=str(user.pk), family_id="", reason=reason))


@transaction.atomic
def end_other_logins(*, user: User, keep: uuid.UUID | None, reason: str) -> None:
    """End every login but one. That one's tokens and sockets go on, so the version stays."""
    if keep is None:
        end_all_logins(user=user, reason=reason)
        return
    others = [family_id for family_id in _live_families(user) if family_id != keep]
    _revoke(others, reason)
    record(action="login.others_ended", actor=user, target=user, details={"reason": reason})
    for family_id in others:
        publish(LoginsRevoked(user_id=str(user.pk), family_id=str(family_id), reason=reason))


def _live_families(user: User) -> list[uuid.UUID]:
    """In one order everywhere, so that two who end logins do not wait for each other."""
    families = TokenFamily.objects.filter(user=user, revoked_at__isnull=True).order_by("pk")
    return list(families.select_for_update(no_key=True).values_list("pk", flat=True))


def _revoke(family_ids: Iterable[uuid.UUID], reason: str) -> int:
    return TokenFamily.objects.filter(pk__in=list(family_ids), revoked_at__isnull=True).update(
        revoked_at=timezone.now(), revoked_reason=reason
    )
