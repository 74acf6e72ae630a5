from celery import shared_task

from lms.streams import services
from tenants.tasks import TenantTask


@shared_task(base=TenantTask, name="streams.trim")
def trim() -> None:
    services.trim_streams()
