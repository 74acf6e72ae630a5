"""Sending what the outbox holds. A mail goes at least once; a crash may send it again.

The secret is made here, at the last moment, so the newest mail's secret is the one that works.
"""

import logging
import secrets
import uuid
from datetime import timedelta

from django.core.mail import EmailMultiAlternatives
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from lms.accounts.models import OneTimeSecret, RefreshToken, TokenFamily, User
from lms.accounts.opaque import keyed_hash, new_secret, write_opaque
from lms.accounts.selectors import find_user_by_email
from lms.accounts.services.letters import letter_for
from tenants.context import current_schema
from tenants.selectors import find_tenant_by_schema

logger = logging.getLogger(__name__)

BATCH = 100
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
KEPT_AFTER_EXPIRY = timedelta(days=1)
DELETE_BATCH = 5000
LINKS = (OneTimeSecret.Purpose.PASSWORD_RESET, OneTimeSecret.Purpose.EMAIL_VERIFICATION)


def send_secret(*, secret_id: uuid.UUID) -> bool:
    """Send one waiting mail, if it is due. False when there was nothing to do.

    Raises OSError (smtplib's errors are such) when the mail server does not take it.
    """
    row = _claim(secret_id)
    if row is None:
        return False
    if row.user is None:
        _address(row)
    if row.user is None or not row.user.is_active or _is_needless(row):
        _close(row)
        return True
    secret = _make_secret(row)
    _deliver(row, row.user, secret)
    OneTimeSecret.objects.filter(pk=row.pk).update(sent_at=timezone.now())
    return True


def send_waiting() -> int:
    """Send what is due and was not: the queue was down, or the mail server. Returns how many."""
    due = _waiting().filter(next_try_at__lte=timezone.now()).order_by("next_try_at")
    waiting = list(due.values_list("pk", flat=True)[:BATCH])
    return sum(try_to_send(secret_id=secret_id) for secret_id in waiting)


def try_to_send(*, secret_id: uuid.UUID) -> bool:
    """The same, but a mail that does not go is a warning; its row waits for the next try."""
    try:
        return send_secret(secret_id=secret_id)
    except OSError as error:
        logger.warning("mail_not_sent", extra={"error": type(error).__name__})
        return False


def delete_expired() -> int:
    """Remove logins and secrets nobody can use any more. Returns how many rows went."""
    old = timezone.now() - KEPT_AFTER_EXPIRY
    count = 0
    for model in (OneTimeSecret, RefreshToken, TokenFamily):
        rows = model.objects.filter(expires_at__lt=old).order_by("expires_at")[:DELETE_BATCH]
        count += model.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).delete()[0]
    return count


def _waiting() -> QuerySet[OneTimeSecret]:
    return OneTimeSecret.objects.filter(by_mail=True, sent_at__isnull=True, used_at__isnull=True)


def _claim(secret_id: uuid.UUID) -> OneTimeSecret | None:
    """Take the row for this try; the next is later and later. Of two workers one gets it."""
    now = timezone.now()
    row = _waiting().select_related("user").filter(pk=secret_id, next_try_at__lte=now).first()
    if row is None:
        return None
    pause = min(FIRST_RETRY * 2 ** min(row.attempts, 10), LONGEST_RETRY)
    mine = _waiting().filter(pk=secret_id, next_try_at=row.next_try_at)
    won = mine.update(next_try_at=now + pause, attempts=F("attempts") + 1)
    if not won:
        return None
    if row.expires_at <= now:
        _close(row)
        return None
    return row


def _address(row: OneTimeSecret) -> None:
    """Look the asked-for address up, now that nobody can measure how long it takes."""
    row.user = find_user_by_email(row.data["email"])
    if row.user is not None:
        row.data = {}
        row.save(update_fields=["user", "data"])


def _is_needless(row: OneTimeSecret) -> bool:
    verified = row.user is not None and row.user.email_verified_at is not None
    return row.purpose == OneTimeSecret.Purpose.EMAIL_VERIFICATION and verified


def _close(row: OneTimeSecret) -> None:
    now = timezone.now()
    OneTimeSecret.objects.filter(pk=row.pk).update(used_at=now, data={})


def _make_secret(row: OneTimeSecret) -> str:
    """What the mail carries; only its hash is kept. Older links of the same purpose die."""
    if row.purpose == OneTimeSecret.Purpose.SECURITY_NOTICE:
        return ""
    if row.purpose == OneTimeSecret.Purpose.MFA_EMAIL_CODE:
        secret = carried = f"{secrets.randbelow(1_000_000):06d}"
    else:
        secret = new_secret()
        carried = write_opaque(row.pk, secret)
    if row.purpose in LINKS:
        OneTimeSecret.objects.filter(
            user=row.user, purpose=row.purpose, used_at__isnull=True
        ).exclude(pk=row.pk).update(used_at=timezone.now())
    row.secret_hash = keyed_hash(row.pk, secret)
    row.save(update_fields=["secret_hash"])
    return carried


def _deliver(row: OneTimeSecret, user: User, secret: str) -> None:
    letter = letter_for(row, user, secret)
    tenant = find_tenant_by_schema(current_schema())
    context = {"letter": letter, "school": tenant.name if tenant else ""}
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=render_to_string("accounts/mail/letter.txt", context),
        to=[row.data.get("to") or user.email],
    )
    mail.attach_alternative(render_to_string("accounts/mail/letter.html", context), "text/html")
    mail.send()
