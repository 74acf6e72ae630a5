"""Administration of people. Whoever loses a role or their account loses every login with it."""

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
def update_user(*, actor: User, user: str, changes: dict[str, Any]) -> User:
    """Change a person found by id or external id.

    Raises NotFound, LastAdmin, EmailTaken, ExternalIdTaken, InvalidField.
    """
    require(can_manage_people(actor))
    person = one_user(User.objects.select_for_update(), user)
    password = changes.pop("password", None)
    changes = _normal(changes)
    changes |= names_in_step(changes, first=person.first_name, last=person.last_name)
    changed = {key: value for key, value in changes.items() if getattr(person, key) != value}
    _keep_one_admin(person, changed)
    before = {key: getattr(person, key) for key in ("role", "is_active", "email")}
    if "email" in changed:
        changed["email_verified_at"] = None
    for name, value in changed.items():
        setattr(person, name, value)
    if changed:
        _save(person)
        record(action="user.updated", actor=actor, target=person, details=_details(changed))
    if password is not None:
        check_new_password(password, user=person)
        set_new_password(user=person, password=password, actor=actor)
    _end_what_changed(person, before, has_new_password=password is not None)
    return person


def deactivate_user(*, actor: User, user: str) -> User:
    """The person stays as a row; they can do nothing any more. Raises NotFound, LastAdmin."""
    return update_user(actor=actor, user=user, changes={"is_active": False})


def _keep_one_admin(person: User, changed: dict[str, Any]) -> None:
    """Locks all administrators, so that two cannot remove each other at once."""
    loses = changed.get("is_active", True) is False or changed.get("role", "admin") != "admin"
    if not (person.is_tenant_admin and person.is_active and loses):
        return
    admins = User.objects.filter(role=User.Role.ADMIN, is_active=True).order_by("pk")
    locked = set(admins.select_for_update().values_list("pk", flat=True))
    if person.pk not in locked or len(locked) < 2:
        raise LastAdmin


def _end_what_changed(person: User, before: dict[str, Any], *, has_new_password: bool) -> None:
    """Logins carry what the person was; they end with it."""
    if before["email"] != person.email:
        end_secrets(user=person, purposes=MAILED)
        queue_notice(user=person, event=OneTimeSecret.Notice.EMAIL_CHANGED, to=str(before["email"]))
    if before["is_active"] and not person.is_active:
        end_all_logins(user=person, reason="deactivated")
    elif before["role"] != person.role:
        end_all_logins(user=person, reason="role_changed")
    elif has_new_password:
        end_all_logins(user=person, reason="password_changed")
    elif before["email"] != person.email:
        end_all_logins(user=person, reason="email_changed")


def _normal(fields: dict[str, Any]) -> dict[str, Any]:
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
