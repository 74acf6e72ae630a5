"""What can go wrong on purpose. Every expected failure is one of these, at every door."""

from typing import Any, ClassVar


class LMSError(Exception):
    """Base of all expected errors. Subclasses set `status` and a stable `code` clients rely on.

    `extra` is shown to the client beside code and message (e.g. `retry_after`).
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    message: ClassVar[str] = "The request cannot be carried out."
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, **extra: Any) -> None:
        super().__init__(message or self.message)
        self.extra = extra


class BadRequest(LMSError):
    status, code, message = 400, "bad_request", "The request cannot be carried out."


class InvalidField(BadRequest):
    """One field of the input is wrong; HTTP shows it as `{"<field>": ["…"]}`."""

    code, message = "invalid", "Invalid input."

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Unauthenticated(LMSError):
    status, code = 401, "not_authenticated"
    message = "Authentication credentials were not provided."


class PaymentRequired(LMSError):
    status, code, message = 402, "payment_required", "This has to be paid for first."


class PermissionDenied(LMSError):
    status, code = 403, "permission_denied"
    message = "You do not have permission to perform this action."


class NotFound(LMSError):
    status, code, message = 404, "not_found", "Not found."


class Conflict(LMSError):
    status, code, message = 409, "conflict", "The current state does not allow this."


class TooManyRequests(LMSError):
    """`retry_after` (seconds) is always in `extra`."""

    status, code, message, retryable = 429, "rate_limited", "Too many requests.", True

    def __init__(self, message: str | None = None, *, retry_after: float, **extra: Any) -> None:
        super().__init__(message, retry_after=retry_after, **extra)


class Unavailable(LMSError):
    """Something we depend on failed us. Tasks retry it; people may too."""

    status, code, message, retryable = 503, "unavailable", "Try again later.", True
