"""Background work stays in its tenant, in a real worker too (TN-11, TN-12)."""

from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from lms.activitylog.models import Fact
from lms.activitylog.tasks import deliver_unheard
from lms.streams.tasks import trim
from tenants.context import PUBLIC, TenantMissing, current_schema, in_tenant
from tenants.models import Tenant
from tenants.selectors import forget
from tenants.tasks import HEADER, for_each_tenant
from tests.tenants.commands import celery_worker, wait_until


@pytest.fixture
def sent(monkeypatch):
    """Headers of what would be queued."""
    headers = []

    def keep(self, args=None, kwargs=None, **options):
        headers.append((self.name, options["headers"]))

    monkeypatch.setattr("celery.app.task.Task.apply_async", keep)
    return headers


def test_a_message_carries_the_tenant_of_its_sender_each_time_anew(alpha, beta, sent):
    shared = {"trace": "1"}

    trim.apply_async(headers=shared)
    with in_tenant(beta):
        trim.apply_async(headers=shared)

    assert [headers[HEADER] for _, headers in sent] == [alpha, beta]
    assert shared == {"trace": "1"}


def test_beat_sends_one_message_for_each_ready_tenant(alpha, beta, sent):
    with in_tenant(PUBLIC):
        Tenant.objects.filter(schema_name=beta).update(state="suspended")

    for_each_tenant("streams.trim")
    assert [headers[HEADER] for _, headers in sent] == [alpha]

    sent.clear()
    for_each_tenant("activitylog.deliver_unheard")
    assert [headers[HEADER] for _, headers in sent] == [alpha, PUBLIC]


def _call(task, schema):
    """As a worker calls it, with the header of a message."""
    task.push_request(headers={HEADER: schema} if schema else {})
    try:
        return task()
    finally:
        task.pop_request()


def test_work_without_a_tenant_is_refused(alpha):
    for schema in ("", PUBLIC):
        with pytest.raises(TenantMissing):
            _call(trim, schema)
    assert current_schema() == alpha


def test_what_the_platform_has_too_may_run_there(alpha):
    assert deliver_unheard.on_platform
    _call(deliver_unheard, PUBLIC)
    assert current_schema() == alpha


def test_work_for_a_suspended_or_unknown_tenant_waits(alpha, beta):
    old = _fact(beta)
    with in_tenant(PUBLIC):
        Tenant.objects.filter(schema_name=beta).update(state="suspended")
    forget()
    try:
        _call(deliver_unheard, beta)
        _call(deliver_unheard, "t_" + "0" * 32)
    finally:
        forget()

    assert _is_unheard(beta, old)


def _fact(schema: str):
    with in_tenant(schema):
        due = timezone.now() - timedelta(minutes=1)
        return Fact.objects.create(type="test.Happened", data={}, next_try_at=due).pk


def _is_unheard(schema: str, fact_id) -> bool:
    with in_tenant(schema):
        return Fact.objects.get(pk=fact_id).handled_at is None


@pytest.fixture
def worker(alpha_committed):
    process = celery_worker()
    yield process
    if process.poll() is None:
        process.terminate()
    process.communicate(timeout=20)


def test_in_a_real_worker_each_message_works_in_its_own_tenant(worker, alpha_committed, beta):
    alpha = alpha_committed
    first, second = _fact(alpha), _fact(beta)

    deliver_unheard.apply_async(headers={HEADER: alpha})
    wait_until(lambda: not _is_unheard(alpha, first))
    assert _is_unheard(beta, second)

    # The same worker process: a message from nowhere, then the other tenant's.
    third = _fact(alpha)
    current_app.send_task("activitylog.deliver_unheard")
    current_app.send_task("streams.trim", headers={HEADER: PUBLIC})
    deliver_unheard.apply_async(headers={HEADER: beta})
    wait_until(lambda: not _is_unheard(beta, second))
    assert _is_unheard(alpha, third)

    # Killed, it leaves no tenant behind for the next one.
    worker.kill()
    errors = worker.communicate(timeout=20)[1]
    assert "activitylog.deliver_unheard came without a tenant" in errors
    assert "streams.trim is no work for the platform" in errors
