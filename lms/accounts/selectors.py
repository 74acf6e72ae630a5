"""Reads of people."""

import uuid

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from lms.accounts.models import TokenFamily, User
from lms.core.errors import NotFound
from lms.core.ids import parse_uuid


def find_user_by_email(email: str) -> User | None:
    """Through the unique index on the lower case."""
    return (
        User.objects.alias(lower_email=Lower("email"))
        .filter(lower_email=email.strip().lower())
        .first()
    )


def get_user(user: str) -> User:
    """By id or external id. Raises NotFound."""
    return one_user(User.objects.all(), user)


def one_user(people: QuerySet[User], user: str) -> User:
    """The person of the set with this id or external id. Raises NotFound."""
    user_id = parse_uuid(user)
    if "\x00" in user or len(user) > 100:
        raise NotFound
    key = Q(external_id=user) if user_id is None else Q(pk=user_id) | Q(external_id=user)
    # Both can match different people only if an external id is written like somebody's id.
    found = people.filter(key).order_by("pk")[:2]
    exact = [person for person in found if person.pk == user_id] or list(found)
    if not exact:
        raise NotFound
    return exact[0]


def users(*, role: str = "", search: str = "", is_active: bool | None = None) -> QuerySet[User]:
    """People of the tenant, newest first. `search` looks into names and addresses."""
    people = User.objects.order_by("-created_at", "-pk")
    if role:
        people = people.filter(role=role)
    if is_active is not None:
        people = people.filter(is_active=is_active)
    if search:
        people = people.filter(Q(full_name__icontains=search) | Q(email__icontains=search))
    return people


def get_family(family_id: uuid.UUID) -> TokenFamily:
    family = TokenFamily.objects.filter(pk=family_id, revoked_at__isnull=True).first()
    if family is None:
        raise NotFound
    return family
