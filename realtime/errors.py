"""Why a socket is not opened, or ends."""

from typing import Any

from django.db import InterfaceError, OperationalError

from lms.core.errors import LMSError
from realtime.protocol import CloseCode
from tenants.errors import TenantError, TenantNotReady, TenantSuspended, WrongTenant

# Nobody's fault here: answered with a retryable `unavailable` and a warning in the log.
DATABASE_AWAY = (OperationalError, InterfaceError)

_CLOSE_BY_STATUS = {
    401: CloseCode.UNAUTHENTICATED,
    403: CloseCode.FORBIDDEN,
    404: CloseCode.NOT_FOUND,
    429: CloseCode.TOO_MANY,
    503: CloseCode.TOO_MANY,
}


class Refused(Exception):
    """The socket is told `code` and `message` in an error frame and closed with `close_code`."""

    def __init__(
        self, close_code: CloseCode, code: str, message: str, extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.close_code = close_code
        self.code = code
        self.extra = extra or {}


def unauthenticated(message: str = "Sign in first.") -> Refused:
    return Refused(CloseCode.UNAUTHENTICATED, "not_authenticated", message)


def refusal_of(error: LMSError | TenantError) -> Refused:
    """What an error of the domains means for the socket that was to be opened."""
    match error:
        case TenantSuspended():
            close_code = CloseCode.TENANT_SUSPENDED
        case TenantNotReady():
            close_code = CloseCode.TOO_MANY
        case WrongTenant():
            close_code = CloseCode.UNAUTHENTICATED
        case TenantError():
            close_code = CloseCode.NOT_FOUND
        case _:
            close_code = _CLOSE_BY_STATUS.get(error.status, CloseCode.FORBIDDEN)
    extra = dict(error.extra) if isinstance(error, LMSError) else {}
    if close_code is CloseCode.TOO_MANY:
        extra.setdefault("retry_after", 2.0)
    return Refused(close_code, error.code, str(error), extra)
