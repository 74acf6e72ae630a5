"""The life of a tenant: create, rename, suspend, resume, delete.

A new schema is a copy of an empty, fully migrated template schema, which takes a fraction of
a second where running every migration takes several.
"""

import logging
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from tenants import selectors
from tenants.context import PUBLIC, in_tenant
from tenants.errors import InvalidSlug, ProvisioningFailed, SlugTaken, TenantNotFound
from tenants.models import SLUG_PATTERN, Domain, EmailDomain, SchemaState, Tenant, schema_name_of
from tenants.schemas import TEMPLATE_SCHEMA, copy_schema, drop_schema, migration_version

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class NewTenant:
    slug: str
    name: str
    domains: tuple[str, ...]
    email_domains: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


def create_tenant(new: NewTenant) -> Tenant:
    """A ready tenant with its own schema, or none at all.

    Raises InvalidSlug, SlugTaken (slug, host or e-mail domain in use), ProvisioningFailed.
    The row is committed as `provisioning` first, so that a crash leaves a trace that
    `drop_unfinished` finds, and never a schema nobody knows of.
    """
    if not re.match(SLUG_PATTERN, new.slug):
        raise InvalidSlug
    with in_tenant(PUBLIC):
        tenant = _insert(new)
        try:
            _provision(tenant)
        except Exception as error:
            logger.exception("tenant_provisioning_failed", extra={"slug": new.slug})
            _discard(tenant)
            raise ProvisioningFailed from error
    selectors.forget()
    logger.info("tenant_created", extra={"slug": new.slug})
    return tenant


def _insert(new: NewTenant) -> Tenant:
    tenant_id = uuid7()
    try:
        with transaction.atomic():
            tenant = Tenant(
                id=tenant_id,
                slug=new.slug,
                name=new.name,
                schema_name=schema_name_of(tenant_id),
                settings=new.settings,
            )
            tenant.save(force_insert=True)
            for number, domain in enumerate(new.domains):
                Domain(tenant=tenant, domain=domain.lower(), is_primary=number == 0).save()
            EmailDomain.objects.bulk_create(
                EmailDomain(tenant=tenant, domain=domain.lower()) for domain in new.email_domains
            )
    except IntegrityError as error:
        raise SlugTaken from error
    return tenant


def _provision(tenant: Tenant) -> None:
    with transaction.atomic():
        copy_schema(TEMPLATE_SCHEMA, tenant.schema_name)
        SchemaState.objects.create(
            tenant=tenant, version=migration_version(), finished_at=timezone.now()
        )
        tenant.state = Tenant.State.READY
        tenant.save(update_fields=["state", "updated_at"])


def _discard(tenant: Tenant) -> None:
    with transaction.atomic():
        drop_schema(tenant.schema_name)
        tenant.delete(force_drop=False)


def drop_unfinished() -> int:
    """Remove what a crash during creation left. Returns how many tenants were removed."""
    with in_tenant(PUBLIC):
        unfinished = list(Tenant.objects.filter(state=Tenant.State.PROVISIONING)[:100])
        for tenant in unfinished:
            _discard(tenant)
    return len(unfinished)


def suspend_tenant(*, tenant_id: uuid.UUID) -> Tenant:
    """Nobody gets in: HTTP answers 403, sockets are closed, tasks wait. Data stays."""
    return _move(tenant_id, (Tenant.State.READY,), Tenant.State.SUSPENDED)


def resume_tenant(*, tenant_id: uuid.UUID) -> Tenant:
    return _move(tenant_id, (Tenant.State.SUSPENDED,), Tenant.State.READY)


def delete_tenant(*, tenant_id: uuid.UUID) -> Tenant:
    """Mark as deleted: the tenant no longer exists for anyone. The schema is kept."""
    return _move(
        tenant_id, (Tenant.State.READY, Tenant.State.SUSPENDED, Tenant.State.FAILED),
        Tenant.State.DELETED,
    )


def rename_tenant(*, tenant_id: uuid.UUID, name: str) -> Tenant:
    with in_tenant(PUBLIC), transaction.atomic():
        tenant = _locked(tenant_id)
        tenant.name = name
        tenant.save(update_fields=["name", "updated_at"])
    selectors.forget()
    return tenant


def update_settings(*, schema: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Merge the changes into the tenant's settings, deep; None removes a key. Returns all."""
    with in_tenant(PUBLIC), transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(schema_name=schema)
        tenant.settings = _merged(tenant.settings, changes)
        tenant.save(update_fields=["settings", "updated_at"])
    selectors.forget()
    return dict(tenant.settings)


def _merged(old: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    return merged


def _move(tenant_id: uuid.UUID, allowed: tuple[str, ...], state: str) -> Tenant:
    with in_tenant(PUBLIC), transaction.atomic():
        tenant = _locked(tenant_id)
        if tenant.state in allowed:
            tenant.state = state
            tenant.suspended_at = timezone.now() if state == Tenant.State.SUSPENDED else None
            tenant.deleted_at = timezone.now() if state == Tenant.State.DELETED else None
            tenant.save(update_fields=["state", "suspended_at", "deleted_at", "updated_at"])
    selectors.forget()
    logger.info("tenant_moved", extra={"slug": tenant.slug, "state": tenant.state})
    return tenant


def _locked(tenant_id: uuid.UUID) -> Tenant:
    tenant = Tenant.objects.select_for_update().filter(pk=tenant_id).first()
    if tenant is None:
        raise TenantNotFound
    return tenant

