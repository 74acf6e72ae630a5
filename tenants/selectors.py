"""Reads of the public schema: which tenant a host, schema or e-mail domain names.

Answers are kept for a second in each process: every request asks, and a suspension must
still bite at once (`forget` is called where a tenant changes in this process).
"""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from tenants.context import PUBLIC, in_tenant
from tenants.errors import TenantNotFound
from tenants.models import Tenant

CACHE_SECONDS = 1.0
CACHE_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class TenantInfo:
    """What the rooms above need to know of a tenant; `id` is None for the platform itself."""

    id: uuid.UUID | None
    slug: str
    name: str
    schema: str
    state: str
    settings: dict[str, Any] = field(hash=False, compare=False)

    @property
    def is_platform(self) -> bool:
        return self.schema == PUBLIC


PLATFORM = TenantInfo(None, "platform", "Stoa", PUBLIC, Tenant.State.READY, {})

_cache: dict[tuple[str, str], tuple[float, TenantInfo | None]] = {}


def forget() -> None:
    """Drop this process's memory of tenants: one was changed."""
    _cache.clear()


def find_tenant_by_host(host: str) -> TenantInfo | None:
    return _remembered("host", host, lambda: Tenant.objects.filter(domains__domain=host))


def find_tenant_by_schema(schema: str) -> TenantInfo | None:
    if schema == PUBLIC:
        return PLATFORM
    return _remembered("schema", schema, lambda: Tenant.objects.filter(schema_name=schema))


def find_tenant_by_slug(slug: str) -> TenantInfo | None:
    return _remembered("slug", slug, lambda: Tenant.objects.filter(slug=slug.lower()))


def find_tenant_by_email(email: str) -> TenantInfo | None:
    domain = email.rpartition("@")[2].strip().lower()
    return _remembered("email", domain, lambda: Tenant.objects.filter(email_domains__domain=domain))


def find_tenant_by_hint(hint: str) -> TenantInfo | None:
    """By slug or id: what the X-Tenant header may hold."""
    try:
        tenant_id = uuid.UUID(hint)
    except ValueError:
        return find_tenant_by_slug(hint)
    return find_tenant_by_schema(f"t_{tenant_id.hex}")


def ready_schemas() -> Iterator[str]:
    """Schemas of all tenants that tasks may work in."""
    with in_tenant(PUBLIC):
        names = list(
            Tenant.objects.filter(state=Tenant.State.READY)
            .order_by("schema_name")
            .values_list("schema_name", flat=True)
        )
    yield from names


def tenants() -> QuerySet[Tenant]:
    every: QuerySet[Tenant] = Tenant.objects.all()
    return every.order_by("slug").prefetch_related("domains", "email_domains")


def get_tenant(tenant_id: uuid.UUID) -> Tenant:
    """Raises TenantNotFound. Deleted ones exist for operators."""
    with in_tenant(PUBLIC):
        tenant = tenants().filter(pk=tenant_id).first()
    if tenant is None:
        raise TenantNotFound
    return tenant


def settings_of(schema: str) -> dict[str, Any]:
    """As they are now, not as remembered. Raises TenantNotFound."""
    with in_tenant(PUBLIC):
        found = Tenant.objects.filter(schema_name=schema).values_list("settings", flat=True).first()
    if found is None:
        raise TenantNotFound
    return dict(found)


def _remembered(kind: str, value: str, query: Callable[[], QuerySet[Tenant]]) -> TenantInfo | None:
    if len(value) > 253 or "\x00" in value:
        return None
    key = (kind, value)
    known = _cache.get(key)
    now = time.monotonic()
    if known is not None and known[0] > now:
        return known[1]
    with in_tenant(PUBLIC):
        tenant = query().exclude(state=Tenant.State.DELETED).first()
    info = _info(tenant) if tenant is not None else None
    if len(_cache) >= CACHE_ENTRIES:
        _cache.clear()
    _cache[key] = (now + CACHE_SECONDS, info)
    return info


def _info(tenant: Tenant) -> TenantInfo:
    return TenantInfo(
        tenant.id, tenant.slug, tenant.name, tenant.schema_name, tenant.state, tenant.settings
    )
