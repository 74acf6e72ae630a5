"""Notifications for tests. Call inside a tenant."""

from lms.accounts.models import User
from lms.notifications.models import Notification
from lms.notifications.services import notify


def create_notification(user: User, title: str = "News", body: str = "") -> Notification:
    notify(user_ids=[user.pk], kind="test", title=title, body=body)
    return Notification.objects.filter(user=user).latest("id")
