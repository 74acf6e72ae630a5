"""Second factors: codes of an authenticator (TOTP, RFC 6238) and recovery codes.

Each code works once: the newest time step used and each recovery code are taken by a
compare-and-set, so of two requests with one code one succeeds.
"""

import secrets
from datetime import timedelta

import pyotp
from django.db.models import QuerySet
from django.utils import timezone

from lms.accounts.models import OneTimeSecret, User
from lms.accounts.opaque import keyed_hash
from lms.accounts.services.outbox import queue_notice
from lms.core.encryption import decrypt

STEP_SECONDS = 30
RECOVERY_CODES = 10
RECOVERY_LIFETIME = timedelta(days=3650)
# Without letters and digits that are mistaken for each other; 32 signs, 5 bits each.
ALPHABET = "abcdefghjkmnpqrstuvwxyz123456789"


def check_factor(*, user: User, code: str) -> bool:
    """Whether the code is a fresh one of the authenticator or of the recovery list. Spends it.

    Joins the caller's transaction.
    """
    plain = code.replace(" ", "").replace("-", "").lower()
    if len(plain) == 6 and plain.isdigit():
        return check_totp(user=user, code=plain)
    return _spend_recovery_code(user, plain)


def check_totp(*, user: User, code: str) -> bool:
    """One step back and forth is accepted, a step that was used or is older never again."""
    if not user.totp_secret or not code.isascii():
        return False
    totp = pyotp.TOTP(decrypt(user.totp_secret))
    now = int(timezone.now().timestamp()) // STEP_SECONDS
    for step in (now, now - 1, now + 1):
        if secrets.compare_digest(totp.generate_otp(step), code):
            return _take_step(user, step)
    return False


def _take_step(user: User, step: int) -> bool:
    return bool(
        User.objects.filter(pk=user.pk, totp_last_step__lt=step).update(totp_last_step=step)
    )


def make_recovery_codes(*, user: User) -> list[str]:
    """Ten new codes, shown once; older ones work no more. Joins the caller's transaction."""
    _recovery_codes(user).delete()
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    OneTimeSecret.objects.bulk_create(
        OneTimeSecret(
            user=user,
            purpose=OneTimeSecret.Purpose.RECOVERY_CODE,
            secret_hash=keyed_hash("recovery", user.pk, code),
            expires_at=timezone.now() + RECOVERY_LIFETIME,
        )
        for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _spend_recovery_code(user: User, code: str) -> bool:
    spent = (
        _recovery_codes(user)
        .filter(
            secret_hash=keyed_hash("recovery", user.pk, code),
            used_at__isnull=True,
            expires_at__gt=timezone.now(),
        )
        .update(used_at=timezone.now())
    )
    if spent:
        queue_notice(user=user, event=OneTimeSecret.Notice.RECOVERY_CODE_USED)
    return bool(spent)


def delete_recovery_codes(*, user: User) -> None:
    _recovery_codes(user).delete()


def _recovery_codes(user: User) -> QuerySet[OneTimeSecret]:
    return OneTimeSecret.objects.filter(user=user, purpose=OneTimeSecret.Purpose.RECOVERY_CODE)
