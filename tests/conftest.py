"""Two tenants always: one alone can never show a leak."""

from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper
from psycopg.errors import DeadlockDetected

from lms.activitylog import events
from lms.core import pipeline as core_pipeline
from lms.core.throttling import redis_client
from tenants import selectors
from tenants.context import in_tenant
from tenants.models import Tenant
from tenants.schemas import migrate_template
from tenants.services import NewTenant, create_tenant

TENANTS = ("alpha", "beta")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker):
    """Build the test database once: public schema, template, and the two tenants from it."""
    from django.test.utils import setup_databases, teardown_databases

    with django_db_blocker.unblock():
        old = setup_databases(verbosity=0, interactive=False)
        migrate_template()
        for name in TENANTS:
            create_tenant(
                NewTenant(
                    slug=name,
                    name=name.title(),
                    domains=(f"{name}.test", f"{name}.localhost"),
                    email_domains=(f"{name}.school",),
                )
            )
    yield
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        _end_other_connections()
        connection.close_pool()
        teardown_databases(old, verbosity=0)


def _end_other_connections() -> None:
    """The database threads keep theirs, and a database in use cannot be dropped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND usename = current_user"
        )


@pytest.fixture(scope="session")
def schemas(django_db_setup, django_db_blocker) -> dict[str, str]:
    """Tenant name -> schema name."""
    with django_db_blocker.unblock():
        return dict(Tenant.objects.filter(slug__in=TENANTS).values_list("slug", "schema_name"))


@pytest.fixture
def alpha(db, schemas) -> Iterator[str]:
    """A test inside tenant alpha, rolled back at the end. The default."""
    with in_tenant(schemas["alpha"]):
        yield schemas["alpha"]


@pytest.fixture
def beta(schemas) -> str:
    """The other tenant's schema, to enter with `in_tenant`."""
    return schemas["beta"]


@pytest.fixture
def alpha_committed(schemas, django_db_blocker) -> Iterator[str]:
    """A test whose writes really commit: for threads, sockets and workers.

    Not built on pytest-django's transactional_db: its flush empties the public schema, and
    with it the tenants, and leaves the tenants' own rows behind.
    """
    with django_db_blocker.unblock():
        with in_tenant(schemas["alpha"]):
            yield schemas["alpha"]
        for schema in schemas.values():
            empty_schema(schema)
        connection.close()


def empty_schema(schema: str) -> None:
    """Remove every row that tests committed, the append-only audit log's too."""
    with in_tenant(schema), connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(tablename) FROM pg_tables"
            " WHERE schemaname = %s AND tablename <> 'django_migrations'",
            [schema],
        )
        tables = ", ".join(row[0] for row in cursor.fetchall())
        cursor.execute("SET session_replication_role = replica")
        truncate(cursor, tables)
        cursor.execute("SET session_replication_role = DEFAULT")


def truncate(cursor: CursorWrapper, tables: str) -> None:
    """A server process may be reading yet, and the two may wait for each other's tables."""
    for _ in range(5):
        try:
            cursor.execute(f"TRUNCATE {tables} CASCADE")
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
        else:
            return
    raise AssertionError("a server process never stopped reading")


@pytest.fixture(autouse=True)
def _fresh_memory(monkeypatch) -> None:
    """Budgets and cached values of one test are not another's. What is known of the tenants
    does not go stale by itself: on a slow machine that is a query in the middle of a count.
    """
    redis_client().flushdb()
    monkeypatch.setattr(selectors, "CACHE_SECONDS", 3600.0)
    selectors.forget()


@pytest.fixture
def heard() -> Iterator[Callable]:
    """`heard(CoursePublished)` is a list that fills with the facts announced in this test."""
    listening = []

    def start(event_type):
        facts = []
        events.subscribe(event_type, facts.append)
        listening.append((event_type, facts.append))
        return facts

    yield start
    for event_type, subscriber in listening:
        events.unsubscribe(event_type, subscriber)


@pytest.fixture
def pipelined(monkeypatch) -> list[str]:
    """A list that fills with the statements that bypass Django's counting of queries."""
    statements: list[str] = []
    run = core_pipeline._run

    def listening(raw, statement, parameters):
        statements.append(statement)
        return run(raw, statement, parameters)

    monkeypatch.setattr(core_pipeline, "_run", listening)
    return statements
