"""draft -> published -> archived, and back to draft from both. One door for every step."""

import uuid

from django.db import transaction
from django.utils import timezone

from lms.accounts.models import User
from lms.activitylog.events import Event, publish
from lms.auditlog.services import record
from lms.core.permissions import require
from lms.courses.errors import (
    CourseIsArchived,
    CourseNotDraft,
    CourseNotPublished,
    CourseNotReady,
)
from lms.courses.events import CourseArchived, CoursePublished, CourseUnpublished
from lms.courses.models import Course
from lms.courses.permissions import can_edit_course, can_teach
from lms.courses.rendering import render_course
from lms.courses.selectors import lock_course
from lms.streams.services import append

Status = Course.Status


@transaction.atomic
def publish_course(*, actor: User, course: str | uuid.UUID) -> Course:
    """Show a draft to everyone. Raises CourseNotDraft, CourseNotReady."""
    found = _load(actor, course)
    move_course(actor=actor, course=found, to=Status.PUBLISHED)
    return found


@transaction.atomic
def unpublish_course(*, actor: User, course: str | uuid.UUID) -> Course:
    """Take it out of the catalogue; who is in it keeps it. Raises CourseNotPublished."""
    found = _load(actor, course)
    if found.status != Status.PUBLISHED:
        raise CourseNotPublished
    move_course(actor=actor, course=found, to=Status.DRAFT)
    return found


@transaction.atomic
def archive_course(*, actor: User, course: str | uuid.UUID) -> Course:
    """Close it: nobody joins, nothing is announced. Raises CourseIsArchived."""
    found = _load(actor, course)
    if found.status == Status.ARCHIVED:
        raise CourseIsArchived
    move_course(actor=actor, course=found, to=Status.ARCHIVED)
    return found


def move_course(*, actor: User, course: Course, to: str) -> None:
    """Trusted: the caller holds the course's lock, has asked, and its status differs from `to`."""
    if to == Status.PUBLISHED:
        _check_ready(course)
        course.published_at = timezone.now()
    course.status = to
    course.save(update_fields=["status", "published_at", "updated_at"])

    record(actor=actor, action=_ACTION[to], target=course)
    payload = {**render_course(course), "changed": ["status"]}
    append(
        stream=course.stream,
        type="course.published" if to == Status.PUBLISHED else "course.updated",
        payload=payload,
    )
    publish(_fact(course))


_ACTION: dict[str, str] = {
    Status.PUBLISHED: "course.published",
    Status.DRAFT: "course.unpublished",
    Status.ARCHIVED: "course.archived",
}


def _load(actor: User, course: str | uuid.UUID) -> Course:
    found = lock_course(user=actor, course=course)
    require(can_edit_course(actor, found))
    return found


def _check_ready(course: Course) -> None:
    if course.status != Status.DRAFT:
        raise CourseNotDraft
    if not can_teach(course.instructor):
        raise CourseNotReady(missing=["instructor"])


def _fact(course: Course) -> Event:
    course_id = str(course.pk)
    if course.status == Status.PUBLISHED:
        return CoursePublished(course_id=course_id, instructor_id=str(course.instructor_id))
    if course.status == Status.ARCHIVED:
        return CourseArchived(course_id=course_id)
    return CourseUnpublished(course_id=course_id)
