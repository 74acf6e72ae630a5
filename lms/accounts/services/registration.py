"""People who register themselves. The reasons for its answers: docs/decisions/0011."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from lms.accounts.errors import EmailTaken, RegistrationClosed
from lms.accounts.events import UserRegistered
from lms.accounts.models import OneTimeSecret, User
from lms.accounts.names import names_in_step
from lms.accounts.policy import tenant_policy
from lms.accounts.selectors import find_user_by_email
from lms.accounts.services.families import Tokens, start_login
from lms.accounts.services.outbox import queue_mail, queue_notice
from lms.accounts.services.passwords import check_new_password
from lms.activitylog.events import publish
from lms.auditlog.services import record
from lms.core.request_facts import request_facts_var
from lms.core.throttling import require_budget

CONFIRMATION_LIFETIME = timedelta(days=2)
AT_ONCE, PER_SECOND = 100, 0.2  # registrations from one address


def register(*, email: str, password: str, profile: dict[str, Any]) -> Tokens | None:
    """A new student, signed in; always a student, whatever the request says.

    Where the school confirms addresses first: None, for a free and a taken address alike.
    Raises RegistrationClosed, EmailTaken, InvalidField, TooManyRequests, Unavailable.
    """
    policy = tenant_policy()
    if not policy.open_registration:
        raise RegistrationClosed
    require_budget(
        "register", request_facts_var.get().ip or "unknown", per_second=PER_SECOND, burst=AT_ONCE
    )
    user = User(email=email.strip().lower(), **_profile(profile))
    check_new_password(password, user=user)
    user.set_password(password)
    if not policy.confirm_email:
        _keep(user)
        return start_login(user=user)
    try:
        _keep(user)
    except EmailTaken:
        _tell_owner(email)
    return None


def _profile(profile: dict[str, Any]) -> dict[str, Any]:
    return {**profile, **names_in_step(profile)}


@transaction.atomic
def _keep(user: User) -> None:
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise EmailTaken from None
    record(action="user.registered", actor=user, target=user)
    publish(UserRegistered(user_id=str(user.pk)))
    queue_mail(
        purpose=OneTimeSecret.Purpose.EMAIL_VERIFICATION,
        lifetime=CONFIRMATION_LIFETIME,
        user=user,
    )


def _tell_owner(email: str) -> None:
    owner = find_user_by_email(email)
    if owner is not None:
        queue_notice(user=owner, event=OneTimeSecret.Notice.ACCOUNT_EXISTS)
