"""What this app does when others' facts arrive."""

import uuid

from lms.core.tasks import enqueue
from lms.courses.events import AnnouncementPosted
from lms.messaging.events import MemberAdded
from lms.notifications.fanout import notify_group_member


def tell_course(event: AnnouncementPosted) -> None:
    enqueue("notifications.notify_course", announcement_id=event.announcement_id)


def tell_group_member(event: MemberAdded) -> None:
    notify_group_member(audience_id=uuid.UUID(event.audience_id), user_id=uuid.UUID(event.user_id))
