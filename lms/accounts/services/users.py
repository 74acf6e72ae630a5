"""Administration of people. Whoever loses a role or their account loses every login with it."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from lms.accounts.errors import EmailTaken, ExternalIdTaken, LastAdmin
from lms.accounts.models import OneTimeSecret, User
from lms.accounts.names import names_in_step
from lms.accounts.permissions import can_manage_people
from lms.accounts.selectors import one_user
from lms.accounts.services.families import end_all_logins
from lms.accounts.services.outbox import queue_notice
from lms.accounts.services.passwords import check_new_password, set_new_password
from lms.accounts.services.secrets import end_secrets
from lms.auditlog.services import record
from lms.core.permissions import require

MAILED = [
    OneTimeSecret.Purpose.PASSWORD_RESET,
    OneTimeSecret.Purpose.EMAIL_VERIFICATION,
    OneTimeSecret.Purpose.MFA_CHALLENGE,
    OneTimeSecret.Purpose.MFA_EMAIL_CODE,
]


@transaction.atomic
def create_user(*, actor: User, password: str, fields: dict[str, Any]) -> User:
    """A new person with the role given, a student without. Raises EmailTaken, InvalidField."""
    require(can_manage_people(actor))
    user = User(**_normal({**fields, **names_in_step(fields)}))
    check_new_password(password, user=user)
    user.set_password(password)
    _save(user)
    record(action="user.created", actor=actor, target=user, details={"role": user.role})
    return user


@transaction.atomic
def update_user(*, actor: User, user: str, changes: Mapping[str, Any]) -> User:
    """Change a person found by id or external id.

    Raises NotFound, LastAdmin, EmailTaken, ExternalIdTaken, InvalidField.
    """
    require(can_manage_people(actor))
    admins = _lock_admins() if _can_cost_an_admin(changes) else set()
    person = one_user(User.objects.select_for_update(no_key=True), user)
    changed, password = _changed(person, changes)
    if person.pk in admins and _can_cost_an_admin(changed) and len(admins) == 1:
        raise LastAdmin
    before = {key: getattr(person, key) for key in ("role", "is_active", "email")}
    for name, value in changed.items():
        setattr(person, name, value)
    if changed:
        _save(person)
        record(action="user.updated", actor=actor, target=person, details=_details(changed))
    if password is not None:
        check_new_password(password, user=person)
        set_new_password(user=person, password=password, actor=actor)
    if before["email"] != person.email:
        _leave_address(person, before["email"])
    reason = _reason_to_end(person, before, password)
    if reason:
        end_all_logins(user=person, reason=reason)
    return person


def deactivate_user(*, actor: User, user: str) -> User:
    """The person stays as a row; they can do nothing any more. Raises NotFound, LastAdmin."""
    return update_user(actor=actor, user=user, changes={"is_active": False})


def _can_cost_an_admin(changes: Mapping[str, Any]) -> bool:
    return changes.get("is_active", True) is False or changes.get("role", "admin") != "admin"


def _lock_admins() -> set[uuid.UUID]:
    """The active administrators, locked before anybody else and in one order: two who remove
    each other at once take turns."""
    admins = User.objects.filter(role=User.Role.ADMIN, is_active=True).order_by("pk")
    return set(admins.select_for_update(no_key=True).values_list("pk", flat=True))


def _changed(person: User, changes: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """What differs from what is there, and the new password."""
    fields = _normal(changes)
    password = fields.pop("password", None)
    fields |= names_in_step(fields, first=person.first_name, last=person.last_name)
    changed = {key: value for key, value in fields.items() if getattr(person, key) != value}
    if "email" in changed:
        changed["email_verified_at"] = None
    return changed, password


def _leave_address(person: User, old: str) -> None:
    """What went to the old address works no more, and its owner is told there."""
    end_secrets(user=person, purposes=MAILED)
    queue_notice(user=person, event=OneTimeSecret.Notice.EMAIL_CHANGED, to=old)


def _reason_to_end(person: User, before: Mapping[str, Any], password: str | None) -> str:
    """Logins carry what the person was; they end with it."""
    if before["is_active"] and not person.is_active:
        return "deactivated"
    if before["role"] != person.role:
        return "role_changed"
    if password is not None:
        return "password_changed"
    return "email_changed" if before["email"] != person.email else ""


def _normal(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The address in lower case, and no empty external id."""
    normal = dict(fields)
    if "email" in normal:
        normal["email"] = str(normal["email"]).strip().lower()
    if "external_id" in normal:
        normal["external_id"] = normal["external_id"] or None
    return normal


def _save(user: User) -> None:
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise (ExternalIdTaken if "external_id" in str(error) else EmailTaken)() from None


def _details(changed: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {key: changed[key] for key in ("role", "is_active") if key in changed}
    return {"fields": sorted(changed), **plain}
