"""What people change about themselves."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from lms.accounts.models import OneTimeSecret, User
from lms.accounts.names import NAME_FIELDS, names_in_step
from lms.accounts.services.secrets import read_secret, spend
from lms.auditlog.services import record

PROFILE_FIELDS = {*NAME_FIELDS, "metadata", "avatar_url", "time_zone"}


@transaction.atomic
def update_profile(*, user: User, changes: dict[str, Any]) -> User:
    """Change the person's own profile; anything else in `changes` is not theirs to change."""
    changed = {name: value for name, value in changes.items() if name in PROFILE_FIELDS}
    changed |= names_in_step(changed, first=user.first_name, last=user.last_name)
    for name, value in changed.items():
        setattr(user, name, value)
    if changed:
        user.save(update_fields=[*changed, "updated_at"])
        record(action="user.updated", actor=user, target=user, details={"fields": sorted(changed)})
    return user


@transaction.atomic
def confirm_email(*, token: str) -> User:
    """Spend the mailed token. Raises SecretInvalid."""
    row, user = read_secret(token=token, purpose=OneTimeSecret.Purpose.EMAIL_VERIFICATION)
    spend(row)
    user.email_verified_at = timezone.now()
    user.save(update_fields=["email_verified_at", "updated_at"])
    record(action="user.email_confirmed", actor=user, target=user)
    return user
