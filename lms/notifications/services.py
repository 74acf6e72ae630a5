"""Filling and reading inboxes. Every change is also an entry of the person's stream."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from lms.accounts.models import User
from lms.messaging.rendering import wire_time
from lms.notifications.models import Notification
from lms.notifications.rendering import render_notification
from lms.notifications.selectors import lock_notification, unread_of
from lms.streams.entries import new_entry
from lms.streams.services import append, append_many

CHUNK = 500
MAX_TITLE = 255


@dataclass(frozen=True, slots=True)
class _Letter:
    kind: str
    title: str
    body: str
    link: str
    subject_key: str
    actor_id: uuid.UUID | None


def notify(
    *,
    user_ids: Iterable[uuid.UUID],
    kind: str,
    title: str,
    body: str = "",
    link: str = "",
    subject_key: str = "",
    actor_id: uuid.UUID | None = None,
) -> int:
    """Put it into the inboxes, 500 in each transaction. Returns how many got it.

    Nobody hears of the same `subject_key` twice, so a call that broke off is simply made again.
    Whoever caused it and people who are not active are left out.
    """
    letter = _Letter(kind, title[:MAX_TITLE], body, link, subject_key, actor_id)
    # In one order everywhere: two calls about the same thing wait for each other, not in a ring.
    people = sorted({*user_ids} - {actor_id})
    return sum(
        _deliver(letter, people[start : start + CHUNK]) for start in range(0, len(people), CHUNK)
    )


@transaction.atomic
def _deliver(letter: _Letter, people: Sequence[uuid.UUID]) -> int:
    active = User.objects.filter(pk__in=people, is_active=True).order_by("pk")
    rows = [
        Notification(
            user_id=user_id,
            kind=letter.kind,
            title=letter.title,
            body=letter.body,
            link=letter.link,
            subject_key=letter.subject_key,
            actor_id=letter.actor_id,
        )
        for user_id in active.values_list("pk", flat=True)
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    ids = [row.pk for row in rows]
    kept = set(Notification.objects.filter(pk__in=ids).values_list("pk", flat=True))
    append_many(
        [
            new_entry(f"user:{row.user_id}", "notification.created", render_notification(row))
            for row in rows
            if row.pk in kept
        ]
    )
    return len(kept)


@transaction.atomic
def mark_read(*, user: User, notification_id: str | uuid.UUID) -> Notification:
    """Reading twice is reading once. Raises NotFound."""
    notification = lock_notification(user=user, notification_id=notification_id)
    if notification.read_at is None:
        notification.read_at = timezone.now()
        _save(notification)
    return notification


@transaction.atomic
def mark_unread(*, user: User, notification_id: str | uuid.UUID) -> Notification:
    """Keep it for later. Raises NotFound."""
    notification = lock_notification(user=user, notification_id=notification_id)
    if notification.read_at is not None:
        notification.read_at = None
        _save(notification)
    return notification


@transaction.atomic
def mark_all_read(*, user: User) -> int:
    """Returns how many were unread. One entry tells of all of them."""
    now = timezone.now()
    count = unread_of(user).order_by().update(read_at=now)
    if count:
        _tell(user.pk, id=None, all=True, is_read=True, read_at=wire_time(now))
    return count


def _save(notification: Notification) -> None:
    notification.save(update_fields=["read_at"])
    _tell(
        notification.user_id,
        id=str(notification.pk),
        all=False,
        is_read=notification.is_read,
        read_at=wire_time(notification.read_at),
    )


def _tell(user_id: uuid.UUID, **payload: Any) -> None:
    append(stream=f"user:{user_id}", type="notification.read", payload=payload)
