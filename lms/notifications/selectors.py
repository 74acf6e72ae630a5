import uuid

from django.db.models import QuerySet

from lms.accounts.models import User
from lms.core.errors import NotFound
from lms.core.ids import parse_uuid
from lms.notifications.models import Notification


def notifications_of(user: User) -> QuerySet[Notification]:
    """The person's inbox, newest first."""
    return Notification.objects.filter(user=user).order_by("-id")


def unread_of(user: User) -> QuerySet[Notification]:
    return notifications_of(user).filter(read_at=None)


def get_notification(*, user: User, notification_id: str | uuid.UUID) -> Notification:
    """One of the person's own. Raises NotFound."""
    return _one(notifications_of(user), notification_id)


def lock_notification(*, user: User, notification_id: str | uuid.UUID) -> Notification:
    """The same, locked until the caller's transaction ends."""
    return _one(notifications_of(user).select_for_update(), notification_id)


def _one(inbox: QuerySet[Notification], notification_id: str | uuid.UUID) -> Notification:
    parsed = parse_uuid(notification_id)
    found = inbox.filter(pk=parsed).first() if parsed else None
    if found is None:
        raise NotFound
    return found
