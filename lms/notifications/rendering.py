from typing import Any

from lms.messaging.rendering import wire_time
from lms.notifications.models import Notification


def render_notification(notification: Notification) -> dict[str, Any]:
    """What the inbox socket pushes: the same words as the REST list."""
    return {
        "id": str(notification.pk),
        "kind": notification.kind,
        "title": notification.title,
        "body": notification.body,
        "link": notification.link,
        "actor_id": str(notification.actor_id) if notification.actor_id else None,
        "is_read": notification.is_read,
        "read_at": wire_time(notification.read_at),
        "created_at": wire_time(notification.created_at),
    }
