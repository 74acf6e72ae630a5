"""Reads that start from what the person may see: what they may not see does not exist."""

import uuid

from django.db.models import Q, QuerySet

from lms.accounts.models import User
from lms.core.errors import NotFound
from lms.core.ids import parse_uuid
from lms.courses.models import Course
from lms.enrollments.models import Enrollment
from tenants.context import current_schema
from tenants.selectors import find_tenant_by_schema


def enrollments_of(user: User) -> QuerySet[Enrollment]:
    """The person's own, the latest first, dropped ones too."""
    return _latest(Enrollment.objects.filter(user=user))


def enrollments_in(course: Course) -> QuerySet[Enrollment]:
    """Everyone's, the latest first. The caller has asked whether the reader may."""
    return _latest(Enrollment.objects.filter(course=course))


def get_enrollment(*, user: User, enrollment_id: str | uuid.UUID) -> Enrollment:
    """One that is the person's own or of a course they run. Raises NotFound."""
    found = _visible_to(user).filter(pk=_id(enrollment_id)).first()
    if found is None:
        raise NotFound
    return found


def lock_enrollment(*, user: User, enrollment_id: str | uuid.UUID) -> Enrollment:
    """The same, locked until the caller's transaction ends."""
    visible = _visible_to(user).select_for_update(of=("self",))
    found = visible.filter(pk=_id(enrollment_id)).first()
    if found is None:
        raise NotFound
    return found


def payment_enforced() -> bool:
    """The tenant's setting `enforce_payment`; on unless it says otherwise."""
    tenant = find_tenant_by_schema(current_schema())
    return tenant is None or tenant.settings.get("enforce_payment", True) is not False


def _visible_to(user: User) -> QuerySet[Enrollment]:
    enrollments = Enrollment.objects.select_related("course", "user")
    if user.is_tenant_admin:
        return enrollments
    return enrollments.filter(Q(user=user) | Q(course__instructor=user))


def _latest(enrollments: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    return enrollments.select_related("course", "user").order_by("-enrolled_at", "-id")


def _id(enrollment_id: str | uuid.UUID) -> uuid.UUID:
    parsed = parse_uuid(enrollment_id)
    if parsed is None:
        raise NotFound
    return parsed
