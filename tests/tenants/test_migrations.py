"""Bringing every schema up to date: one failure stops nobody else, a second run resumes."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from tenants.context import PUBLIC, in_tenant
from tenants.models import SchemaState, Tenant
from tenants.schemas import drop_schema, migrate_tenants, migration_version
from tenants.services import NewTenant, create_tenant
from tests.tenants.commands import manage, wait_until

SLUGS = ("gamma", "delta", "omega")


@pytest.fixture
def three(schemas, django_db_blocker):
    """Three tenants that say they are behind."""
    with django_db_blocker.unblock(), in_tenant(PUBLIC):
        try:
            made = {
                slug: create_tenant(NewTenant(slug=slug, name=slug, domains=(f"{slug}.test",)))
                for slug in SLUGS
            }
            SchemaState.objects.filter(tenant__slug__in=SLUGS).update(version="older")
            yield {slug: tenant.schema_name for slug, tenant in made.items()}
        finally:
            for tenant in Tenant.objects.filter(slug__in=SLUGS):
                drop_schema(tenant.schema_name)
                tenant.delete(force_drop=False)


def _forget_a_migration(schema: str) -> list[tuple]:
    """The next run will try to make tables that are there, and fail."""
    with in_tenant(schema), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'notifications' RETURNING app, name, applied"
        )
        return cursor.fetchall()


def _remember(schema: str, rows: list[tuple]) -> None:
    with in_tenant(schema), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", rows
        )


def _outcomes() -> dict[str, str]:
    return {
        each.slug: "failed" if each.error else "migrated" if each.migrated else "current"
        for each in migrate_tenants()
    }


def _versions() -> dict[str, str]:
    states = SchemaState.objects.filter(tenant__slug__in=SLUGS)
    return {state.tenant.slug: state.version for state in states.select_related("tenant")}


def test_one_that_fails_is_named_and_the_others_go_on(three, caplog):
    rows = _forget_a_migration(three["delta"])

    assert _outcomes() == {
        "alpha": "current",
        "beta": "current",
        "gamma": "migrated",
        "delta": "failed",
        "omega": "migrated",
    }
    current = migration_version()
    assert _versions() == {"gamma": current, "delta": "older", "omega": current}
    with in_tenant(PUBLIC):
        assert "already exists" in SchemaState.objects.get(tenant__slug="delta").error

    with pytest.raises(CommandError, match="delta"):
        call_command("migrate_tenants", verbosity=0)

    _remember(three["delta"], rows)
    assert _outcomes() == {
        "alpha": "current",
        "beta": "current",
        "gamma": "current",
        "delta": "migrated",
        "omega": "current",
    }
    assert set(_versions().values()) == {current}


def test_killed_in_the_middle_it_is_taken_up_again(three):
    """The kill comes while one tenant's migration waits for a lock; what was done stays done."""
    with transaction.atomic(), in_tenant(three["delta"]), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
        child = manage("migrate_tenants")
        wait_until(lambda: _is_waiting(cursor))
        child.kill()
        child.wait(10)

    with in_tenant(PUBLIC):
        states = {state.tenant.slug: state for state in SchemaState.objects.all()}
    assert states["delta"].version == "older"
    assert states["delta"].started_at is not None
    call_command("migrate_tenants", verbosity=0)
    assert set(_versions().values()) == {migration_version()}
    assert set(_outcomes().values()) == {"current"}


def _is_waiting(cursor) -> bool:
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return bool(cursor.fetchone()[0])


def test_every_schema_has_its_own_record_of_migrations(three):
    """Were public's found instead, a tenant would be skipped as if it were up to date."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'django_migrations'")
        found = {row[0] for row in cursor.fetchall()}

    assert {*three.values(), PUBLIC, "tenant_template"} <= found
