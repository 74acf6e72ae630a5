"""Schemas themselves: the template, copies of it, and bringing every tenant up to date.

The runner differs from django-tenants' executors: a tenant that fails is reported and the
others go on, and a second run takes up only what is behind.
"""

import hashlib
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_tenants.clone import CloneSchema
from django_tenants.utils import quote_schema_name, schema_exists

from tenants.context import PUBLIC, in_tenant
from tenants.models import SchemaState, Tenant

logger = logging.getLogger(__name__)

TEMPLATE_SCHEMA = "tenant_template"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the runner did with one schema. `error` is empty on success."""

    schema: str
    slug: str
    migrated: bool
    error: str = ""


def migrate_public() -> None:
    _migrate(PUBLIC)


def migrate_template() -> None:
    with in_tenant(PUBLIC):
        if not schema_exists(TEMPLATE_SCHEMA):
            _execute(f"CREATE SCHEMA {quote_schema_name(TEMPLATE_SCHEMA)}")
    _migrate(TEMPLATE_SCHEMA)


def migrate_tenants() -> Iterator[Outcome]:
    """Bring every living tenant to the code's migrations; yields an Outcome for each."""
    version = migration_version()
    with in_tenant(PUBLIC):
        tenants = list(
            Tenant.objects.exclude(
                state__in=(Tenant.State.DELETED, Tenant.State.PROVISIONING)
            ).select_related("schema_state")
        )
    for tenant in tenants:
        state = getattr(tenant, "schema_state", None)
        if state is not None and state.version == version and not state.error:
            yield Outcome(tenant.schema_name, tenant.slug, migrated=False)
        else:
            yield _migrate_tenant(tenant, version)


def _migrate_tenant(tenant: Tenant, version: str) -> Outcome:
    _note(tenant, started_at=timezone.now(), error="")
    try:
        _migrate(tenant.schema_name)
    except Exception as error:  # whatever one tenant's data does to a migration, the rest go on
        connection.close()
        logger.exception("tenant_migration_failed", extra={"slug": tenant.slug})
        _note(tenant, error=f"{type(error).__name__}: {error}"[:2000])
        return Outcome(tenant.schema_name, tenant.slug, migrated=False, error=str(error))
    _note(tenant, version=version, finished_at=timezone.now(), error="")
    return Outcome(tenant.schema_name, tenant.slug, migrated=True)


def _note(tenant: Tenant, **values: object) -> None:
    with in_tenant(PUBLIC):
        SchemaState.objects.update_or_create(tenant=tenant, defaults=values)


def _migrate(schema: str) -> None:
    with in_tenant(schema):
        # Without its own table the recorder would find the public schema's and skip everything.
        connection.set_schema(schema, include_public=False)  # type: ignore[attr-defined]  # as below
        MigrationRecorder(connection).ensure_schema()
        connection.set_schema(schema)  # type: ignore[attr-defined]  # django-tenants ships no types
        call_command(DjangoMigrate(), interactive=False, verbosity=0, skip_checks=True)


def migration_version() -> str:
    """One word for the newest migrations of all tenant apps; equal means up to date."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    labels = {app.rpartition(".")[2] for app in settings.TENANT_APPS}
    leaves = sorted(f"{app}.{name}" for app, name in loader.graph.leaf_nodes() if app in labels)
    return hashlib.sha256("\n".join(leaves).encode()).hexdigest()[:16]


def copy_schema(source: str, target: str) -> None:
    """A new schema with everything `source` has, rows of its bookkeeping included.

    Joins the caller's transaction. Raises ValidationError if the target exists. Each copy first
    replaces the cloning function, so copies wait for each other, longer than others wait.
    """
    with in_tenant(PUBLIC):
        _execute("SET LOCAL lock_timeout = '15s'")
        CloneSchema().clone_schema(source, target, set_connection=False)


def drop_schema(schema: str) -> None:
    with in_tenant(PUBLIC):
        _execute(f"DROP SCHEMA IF EXISTS {quote_schema_name(schema)} CASCADE")


@contextmanager
def claim_of(tenant_id: uuid.UUID) -> Iterator[None]:
    """Held while this process works on the tenant's creation; gone when the process is."""
    with try_claim_of(tenant_id):
        yield


@contextmanager
def try_claim_of(tenant_id: uuid.UUID) -> Iterator[bool]:
    """Whether the claim was free; if so it is held inside the block."""
    key = int.from_bytes(tenant_id.bytes[8:], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        taken = bool(cursor.fetchone()[0])
    try:
        yield taken
    finally:
        # A connection that broke inside the block has lost the lock with it.
        if taken and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
