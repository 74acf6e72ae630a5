"""The only way to name a thing in Redis, the cache or the channel layer.

A name made here carries its tenant, so two tenants can never share one. Coroutines pass the
schema: the connection's schema belongs to a thread and says nothing about them.
"""

from tenants.context import PUBLIC, TenantMissing, require_tenant


def tenant_key(*parts: object, schema: str | None = None) -> str:
    """`t:<tenant hex>:a:b`. Without `schema`, the current tenant. Raises TenantMissing."""
    schema = schema or require_tenant()
    if schema == PUBLIC:
        raise TenantMissing("a tenant key needs a tenant")
    return ":".join(("t", schema.removeprefix("t_"), *map(str, parts)))


def global_key(*parts: object) -> str:
    """`g:a:b`, for what belongs to no tenant."""
    return ":".join(("g", *map(str, parts)))


def scoped_key(*parts: object, schema: str) -> str:
    """A tenant's key, or the platform's where platform people use the same feature."""
    if schema == PUBLIC:
        return global_key("platform", *parts)
    return tenant_key(*parts, schema=schema)


def cache_key(key: str, key_prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION: refuses a key that was not made by this module."""
    if not key.startswith(("t:", "g:")):
        raise TenantMissing(f"cache key {key!r} was not made by tenants.keys")
    return f"{key}:v{version}"


def group_name(schema: str, topic: str) -> str:
    """The Channels group of a tenant's topic: ASCII, under 100 characters, tenant first."""
    if not schema:
        raise TenantMissing("a group needs a tenant")
    return f"{schema}.{topic.replace(':', '.').replace('-', '')}"
