"""What a school decides about its accounts: `accounts` in the tenant's settings."""

from dataclasses import dataclass

from tenants.context import PUBLIC, current_schema
from tenants.selectors import find_tenant_by_schema


@dataclass(frozen=True, slots=True)
class Policy:
    """`confirm_email`: nobody signs in before their address is confirmed, and registration
    tells nobody which addresses have accounts (docs/decisions/0011)."""

    open_registration: bool = True
    confirm_email: bool = False


def tenant_policy() -> Policy:
    if current_schema() == PUBLIC:
        return Policy(open_registration=False)
    tenant = find_tenant_by_schema(current_schema())
    chosen = tenant.settings.get("accounts") if tenant else None
    if not isinstance(chosen, dict):
        return Policy()
    return Policy(
        open_registration=chosen.get("open_registration") is not False,
        confirm_email=chosen.get("confirm_email") is True,
    )
