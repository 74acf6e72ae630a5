"""Making, changing and deleting courses."""

import uuid
from decimal import Decimal
from typing import Any, TypedDict

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from lms.accounts.models import User
from lms.auditlog.services import record
from lms.core.errors import InvalidField
from lms.core.money import TooPrecise, from_minor, to_minor
from lms.core.permissions import require
from lms.courses.errors import CourseInUse
from lms.courses.models import Course
from lms.courses.permissions import can_create_course, can_edit_course, can_teach
from lms.courses.rendering import render_course
from lms.courses.selectors import lock_course
from lms.courses.services.categories import find_or_create_category
from lms.courses.services.publication import move_course
from lms.courses.slugs import course_slugs
from lms.messaging.models import Audience, Member
from lms.messaging.services.audiences import add_member
from lms.streams.services import append
from tenants.context import current_schema
from tenants.selectors import find_tenant_by_schema

PLAIN = (
    "title",
    "code",
    "description",
    "short_description",
    "level",
    "currency",
    "duration_minutes",
    "thumbnail_url",
    "metadata",
)


class CourseFields(TypedDict, total=False):
    """What is given is set, the rest stays. `category` is an id, slug or name, or empty."""

    title: str
    code: str
    description: str
    short_description: str
    category: str
    level: str
    price: Decimal
    currency: str
    duration_minutes: int | None
    thumbnail_url: str
    metadata: dict[str, Any]
    status: str


@transaction.atomic
def create_course(
    *, actor: User, fields: CourseFields, instructor_id: uuid.UUID | None = None
) -> Course:
    """A course with its audience, the instructor in it. Only admins name another instructor.

    With a status other than draft it takes the same step that publishing or archiving takes.
    """
    require(can_create_course(actor))
    instructor = _instructor(actor, instructor_id)
    course = Course(instructor=instructor, currency=default_currency())
    _apply(course, fields)
    course.audience = Audience.objects.create()
    _insert(course)
    add_member(audience_id=course.audience_id, user_id=instructor.pk, role=Member.Role.OWNER)
    record(actor=actor, action="course.created", target=course)
    if fields.get("status", course.status) != course.status:
        move_course(actor=actor, course=course, to=fields["status"])
    return course


@transaction.atomic
def update_course(*, actor: User, course: str | uuid.UUID, fields: CourseFields) -> Course:
    """Change what is given. A change of status is the same step that the actions take."""
    found = lock_course(user=actor, course=course)
    require(can_edit_course(actor, found))
    changed = _apply(found, fields)
    if changed:
        found.save(update_fields=[*changed, "updated_at"])
        record(actor=actor, action="course.updated", target=found, details={"changed": changed})
        payload = {**render_course(found), "changed": changed}
        append(stream=found.stream, type="course.updated", payload=payload)
    if fields.get("status", found.status) != found.status:
        move_course(actor=actor, course=found, to=fields["status"])
    return found


@transaction.atomic
def delete_course(*, actor: User, course: str | uuid.UUID) -> None:
    """Remove a course nobody has records of. Raises CourseInUse.

    Domains above protect what they keep (on_delete=PROTECT); the lock makes an enrolment that
    is under way visible here, or finds nothing there.
    """
    found = lock_course(user=actor, course=course)
    require(can_edit_course(actor, found))
    record(actor=actor, action="course.deleted", target=found, details={"title": found.title})
    audience = found.audience
    try:
        found.delete()
    except ProtectedError as error:
        raise CourseInUse from error
    audience.delete()


def default_currency() -> str:
    tenant = find_tenant_by_schema(current_schema())
    return str(tenant.settings.get("currency", "USD")) if tenant else "USD"


def _instructor(actor: User, instructor_id: uuid.UUID | None) -> User:
    if instructor_id is None or instructor_id == actor.pk:
        return actor
    require(actor.is_tenant_admin)
    instructor = User.objects.filter(pk=instructor_id).first()
    if instructor is None or not can_teach(instructor):
        raise InvalidField("instructor_id", "This person does not teach.")
    return instructor


def _apply(course: Course, fields: CourseFields) -> list[str]:
    """Set what is given; returns the names of the columns that changed."""
    before = {name: getattr(course, name) for name in (*PLAIN, "price_cents", "category_id")}
    price = fields.get("price", _price(course))
    for name in PLAIN:
        if name in fields:
            setattr(course, name, fields[name])  # type: ignore[literal-required]  # PLAIN are keys
    course.price_cents = _minor(price, course.currency)
    if "category" in fields:
        course.category = _category(fields["category"])
    return [name for name, value in before.items() if getattr(course, name) != value]


def _price(course: Course) -> Decimal:
    return Decimal(from_minor(course.price_cents, course.currency))


def _minor(price: Decimal, currency: str) -> int:
    try:
        return to_minor(price, currency)
    except TooPrecise:
        raise InvalidField("price", f"{currency} has fewer decimal places.") from None


def _category(reference: str) -> Any:
    if not reference:
        return None
    category = find_or_create_category(reference=reference)
    if category is None:
        raise InvalidField("category", "There is no such category.")
    return category


def _insert(course: Course) -> None:
    """Under the first slug that is free; a taken one is found by trying, so two may race."""
    *slugs, last = course_slugs(course.title)
    for slug in slugs:
        course.slug = slug
        try:
            with transaction.atomic():
                course.save(force_insert=True)
        except IntegrityError:
            continue
        return
    course.slug = last
    course.save(force_insert=True)
