"""Passwords: change, forget, choose anew."""

import uuid
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from lms.accounts.errors import WrongPassword
from lms.accounts.models import OneTimeSecret, User
from lms.accounts.services.families import end_all_logins, end_other_logins
from lms.accounts.services.outbox import queue_mail, queue_notice
from lms.accounts.services.secrets import end_secrets, read_secret, spend
from lms.auditlog.services import record
from lms.core.errors import InvalidField
from lms.core.request_facts import request_facts_var
from lms.core.throttling import forget_tries, require_budget, require_patience

RESET_LIFETIME = timedelta(hours=1)
FREE_TRIES, FIRST_WAIT, LONGEST_WAIT = 5, 1, 15 * 60


def check_new_password(password: str, *, user: User, field: str = "password") -> None:
    """Raises InvalidField with what is wrong with it."""
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise InvalidField(field, " ".join(error.messages)) from None


def confirm_password(*, user: User, password: str, field: str) -> None:
    """Ask a person who is signed in for their password again. A token thief may not guess it.

    Raises WrongPassword, TooManyRequests, Unavailable.
    """
    subject = str(user.pk)
    require_patience(
        "password",
        subject,
        free=FREE_TRIES,
        first_seconds=FIRST_WAIT,
        longest_seconds=LONGEST_WAIT,
    )
    if not user.check_password(password):
        record(action="password.confirmation_failed", actor=user)
        raise WrongPassword(field)
    forget_tries("password", subject)


def change_password(
    *, user: User, current_password: str, new_password: str, keep: uuid.UUID | None
) -> None:
    """A new password for a person who knows the old one; all logins but `keep` end.

    Raises WrongPassword, InvalidField, TooManyRequests, Unavailable.
    """
    confirm_password(user=user, password=current_password, field="current_password")
    check_new_password(new_password, user=user, field="new_password")
    with transaction.atomic():
        set_new_password(user=user, password=new_password, actor=user)
        end_other_logins(user=user, keep=keep, reason="password_changed")


def set_new_password(*, user: User, password: str, actor: User | None) -> None:
    """Keep a checked password and tell the person; what was mailed for the old one dies.

    Joins the caller's transaction; which logins end is the caller's decision.
    """
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
    end_secrets(
        user=user,
        purposes=[OneTimeSecret.Purpose.PASSWORD_RESET, OneTimeSecret.Purpose.MFA_CHALLENGE],
    )
    record(action="password.changed", actor=actor, target=user)
    queue_notice(user=user, event=OneTimeSecret.Notice.PASSWORD_CHANGED)


def ask_for_reset(*, email: str) -> None:
    """Mail a link to the address, if it has an account: the same work and answer if not.

    Raises TooManyRequests, Unavailable.
    """
    _ask(email, OneTimeSecret.Purpose.PASSWORD_RESET, RESET_LIFETIME)


def ask_for_confirmation(*, email: str) -> None:
    """Mail a link that confirms the address, under the same terms."""
    _ask(email, OneTimeSecret.Purpose.EMAIL_VERIFICATION, timedelta(days=2))


def _ask(email: str, purpose: OneTimeSecret.Purpose, lifetime: timedelta) -> None:
    address = email.strip().lower()
    ip = request_facts_var.get().ip or "unknown"
    require_budget(f"mail-{purpose}-ip", ip, per_second=0.1, burst=60)
    require_budget(f"mail-{purpose}", address, per_second=1 / 300, burst=5)
    queue_mail(purpose=purpose, lifetime=lifetime, data={"email": address})


def reset_password(*, token: str, new_password: str) -> None:
    """Spend the mailed token for a new password; every login ends.

    Raises SecretInvalid, InvalidField.
    """
    row, user = read_secret(token=token, purpose=OneTimeSecret.Purpose.PASSWORD_RESET)
    check_new_password(new_password, user=user, field="new_password")
    with transaction.atomic():
        spend(row)
        if user.email_verified_at is None:  # the token came by mail, so the address is theirs
            user.email_verified_at = timezone.now()
            user.save(update_fields=["email_verified_at"])
        set_new_password(user=user, password=new_password, actor=user)
        end_all_logins(user=user, reason="password_changed")
