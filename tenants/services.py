"""The life of a tenant: create, rename, suspend, resume, delete, and its settings.

A new schema is a copy of an empty, fully migrated template schema, which takes a fraction of
a second where running every migration takes several. `actor` is a platform operator, or None
for commands; doors that carry a user have asked for the right before they call.
"""

import logging
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from tenants import announce, selectors
from tenants.context import PUBLIC, in_tenant
from tenants.errors import (
    InvalidDomain,
    InvalidSlug,
    ProvisioningFailed,
    SlugTaken,
    TenantNotFound,
    WrongState,
)
from tenants.models import (
    HOST_PATTERN,
    RESERVED_SLUGS,
    SLUG_PATTERN,
    Domain,
    EmailDomain,
    SchemaState,
    Tenant,
    schema_name_of,
)
from tenants.preferences import check_changes, check_size
from tenants.schemas import (
    TEMPLATE_SCHEMA,
    claim_of,
    copy_schema,
    drop_schema,
    migration_version,
    try_claim_of,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FirstAdmin:
    """Who opens the school. Without a password they set one through "forgot password"."""

    email: str
    full_name: str
    password: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewTenant:
    slug: str
    name: str
    domains: tuple[str, ...]
    email_domains: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    admin: FirstAdmin | None = None


def create_tenant(new: NewTenant, *, actor: Any = None) -> Tenant:
    """A ready tenant with its own schema, or none at all.

    Raises InvalidSlug, InvalidDomain, InvalidSettings, SlugTaken (slug, host or e-mail domain in
    use), ProvisioningFailed. The row is committed as `provisioning` first, so that a crash
    leaves a trace that `drop_unfinished` finds, and never a schema nobody knows of.
    """
    _check(new)
    tenant_id = uuid7()
    with in_tenant(PUBLIC), claim_of(tenant_id):
        tenant = _insert(new, tenant_id)
        try:
            _provision(tenant, new, actor)
        except Exception as error:
            logger.exception("tenant_provisioning_failed", extra={"slug": new.slug})
            _discard(tenant)
            raise ProvisioningFailed from error
    selectors.forget()
    logger.info("tenant_created", extra={"slug": new.slug})
    return tenant


def _check(new: NewTenant) -> None:
    if not re.fullmatch(SLUG_PATTERN, new.slug) or new.slug in RESERVED_SLUGS:
        raise InvalidSlug
    ours = {*settings.SHARED_HOSTS, settings.PLATFORM_HOST}
    for domain in new.domains:
        if not re.fullmatch(HOST_PATTERN, domain) or domain in ours:
            raise InvalidDomain
    for domain in new.email_domains:
        if not re.fullmatch(HOST_PATTERN, domain) or domain == settings.PLATFORM_EMAIL_DOMAIN:
            raise InvalidDomain
    check_changes(new.settings)
    check_size(new.settings)


def _insert(new: NewTenant, tenant_id: uuid.UUID) -> Tenant:
    try:
        return _insert_once(new, tenant_id)
    except IntegrityError as error:
        # What stands in the way may be the wreck of a creation whose process died.
        if not drop_unfinished():
            raise SlugTaken from error
    try:
        return _insert_once(new, tenant_id)
    except IntegrityError as error:
        raise SlugTaken from error


@transaction.atomic
def _insert_once(new: NewTenant, tenant_id: uuid.UUID) -> Tenant:
    tenant = Tenant(
        id=tenant_id,
        slug=new.slug,
        name=new.name,
        schema_name=schema_name_of(tenant_id),
        settings=new.settings,
    )
    tenant.save(force_insert=True)
    for number, domain in enumerate(new.domains):
        Domain(tenant=tenant, domain=domain, is_primary=number == 0).save()
    EmailDomain.objects.bulk_create(
        EmailDomain(tenant=tenant, domain=domain) for domain in new.email_domains
    )
    return tenant


@transaction.atomic
def _provision(tenant: Tenant, new: NewTenant, actor: Any) -> None:
    copy_schema(TEMPLATE_SCHEMA, tenant.schema_name)
    SchemaState.objects.create(
        tenant=tenant, version=migration_version(), finished_at=timezone.now()
    )
    if new.admin is not None:
        _create_first_admin(tenant.schema_name, new.admin)
    tenant.state = Tenant.State.READY
    tenant.save(update_fields=["state", "updated_at"])
    announce.record(
        action="tenant.created", actor=actor, target=tenant, details={"slug": tenant.slug}
    )
    announce.announce_after_commit(tenant.schema_name, tenant.state)


def _create_first_admin(schema: str, admin: FirstAdmin) -> None:
    with in_tenant(schema):
        user = get_user_model()(email=admin.email, full_name=admin.full_name, role="admin")
        if admin.password is None:
            user.set_unusable_password()
        else:
            user.set_password(admin.password)
        user.save()


@transaction.atomic
def _discard(tenant: Tenant) -> None:
    drop_schema(tenant.schema_name)
    tenant.delete(force_drop=False)


def drop_unfinished() -> int:
    """Remove what a crash during creation left. Returns how many tenants were removed.

    A creation that is still under way holds its claim, and is left alone.
    """
    dropped = 0
    with in_tenant(PUBLIC):
        for tenant in Tenant.objects.filter(state=Tenant.State.PROVISIONING)[:100]:
            with try_claim_of(tenant.pk) as abandoned:
                if abandoned:
                    _discard(tenant)
                    dropped += 1
    return dropped


def suspend_tenant(*, tenant_id: uuid.UUID, actor: Any = None) -> Tenant:
    """Nobody gets in: HTTP answers 403, sockets are closed, tasks wait. Data stays."""
    return _move(tenant_id, (Tenant.State.READY,), Tenant.State.SUSPENDED, actor)


def resume_tenant(*, tenant_id: uuid.UUID, actor: Any = None) -> Tenant:
    return _move(tenant_id, (Tenant.State.SUSPENDED,), Tenant.State.READY, actor)


def delete_tenant(*, tenant_id: uuid.UUID, actor: Any = None) -> Tenant:
    """Mark as deleted: the tenant no longer exists for anyone. The schema is kept."""
    from_states = (Tenant.State.READY, Tenant.State.SUSPENDED, Tenant.State.FAILED)
    return _move(tenant_id, from_states, Tenant.State.DELETED, actor)


def rename_tenant(*, tenant_id: uuid.UUID, name: str, actor: Any = None) -> Tenant:
    with in_tenant(PUBLIC), transaction.atomic():
        tenant = _locked(tenant_id)
        details = {"before": tenant.name, "after": name}
        tenant.name = name
        tenant.save(update_fields=["name", "updated_at"])
        announce.record(action="tenant.renamed", actor=actor, target=tenant, details=details)
    selectors.forget()
    return tenant


def update_settings(*, schema: str, changes: dict[str, Any], actor: Any = None) -> dict[str, Any]:
    """Merge the changes into the tenant's settings, deep; None removes a key. Returns all.

    Raises InvalidSettings. Recorded in the tenant's own audit log.
    """
    check_changes(changes)
    with in_tenant(PUBLIC), transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(schema_name=schema)
        tenant.settings = _merged(tenant.settings, changes)
        check_size(tenant.settings)
        tenant.save(update_fields=["settings", "updated_at"])
        with in_tenant(schema):
            announce.record(
                action="settings.changed", actor=actor, target=tenant, details={"changes": changes}
            )
    selectors.forget()
    return dict(tenant.settings)


def _merged(old: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            before = merged.get(key)
            merged[key] = _merged(before if isinstance(before, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def _move(tenant_id: uuid.UUID, allowed: tuple[str, ...], state: str, actor: Any) -> Tenant:
    """Raises TenantNotFound, WrongState. A tenant that is there already is left as it is."""
    with in_tenant(PUBLIC), transaction.atomic():
        tenant = _locked(tenant_id)
        if tenant.state == state:
            return tenant
        if tenant.state not in allowed:
            raise WrongState
        details = {"slug": tenant.slug, "before": tenant.state, "after": state}
        tenant.state = state
        tenant.suspended_at = timezone.now() if state == Tenant.State.SUSPENDED else None
        tenant.deleted_at = timezone.now() if state == Tenant.State.DELETED else None
        tenant.save(update_fields=["state", "suspended_at", "deleted_at", "updated_at"])
        announce.record(action=f"tenant.{state}", actor=actor, target=tenant, details=details)
        announce.announce_after_commit(tenant.schema_name, state)
    selectors.forget()
    logger.info("tenant_moved", extra=details)
    return tenant


def _locked(tenant_id: uuid.UUID) -> Tenant:
    tenant: Tenant | None = Tenant.objects.select_for_update().filter(pk=tenant_id).first()
    if tenant is None:
        raise TenantNotFound
    return tenant
