"""What a tenant decides about groups, in its settings."""

from enum import StrEnum

from tenants.context import current_schema
from tenants.selectors import find_tenant_by_schema


class GroupCreation(StrEnum):
    """The setting `group_creation`: who may create groups."""

    EVERYONE = "everyone"
    STAFF = "staff"  # instructors and admins


def group_creation() -> GroupCreation:
    """The current tenant's. Without a setting, or with one nobody knows, everyone may."""
    tenant = find_tenant_by_schema(current_schema())
    chosen = tenant.settings.get("group_creation") if tenant is not None else None
    return GroupCreation(chosen) if chosen in list(GroupCreation) else GroupCreation.EVERYONE
