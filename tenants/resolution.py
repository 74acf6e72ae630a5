"""Which tenant a request or socket belongs to. One order for both doors (docs/tenancy.md):

tenant host, platform host, then on a shared host: verified credential, X-Tenant, e-mail
domain at login and registration, DEFAULT_TENANT. Otherwise TenantNotFound.

Credentials are only *read* here to find the tenant; the accounts app verifies them with that
tenant's key, so a forged tenant claim finds a tenant and then fails there.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from tenants.context import PUBLIC
from tenants.errors import TenantNotFound, TenantNotReady, TenantSuspended, WrongTenant
from tenants.models import SCHEMA_PATTERN, Tenant
from tenants.selectors import (
    PLATFORM,
    TenantInfo,
    find_tenant_by_email,
    find_tenant_by_hint,
    find_tenant_by_host,
    find_tenant_by_schema,
    find_tenant_by_slug,
)

PLATFORM_MARK = "platform"
MAX_TOKEN = 4096


@dataclass(frozen=True, slots=True)
class Clues:
    """What a request says about its tenant."""

    host: str
    credentials: tuple[str, ...] = ()  # access tokens and one-time secrets, as they came
    hint: str = ""  # X-Tenant
    email: str = ""  # only at login and registration


def resolve(clues: Clues) -> TenantInfo:
    """The tenant, ready to be entered. Raises a TenantError."""
    tenant = _find(clues)
    if tenant is None:
        raise TenantNotFound
    if tenant.state == Tenant.State.SUSPENDED:
        raise TenantSuspended
    if tenant.state != Tenant.State.READY:
        raise TenantNotReady
    return tenant


def normal_host(raw: str) -> str:
    """Lower case, without port and trailing dot."""
    host = raw.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0].removeprefix("[")
    return host.partition(":")[0].removesuffix(".")


def _find(clues: Clues) -> TenantInfo | None:
    if clues.host == settings.PLATFORM_HOST:
        return PLATFORM
    if clues.host not in settings.SHARED_HOSTS:
        return find_tenant_by_host(clues.host)
    return _find_on_shared_host(clues)


def _find_on_shared_host(clues: Clues) -> TenantInfo | None:
    schemas = {schema for token in clues.credentials if (schema := schema_of_token(token))}
    hinted = find_tenant_by_hint(clues.hint) if clues.hint else None
    if clues.hint and hinted is None:
        return None
    if len(schemas) > 1 or (hinted and schemas and hinted.schema not in schemas):
        raise WrongTenant
    if schemas:
        found = find_tenant_by_schema(schemas.pop())
        if found is not None:
            return found
    if hinted is not None:
        return hinted
    if clues.email:
        if clues.email.strip().lower().endswith(f"@{settings.PLATFORM_EMAIL_DOMAIN}"):
            return PLATFORM
        by_email = find_tenant_by_email(clues.email)
        if by_email is not None:
            return by_email
    return find_tenant_by_slug(settings.DEFAULT_TENANT) if settings.DEFAULT_TENANT else None


def schema_of_token(token: str) -> str | None:
    """The schema a JWT (`aud`) or one of our opaque secrets (first part) claims. Unverified."""
    if len(token) > MAX_TOKEN:
        return None
    head, dot, rest = token.partition(".")
    if not dot:
        return None
    claimed = _audience(rest) if head.startswith("ey") else schema_of_mark(head)
    if claimed == PUBLIC or (claimed and re.fullmatch(SCHEMA_PATTERN, claimed)):
        return claimed
    return None


def schema_of_mark(mark: str) -> str:
    return PUBLIC if mark == PLATFORM_MARK else f"t_{mark}"


def mark_of_schema(schema: str) -> str:
    """How an opaque secret names its tenant, so that it can be used on the shared host."""
    return PLATFORM_MARK if schema == PUBLIC else schema.removeprefix("t_")


def _audience(rest: str) -> str | None:
    payload = rest.partition(".")[0]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    audience = claims.get("aud") if isinstance(claims, dict) else None
    return audience if isinstance(audience, str) else None


def bearer_tokens(values: Iterable[str]) -> tuple[str, ...]:
    """The tokens of `Authorization: Bearer …` values."""
    found = []
    for value in values:
        scheme, _, token = value.strip().partition(" ")
        if scheme.lower() == "bearer" and token:
            found.append(token.strip())
    return tuple(found)
