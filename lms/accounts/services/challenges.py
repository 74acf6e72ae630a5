"""The second step of signing in: a challenge that a code answers.

At most five tries for each challenge and twenty an hour for each account; a try is counted
before the code is looked at.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from lms.accounts.errors import ChallengeInvalid, SecretInvalid, WrongCode
from lms.accounts.models import OneTimeSecret, User
from lms.accounts.opaque import is_same, keyed_hash
from lms.accounts.services.factors import check_factor
from lms.accounts.services.families import Tokens, start_login
from lms.accounts.services.outbox import queue_mail
from lms.accounts.services.secrets import count_attempt, issue_secret, read_secret, spend
from lms.auditlog.services import record
from lms.core.throttling import require_budget

CHALLENGE_SECONDS = 300
TRIES = 5
# Full at ten and refilled with ten an hour: never more than twenty in one hour.
TRIES_AT_ONCE, TRIES_PER_SECOND = 10, 10 / 3600
MAILS_AT_ONCE, MAILS_PER_SECOND = 3, 6 / 3600


@dataclass(frozen=True, slots=True)
class Challenge:
    token: str
    expires_in_seconds: int


def start_challenge(*, user: User) -> Challenge:
    """For a person whose password was right and who has two-step sign-in on."""
    token = issue_secret(
        user=user,
        purpose=OneTimeSecret.Purpose.MFA_CHALLENGE,
        lifetime=timedelta(seconds=CHALLENGE_SECONDS),
    )
    return Challenge(token, CHALLENGE_SECONDS)


def log_in_with_code(*, challenge_token: str, code: str) -> Tokens:
    """Raises ChallengeInvalid, WrongCode, TooManyRequests, Unavailable."""
    return start_login(user=complete_challenge(challenge_token=challenge_token, code=code))


def complete_challenge(*, challenge_token: str, code: str) -> User:
    """The person, once, for a code of their authenticator, of a mail or of their recovery list.

    Raises ChallengeInvalid, WrongCode, TooManyRequests, Unavailable.
    """
    challenge, user = _read(challenge_token)
    require_mfa_budget(user)
    if not count_attempt(challenge, limit=TRIES):
        raise ChallengeInvalid
    if not _answer(challenge, user, code):
        record(action="login.second_factor_failed", actor=user)
        raise WrongCode
    return user


def require_mfa_budget(user: User) -> None:
    """One more try of a second factor of this account, wherever it is asked for."""
    require_budget("mfa", str(user.pk), per_second=TRIES_PER_SECOND, burst=TRIES_AT_ONCE)


@transaction.atomic
def _answer(challenge: OneTimeSecret, user: User, code: str) -> bool:
    """Spends code and challenge together, or neither."""
    if not (_is_mailed_code(challenge, user, code) or check_factor(user=user, code=code)):
        return False
    try:
        spend(challenge)
    except SecretInvalid:
        raise ChallengeInvalid from None
    return True


def mail_code(*, challenge_token: str) -> None:
    """Send a code that answers this challenge. Raises ChallengeInvalid, TooManyRequests."""
    challenge, user = _read(challenge_token)
    require_budget("mfa-mail", str(user.pk), per_second=MAILS_PER_SECOND, burst=MAILS_AT_ONCE)
    queue_mail(
        purpose=OneTimeSecret.Purpose.MFA_EMAIL_CODE,
        lifetime=challenge.expires_at - timezone.now(),
        user=user,
        data={"challenge": str(challenge.pk)},
    )


def _read(challenge_token: str) -> tuple[OneTimeSecret, User]:
    try:
        row, user = read_secret(token=challenge_token, purpose=OneTimeSecret.Purpose.MFA_CHALLENGE)
    except SecretInvalid:
        raise ChallengeInvalid from None
    if row.attempts >= TRIES:
        raise ChallengeInvalid
    return row, user


def _is_mailed_code(challenge: OneTimeSecret, user: User, code: str) -> bool:
    """Any code mailed for this challenge; which of several mails arrived is not the person's
    fault. Spent with the challenge, which works once."""
    mailed = OneTimeSecret.objects.filter(
        user=user,
        purpose=OneTimeSecret.Purpose.MFA_EMAIL_CODE,
        data__challenge=str(challenge.pk),
        used_at__isnull=True,
        expires_at__gt=timezone.now(),
    ).exclude(secret_hash="")
    digits = "".join(char for char in code if char.isdigit())
    return any(is_same(keyed_hash(row.pk, digits), row.secret_hash) for row in mailed[:10])
