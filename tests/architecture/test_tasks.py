"""Every name that is enqueued or scheduled is a task, and every task knows its tenant."""

import ast

import pytest
from celery import current_app

from config.celery import BEAT_SCHEDULE
from lms.core.tasks import enqueue
from tenants.tasks import TenantTask
from tests.architecture.sources import called, calls, place, rooms


def _enqueued():
    for path in rooms("lms", "realtime"):
        for call in calls(path):
            if called(call) == "enqueue":
                yield place(path, call), call.args[0] if call.args else None


def test_every_enqueued_name_is_written_out_and_exists():
    found = list(_enqueued())

    assert found
    for where, name in found:
        assert isinstance(name, ast.Constant), f"{where}: write the task's name as it is"
        assert name.value in current_app.tasks, f"{where}: there is no task {name.value}"


def test_an_unknown_name_fails_where_it_is_asked_for(alpha):
    with pytest.raises(KeyError):
        enqueue("nobody.does_this")


def test_beat_starts_only_tasks_that_exist():
    for entry in BEAT_SCHEDULE.values():
        assert entry["task"] in current_app.tasks
        assert entry["kwargs"]["task"] in current_app.tasks


def test_every_task_of_a_domain_carries_its_tenant():
    ours = {
        name: task
        for name, task in current_app.tasks.items()
        if task.__module__.startswith(("lms.", "realtime.", "config."))
    }

    assert ours
    for name, task in ours.items():
        assert isinstance(task, TenantTask), name
        assert isinstance(task.on_platform, bool), name
