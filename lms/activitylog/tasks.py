from celery import shared_task

from lms.activitylog import events
from tenants.tasks import TenantTask


@shared_task(base=TenantTask, name="activitylog.deliver_unheard", on_platform=True)
def deliver_unheard() -> None:
    events.deliver_unheard()
