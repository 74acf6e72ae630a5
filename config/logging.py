"""Logs: one JSON object a line, each with tenant, request and user from the context."""

import logging
from typing import Any

from tenants.logcontext import request_id_var, tenant_var, user_id_var

CONTEXT = {"tenant": tenant_var, "request_id": request_id_var, "user_id": user_id_var}
FIELDS = "%(levelname)s %(name)s %(message)s"


class ContextFilter(logging.Filter):
    """Adds who and where to every record, so no call site has to."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, variable in CONTEXT.items():
            # The access line is written where the request has left its tenant, and says it itself.
            if not hasattr(record, name):
                setattr(record, name, variable.get())
        # Django adds the request itself, whose text has the query string in it.
        record.__dict__.pop("request", None)
        return True


def logging_config(*, level: str, style: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"context": {"()": "config.logging.ContextFilter"}},
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": f"{FIELDS} %(tenant)s %(request_id)s %(user_id)s",
                "rename_fields": {"levelname": "level", "message": "event"},
                "timestamp": "time",
            },
            "console": {
                "format": "%(asctime)s %(levelname)-7s %(name)s [%(tenant)s] %(message)s",
            },
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": style,
                "filters": ["context"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "ERROR"},
            "celery": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
            # A traceback a second while Redis is away; realtime.broker says so once.
            "channels_redis": {"level": "CRITICAL"},
            "uvicorn": {"handlers": [], "propagate": True},
        },
    }
