"""Every statement runs where it should, also after rollbacks and with fewer SETs (DB-12)."""

from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.test import Client

from lms.accounts.models import User
from tenants.context import PUBLIC, in_tenant
from tests.factories.accounts import PASSWORD, bearer, create_user
from tests.factories.courses import create_course
from tests.factories.groups import create_group
from tests.factories.messaging import send


@contextmanager
def watched():
    """Compare PostgreSQL's own view of the path with the schema we believe in, statement by
    statement. Yields what differed."""
    wrong: list[tuple[str, str, str]] = []
    seen: list[str] = []

    def compare(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if context["connection"].needs_rollback or sql.startswith(("SET", "ROLLBACK")):
            return result
        with context["connection"].connection.cursor() as raw:
            believed = context["connection"].schema_name
            actual = raw.execute("SELECT current_schemas(false)").fetchone()[0]
            seen.append(believed)
            expected = [PUBLIC] if believed == PUBLIC else [believed, PUBLIC]
            if list(actual) != expected:
                wrong.append((sql[:80], believed, str(actual)))
        return result

    with connection.execute_wrapper(compare):
        yield wrong, seen


@pytest.fixture(params=[True, False], ids=["limited", "each cursor"])
def set_calls(request, settings):
    settings.TENANT_LIMIT_SET_CALLS = request.param


def _journey(schema: str, name: str) -> None:
    with in_tenant(schema):
        sam = create_user("sam", email=f"sam@{name}.school")
        tara = create_user("tara", email=f"tara@{name}.school", role="admin")
        group = create_group(tara, sam)
        send(group.conversation, sam)
        create_course(tara)
        tokens = bearer(sam)
    client = Client(headers={"host": f"{name}.test"})
    for path in ("/api/users/me/", "/api/groups/", "/api/conversations/", "/api/courses/", "/"):
        client.get(path, headers=tokens)
    client.post("/login/", {"email": sam.email, "password": PASSWORD})
    client.get("/")
    client.get("/api/courses/nothing/", headers=tokens)


def test_a_journey_through_two_schools_never_leaves_its_path(alpha, schemas, set_calls):
    with watched() as (wrong, seen):
        for name in ("alpha", "beta", "alpha2"):
            if name in schemas:
                _journey(schemas[name], name)
        assert User.objects.count() == 2

    assert wrong == []
    assert len(seen) > 100
    assert set(schemas.values()) <= set(seen)


def _count_and_fail() -> None:
    assert User.objects.count() == 0
    raise ZeroDivisionError


def test_a_rolled_back_savepoint_takes_its_path_with_it(alpha, beta, set_calls):
    """What older django-tenants got wrong: it trusted a SET that the database had undone."""
    create_user("sam")

    with watched() as (wrong, _):
        with pytest.raises(ZeroDivisionError), transaction.atomic(), in_tenant(beta):
            _count_and_fail()
        assert User.objects.count() == 1
        with in_tenant(beta):
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                _count_and_fail()
            assert User.objects.count() == 0
        assert User.objects.count() == 1

    assert wrong == []


def test_control_the_watch_sees_a_path_that_is_not_the_tenants(alpha):
    with watched() as (wrong, _):
        User.objects.count()
        with connection.connection.cursor() as raw:
            raw.execute("SET search_path = public")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    assert wrong
