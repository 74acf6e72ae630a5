"""Joining and leaving courses.

Locks: the course, then the enrolment. Whoever joins waits for whoever joins the same course, so
that a person is in it once and, later, seats can be counted.
"""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from lms.accounts.models import User
from lms.activitylog.events import publish
from lms.auditlog.services import record
from lms.core.errors import NotFound, PaymentRequired
from lms.core.money import from_minor
from lms.core.permissions import require
from lms.courses.models import Course
from lms.courses.selectors import get_course, lock_course
from lms.enrollments.errors import (
    CourseNotOpen,
    EnrollmentOver,
    EnrollmentSuspended,
    TeachesCourse,
)
from lms.enrollments.events import EnrollmentDropped, UserEnrolled
from lms.enrollments.models import Enrollment
from lms.enrollments.permissions import can_drop_enrollment, can_list_enrollments, is_entitled
from lms.enrollments.selectors import (
    enrollments_in,
    enrollments_of,
    lock_enrollment,
    payment_enforced,
)
from lms.messaging.models import Member
from lms.messaging.services.audiences import add_member, remove_member

Status = Enrollment.Status
# What asking again does not change.
STANDING = (Status.ACTIVE, Status.COMPLETED, Status.PENDING)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """`joined` is False when the person was in the course already."""

    enrollment: Enrollment
    joined: bool


@transaction.atomic
def join_course(*, actor: User, course: str | uuid.UUID) -> Enrolled:
    """Enrol oneself. Joining twice is one enrolment.

    Raises NotFound, CourseNotOpen, TeachesCourse, EnrollmentSuspended, PaymentRequired.
    """
    found = lock_course(user=actor, course=course)
    enrollment = _find(actor, found)
    if enrollment is not None and enrollment.status in STANDING:
        return Enrolled(enrollment, joined=False)
    _check_may_join(actor, found, enrollment)
    return _enroll(actor, found, enrollment)


@transaction.atomic
def enroll_user(*, user: User, course_id: uuid.UUID) -> Enrolled:
    """Trusted: whoever calls has decided that this person takes this course (a paid order, a
    grant). Idempotent. Raises NotFound, TeachesCourse."""
    course = Course.objects.select_for_update().filter(pk=course_id).first()
    if course is None:
        raise NotFound
    _refuse_teacher(user, course)
    return _enroll(user, course, _find(user, course))


@transaction.atomic
def drop_enrollment(*, actor: User, enrollment_id: str | uuid.UUID) -> Enrollment:
    """Leave, or take out a learner of one's course. The row stays. Dropping twice is dropping once.

    Raises EnrollmentOver when it is completed or expired, and EnrollmentSuspended: leaving and
    joining again must not lift a suspension.
    """
    enrollment = lock_enrollment(user=actor, enrollment_id=enrollment_id)
    require(can_drop_enrollment(actor, enrollment))
    if enrollment.status == Status.DROPPED:
        return enrollment
    if enrollment.status in (Status.COMPLETED, Status.EXPIRED):
        raise EnrollmentOver
    if enrollment.status == Status.SUSPENDED:
        raise EnrollmentSuspended

    enrollment.status = Status.DROPPED
    enrollment.dropped_at = timezone.now()
    enrollment.save(update_fields=["status", "dropped_at", "updated_at"])
    remove_member(audience_id=enrollment.course.audience_id, user_id=enrollment.user_id)
    record(actor=actor, action="enrollment.dropped", target=enrollment)
    publish(EnrollmentDropped(**_ids(enrollment)))
    return enrollment


def read_enrollments(*, actor: User, course: str | uuid.UUID | None = None) -> QuerySet[Enrollment]:
    """One's own; with a course that one runs, everyone's in it."""
    if course is None:
        return enrollments_of(actor)
    found = get_course(user=actor, course=course)
    if can_list_enrollments(actor, found):
        return enrollments_in(found)
    return enrollments_of(actor).filter(course=found)


def _check_may_join(actor: User, course: Course, enrollment: Enrollment | None) -> None:
    _refuse_teacher(actor, course)
    if not course.is_published:
        raise CourseNotOpen
    if enrollment is not None and enrollment.status == Status.SUSPENDED:
        raise EnrollmentSuspended
    if payment_enforced() and not is_entitled(actor, course):
        raise PaymentRequired(
            course=str(course.pk),
            price=from_minor(course.price_cents, course.currency),
            currency=course.currency,
        )


def _refuse_teacher(user: User, course: Course) -> None:
    """Leaving would take them out of the audience they run."""
    if course.instructor_id == user.pk:
        raise TeachesCourse


def _find(user: User, course: Course) -> Enrollment | None:
    found = Enrollment.objects.select_for_update().filter(user=user, course=course).first()
    if found is not None:
        found.user, found.course = user, course
    return found


def _enroll(user: User, course: Course, enrollment: Enrollment | None) -> Enrolled:
    """Under the course's lock."""
    if enrollment is not None and enrollment.is_active:
        return Enrolled(enrollment, joined=False)
    if enrollment is None:
        enrollment = Enrollment(user=user, course=course)
    enrollment.status = Status.ACTIVE
    enrollment.enrolled_at = timezone.now()
    enrollment.dropped_at = None
    enrollment.save()
    add_member(audience_id=course.audience_id, user_id=user.pk, role=Member.Role.MEMBER)
    publish(UserEnrolled(**_ids(enrollment)))
    return Enrolled(enrollment, joined=True)


def _ids(enrollment: Enrollment) -> dict[str, str]:
    return {
        "enrollment_id": str(enrollment.pk),
        "course_id": str(enrollment.course_id),
        "user_id": str(enrollment.user_id),
    }
