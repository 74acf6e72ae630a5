"""What a tenant decides about messaging, in its settings."""

from enum import StrEnum

from tenants.context import current_schema
from tenants.selectors import find_tenant_by_schema


class DirectPolicy(StrEnum):
    """The setting `direct_messages`: who may begin a direct conversation. Existing ones go on."""

    EVERYONE = "everyone"
    WITH_STAFF = "with_staff"  # learners only with instructors and admins
    STAFF = "staff"  # only instructors and admins begin one


def direct_policy() -> DirectPolicy:
    """The current tenant's. Without a setting, or with one nobody knows, everyone may."""
    tenant = find_tenant_by_schema(current_schema())
    chosen = tenant.settings.get("direct_messages") if tenant is not None else None
    return DirectPolicy(chosen) if chosen in list(DirectPolicy) else DirectPolicy.EVERYONE
