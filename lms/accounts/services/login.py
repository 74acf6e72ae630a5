"""Signing in with a password: the first factor, and what follows from it."""

from lms.accounts.errors import InvalidCredentials
from lms.accounts.models import User
from lms.accounts.policy import tenant_policy
from lms.accounts.selectors import find_user_by_email
from lms.accounts.services import guard
from lms.accounts.services.challenges import Challenge, start_challenge
from lms.accounts.services.families import Tokens, start_login
from lms.auditlog.services import record


def log_in(*, email: str, password: str) -> Tokens | Challenge:
    """Tokens, or with a second factor a challenge to be answered first.

    Raises InvalidCredentials, TooManyRequests, Unavailable.
    """
    user = check_credentials(email=email, password=password)
    return start_challenge(user=user) if user.mfa_enabled else start_login(user=user)


def check_credentials(*, email: str, password: str) -> User:
    """The active person with this password. The same work is done for an unknown address.

    Raises InvalidCredentials, TooManyRequests, Unavailable.
    """
    attempt = guard.admit(email)
    user = find_user_by_email(email)
    if user is None:
        User().set_password(password)
    if user is None or not user.check_password(password) or not _may_sign_in(user):
        record(action="login.failed", actor=user)
        raise InvalidCredentials
    guard.forgive(attempt)
    return user


def _may_sign_in(user: User) -> bool:
    """Why not stays unsaid: whoever registers an address would learn whether it was taken."""
    confirmed = user.email_verified_at is not None or not tenant_policy().confirm_email
    return user.is_active and confirmed
