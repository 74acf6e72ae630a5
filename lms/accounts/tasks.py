import uuid

from celery import shared_task

from lms.accounts.services import mailing
from tenants.tasks import TenantTask


@shared_task(base=TenantTask, name="accounts.send_secret")
def send_secret(secret_id: str) -> None:
    """A mail server that is away is not this task's business: the sweeper tries again."""
    mailing.try_to_send(secret_id=uuid.UUID(secret_id))


@shared_task(base=TenantTask, name="accounts.send_waiting_emails")
def send_waiting_emails() -> None:
    mailing.send_waiting()


@shared_task(base=TenantTask, name="accounts.delete_expired")
def delete_expired() -> None:
    mailing.delete_expired()


# Operators of the platform have accounts in the public schema.
send_secret.on_platform = True
send_waiting_emails.on_platform = True
delete_expired.on_platform = True
