"""Two-step sign-in: set it up, confirm it, switch it off."""

import uuid
from dataclasses import dataclass

import pyotp
import segno
from django.db import transaction

from lms.accounts.errors import CodeRefused, MFAAlreadyEnabled, MFANotEnabled
from lms.accounts.models import OneTimeSecret, User
from lms.accounts.services.challenges import require_mfa_budget
from lms.accounts.services.factors import (
    check_factor,
    check_totp,
    delete_recovery_codes,
    make_recovery_codes,
)
from lms.accounts.services.families import end_other_logins
from lms.accounts.services.outbox import queue_notice
from lms.accounts.services.passwords import confirm_password
from lms.auditlog.services import record
from lms.core.encryption import encrypt
from tenants.context import current_schema
from tenants.selectors import find_tenant_by_schema


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs, as text, as link and as picture."""

    secret: str
    otpauth_uri: str
    qr_svg: str


def start_mfa(*, user: User) -> Enrolment:
    """A new secret, not in force before a code of it is shown. Raises MFAAlreadyEnabled."""
    secret = pyotp.random_base32()
    changed = User.objects.filter(pk=user.pk, mfa_enabled=False).update(
        totp_secret=encrypt(secret), totp_last_step=0
    )
    if not changed:
        raise MFAAlreadyEnabled
    tenant = find_tenant_by_schema(current_schema())
    uri = pyotp.TOTP(secret).provisioning_uri(
        name=user.email, issuer_name=tenant.name if tenant else "Stoa"
    )
    picture = segno.make(uri, error="m").svg_inline(scale=4, border=2)
    return Enrolment(secret, uri, picture)


def confirm_mfa(*, user: User, code: str, keep: uuid.UUID | None) -> list[str]:
    """Switch it on with a first code; the recovery codes are shown this once.

    Raises MFAAlreadyEnabled, MFANotEnabled (not begun), CodeRefused, TooManyRequests, Unavailable.
    """
    if user.mfa_enabled:
        raise MFAAlreadyEnabled
    if not user.totp_secret:
        raise MFANotEnabled("Begin with auth/mfa/enable.")
    require_mfa_budget(user)
    with transaction.atomic():
        if not check_totp(user=user, code=code.replace(" ", "")):
            raise CodeRefused
        if not User.objects.filter(pk=user.pk, mfa_enabled=False).update(mfa_enabled=True):
            raise MFAAlreadyEnabled
        codes = make_recovery_codes(user=user)
        record(action="mfa.enabled", actor=user, target=user)
        queue_notice(user=user, event=OneTimeSecret.Notice.MFA_ENABLED)
        end_other_logins(user=user, keep=keep, reason="mfa_changed")
    return codes


def disable_mfa(*, user: User, password: str, code: str, keep: uuid.UUID | None) -> None:
    """Raises MFANotEnabled, WrongPassword, CodeRefused, TooManyRequests, Unavailable."""
    if not user.mfa_enabled:
        raise MFANotEnabled
    confirm_password(user=user, password=password, field="password")
    require_mfa_budget(user)
    with transaction.atomic():
        if not check_factor(user=user, code=code):
            raise CodeRefused
        switch_off_mfa(user=user, actor=user)
        end_other_logins(user=user, keep=keep, reason="mfa_changed")


def switch_off_mfa(*, user: User, actor: User) -> None:
    """Joins the caller's transaction; which logins end is the caller's decision."""
    User.objects.filter(pk=user.pk).update(mfa_enabled=False, totp_secret="", totp_last_step=0)
    user.refresh_from_db(fields=["mfa_enabled", "totp_secret", "totp_last_step"])
    delete_recovery_codes(user=user)
    record(action="mfa.disabled", actor=actor, target=user)
    queue_notice(user=user, event=OneTimeSecret.Notice.MFA_DISABLED)
