"""The Celery app and what beat starts. Beat only dispatches: one task per ready tenant."""

import os

from celery import Celery
from celery.signals import setup_logging

from config.env import settings_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())

BEAT_SCHEDULE = {
    "deliver-unheard-events": {
        "task": "tenants.for_each_tenant",
        "schedule": 15.0,
        "kwargs": {"task": "activitylog.deliver_unheard"},
    },
    "send-waiting-emails": {
        "task": "tenants.for_each_tenant",
        "schedule": 15.0,
        "kwargs": {"task": "accounts.send_waiting_emails"},
    },
    "delete-expired-secrets": {
        "task": "tenants.for_each_tenant",
        "schedule": 3600.0,
        "kwargs": {"task": "accounts.delete_expired"},
    },
    "sweep-notifications": {
        "task": "tenants.for_each_tenant",
        "schedule": 60.0,
        "kwargs": {"task": "notifications.sweep"},
    },
    "trim-streams": {
        "task": "tenants.for_each_tenant",
        "schedule": 3600.0,
        "kwargs": {"task": "streams.trim"},
    },
}

app = Celery("stoa")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _use_django_logging(**_: object) -> None:
    """Celery would replace the root handlers; the settings' JSON logging stays."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)
