import uuid

from celery import shared_task

from lms.notifications import fanout
from tenants.tasks import TenantTask


@shared_task(base=TenantTask, name="notifications.notify_course")
def notify_course(announcement_id: str) -> None:
    fanout.notify_course(announcement_id=uuid.UUID(announcement_id))


@shared_task(base=TenantTask, name="notifications.sweep")
def sweep() -> None:
    fanout.notify_waiting_courses()
