"""Services ask for background work by name, so they never import the tasks that call them."""

import logging
from functools import partial
from typing import Any

from celery import Task, current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def enqueue(name: str, **kwargs: Any) -> None:
    """Queue the task once the surrounding transaction commits. Arguments are ids and plain values.

    The queue may be down: the row that the task is about says that it waits, and a sweeper
    finds it, so a failed hand-over is a warning and never an error of the request.
    """
    task = current_app.tasks[name]  # an unknown name fails here, in the request that asked
    transaction.on_commit(partial(_send, task, kwargs))


def _send(task: Task, kwargs: dict[str, Any]) -> None:
    try:
        task.apply_async(kwargs=kwargs, retry=False)
    except (OperationalError, OSError):
        logger.warning("task_not_queued", extra={"task": task.name})
