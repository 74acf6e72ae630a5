"""Mails that have to go: the row in the change's own transaction is the outbox.

What the mail carries is made by `services/mailing.py` when it is sent, so that nothing secret
waits in the database or in a queue.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from lms.accounts.models import OneTimeSecret, User
from lms.core.tasks import enqueue

NOTICE_LIFETIME = timedelta(days=2)


@transaction.atomic
def queue_mail(
    *,
    purpose: OneTimeSecret.Purpose,
    lifetime: timedelta,
    user: User | None = None,
    data: dict[str, Any] | None = None,
) -> OneTimeSecret:
    """`data["email"]` names an address to be looked up, `data["to"]` one other than the user's."""
    row = OneTimeSecret.objects.create(
        user=user,
        purpose=purpose,
        data=data or {},
        by_mail=True,
        expires_at=timezone.now() + lifetime,
    )
    enqueue("accounts.send_secret", secret_id=str(row.pk))
    return row


def queue_notice(*, user: User, event: OneTimeSecret.Notice, to: str = "") -> None:
    """Tell the person that their account's security changed."""
    data = {"event": event.value} | ({"to": to} if to else {})
    queue_mail(
        purpose=OneTimeSecret.Purpose.SECURITY_NOTICE,
        lifetime=NOTICE_LIFETIME,
        user=user,
        data=data,
    )
