"""From a fact to the inboxes it concerns. Each can be done again without telling anyone twice."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from lms.courses.models import Announcement
from lms.courses.services.announcements import mark_notified
from lms.groups.models import Group
from lms.messaging.models import Conversation, Member
from lms.notifications.services import CHUNK, notify

OVERDUE = timedelta(minutes=1)
SWEPT_AT_ONCE = 20


def notify_course(*, announcement_id: uuid.UUID) -> int:
    """Everyone in the course hears of the announcement; returns how many now did."""
    announcement = Announcement.objects.select_related("course").filter(pk=announcement_id).first()
    if announcement is None:
        return 0
    told = sum(
        notify(
            user_ids=people,
            kind="announcement.posted",
            title=f"{announcement.course.title}: {announcement.title}",
            body=announcement.body,
            link=f"/courses/{announcement.course.slug}/",
            subject_key=f"announcement:{announcement.pk}",
            actor_id=announcement.author_id,
        )
        for people in _members(announcement.course.audience_id)
    )
    mark_notified(announcement_id=announcement.pk)
    return told


def notify_waiting_courses() -> int:
    """Announcements whose task was lost or broke off. Returns how many there were."""
    waiting = Announcement.objects.filter(
        notified_at=None, created_at__lt=timezone.now() - OVERDUE
    ).order_by("created_at")[:SWEPT_AT_ONCE]
    ids = list(waiting.values_list("pk", flat=True))
    for announcement_id in ids:
        notify_course(announcement_id=announcement_id)
    return len(ids)


def notify_group_member(*, audience_id: uuid.UUID, user_id: uuid.UUID) -> int:
    """A person was put into a group. Who made the group or joined an open one knows already."""
    member = Member.objects.filter(audience_id=audience_id, user_id=user_id).first()
    group = (
        Group.objects.select_related("conversation")
        .filter(
            conversation__audience_id=audience_id,
            conversation__kind=Conversation.Kind.GROUP,
            join_policy=Group.JoinPolicy.INVITE,
        )
        .first()
    )
    if group is None or member is None or member.role == Member.Role.OWNER:
        return 0
    return notify(
        user_ids=[user_id],
        kind="group.added",
        title=f"You are in the group {group.name}",
        link=f"/groups/{group.pk}/",
        subject_key=f"group.added:{member.pk}",
    )


def _members(audience_id: uuid.UUID) -> Iterator[list[uuid.UUID]]:
    """In pages by id, so that no audience is too large and nobody is skipped while it changes."""
    members = Member.objects.filter(audience_id=audience_id).order_by("user_id")
    page = list(members.values_list("user_id", flat=True)[:CHUNK])
    while page:
        yield page
        page = list(members.filter(user_id__gt=page[-1]).values_list("user_id", flat=True)[:CHUNK])
