"""Working inside a tenant, in threads and coroutines, and coming back out (TN-04, TN-05)."""

import asyncio
import threading

import pytest
from django.db import connection

from lms.accounts.models import User
from tenants.context import (
    PUBLIC,
    TenantMissing,
    current_schema,
    in_tenant,
    require_tenant,
    run_in_tenant,
)
from tenants.models import Tenant
from tests.factories.accounts import create_user


def test_the_way_back_is_taken_after_returns_and_exceptions(alpha, beta):
    def early():
        with in_tenant(beta):
            return current_schema()

    assert early() == beta
    assert current_schema() == alpha
    with pytest.raises(ZeroDivisionError), in_tenant(beta), in_tenant(PUBLIC):
        raise ZeroDivisionError
    assert current_schema() == alpha
    with in_tenant(beta):
        with in_tenant(alpha):
            assert require_tenant() == alpha
        assert require_tenant() == beta


@pytest.mark.django_db
def test_there_is_no_tenant_in_public():
    assert current_schema() == PUBLIC
    with pytest.raises(TenantMissing):
        require_tenant()


def _visit(homes, visits):
    """Two threads at home in different tenants visit the other one; the first to come is the
    first to go. Returns where each is afterwards."""
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()
    after: dict[str, str] = {}

    def first():
        with in_tenant(homes[0]):
            with visits[0]:
                first_in.set()
                second_in.wait(5)
            after["first"] = current_schema()
            first_out.set()
        connection.close()

    def second():
        first_in.wait(5)
        with in_tenant(homes[1]):
            with visits[1]:
                second_in.set()
                first_out.wait(5)
            after["second"] = current_schema()
        connection.close()

    threads = [threading.Thread(target=target) for target in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [after["first"], after["second"]]


def test_threads_do_not_take_each_others_tenant(alpha_committed, schemas):
    homes = [schemas["alpha"], schemas["beta"]]

    assert _visit(homes, [in_tenant(home) for home in reversed(homes)]) == homes


def test_control_a_tenant_as_context_manager_does_swap_them(alpha_committed, schemas):
    """Why it is banned: django-tenants keeps the previous tenant in a list of the class."""
    homes = [schemas["alpha"], schemas["beta"]]
    with in_tenant(PUBLIC):
        visited = [Tenant.objects.get(schema_name=home) for home in reversed(homes)]

    assert _visit(homes, visited) == homes[::-1]


@pytest.fixture
def ann_and_bob(alpha_committed, schemas):
    for slug, name in (("alpha", "ann"), ("beta", "bob")):
        with in_tenant(schemas[slug]):
            create_user(name, email=f"{name}@{slug}.school")
    return {schemas["alpha"]: ["ann@alpha.school"], schemas["beta"]: ["bob@beta.school"]}


def _emails() -> list[str]:
    return list(User.objects.values_list("email", flat=True))


def test_interleaved_coroutines_each_read_their_own_school(ann_and_bob):
    async def read(schema, number):
        task = asyncio.create_task(run_in_tenant(schema, _emails))
        if number % 7 == 0:
            await asyncio.sleep(0)
            task.cancel()
        try:
            return schema, await task
        except asyncio.CancelledError:
            return schema, ann_and_bob[schema]

    async def scenario():
        schemas = list(ann_and_bob)
        return await asyncio.gather(*(read(schemas[n % 2], n) for n in range(2000)))

    wrong = [(schema, got) for schema, got in asyncio.run(scenario()) if got != ann_and_bob[schema]]

    assert wrong == []


def test_control_entering_outside_the_thread_does_not_reach_it(ann_and_bob):
    """Why run_in_tenant enters inside: the schema belongs to the thread's own connection."""

    async def scenario():
        loop = asyncio.get_running_loop()

        def read():
            try:
                return current_schema()
            finally:
                connection.close()

        with in_tenant(next(iter(ann_and_bob))):
            return await loop.run_in_executor(None, read)

    assert asyncio.run(scenario()) == PUBLIC


def test_an_exception_in_the_thread_leaves_it_clean(ann_and_bob):
    async def scenario():
        for schema in ann_and_bob:
            with pytest.raises(ZeroDivisionError):
                await run_in_tenant(schema, lambda: 1 / 0)
        return await asyncio.gather(
            *(run_in_tenant(PUBLIC, current_schema) for _ in range(20)),
        )

    assert set(asyncio.run(scenario())) == {PUBLIC}
