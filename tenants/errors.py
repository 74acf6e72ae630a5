"""What can be wrong with the tenant of a request. HTTP and sockets render the same codes."""

from typing import ClassVar


class TenantError(Exception):
    status: ClassVar[int] = 404
    code: ClassVar[str] = "tenant_not_found"
    message: ClassVar[str] = "There is no school at this address."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class TenantNotFound(TenantError):
    """No tenant by host, token, header or e-mail, and no default. Never answered with public."""


class WrongTenant(TenantError):
    """A credential of one tenant came to another's host or header."""

    status, code = 401, "wrong_tenant"
    message = "This credential belongs to another school."


class TenantSuspended(TenantError):
    status, code, message = 403, "tenant_suspended", "This school is suspended."


class TenantNotReady(TenantError):
    status, code, message = 503, "tenant_not_ready", "This school is being set up."


class InvalidSlug(TenantError):
    status, code = 400, "invalid_slug"
    message = "Use 3 to 40 lower-case letters, digits and hyphens, beginning with a letter."


class InvalidDomain(TenantError):
    status, code = 400, "invalid_domain"
    message = "Give host names in lower case that are not the platform's own."


class InvalidSettings(TenantError):
    """`field` is the dotted name of the first wrong key."""

    status, code, message = 400, "invalid_settings", "These settings are not valid."

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class WrongState(TenantError):
    status, code, message = 409, "wrong_tenant_state", "The school's state does not allow this."


class SlugTaken(TenantError):
    status, code, message = 409, "slug_taken", "A school with this name exists already."


class ProvisioningFailed(TenantError):
    status, code = 503, "provisioning_failed"
    message = "The school could not be set up; nothing is left behind. Try again."
