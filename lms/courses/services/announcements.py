import uuid

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from lms.accounts.models import User
from lms.activitylog.events import publish
from lms.core.permissions import require
from lms.courses.errors import CourseIsArchived
from lms.courses.events import AnnouncementPosted
from lms.courses.models import Announcement, Course
from lms.courses.permissions import can_edit_course, can_follow_course
from lms.courses.rendering import render_announcement
from lms.courses.selectors import announcements_of, get_course, lock_course
from lms.messaging.selectors import find_member
from lms.streams.services import append


@transaction.atomic
def post_announcement(
    *, actor: User, course: str | uuid.UUID, title: str, body: str
) -> Announcement:
    """Tell everyone in the course, on its socket and in their inboxes. Raises CourseIsArchived."""
    found = lock_course(user=actor, course=course)
    require(can_edit_course(actor, found))
    if found.status == Course.Status.ARCHIVED:
        raise CourseIsArchived

    announcement = Announcement.objects.create(course=found, author=actor, title=title, body=body)
    append(
        stream=found.stream,
        type="announcement.posted",
        payload=render_announcement(announcement),
    )
    publish(
        AnnouncementPosted(
            announcement_id=str(announcement.pk),
            course_id=str(found.pk),
            author_id=str(actor.pk),
        )
    )
    return announcement


def read_announcements(*, actor: User, course: str | uuid.UUID) -> QuerySet[Announcement]:
    """Newest first, for the course's people only."""
    found = get_course(user=actor, course=course)
    member = find_member(user=actor, audience_id=found.audience_id)
    require(can_follow_course(actor, found, member))
    return announcements_of(found)


def mark_notified(*, announcement_id: uuid.UUID) -> None:
    """Every inbox has it. Trusted: whoever filled the inboxes says so."""
    Announcement.objects.filter(pk=announcement_id, notified_at=None).update(
        notified_at=timezone.now()
    )
