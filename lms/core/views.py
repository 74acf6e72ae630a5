"""How errors look over HTTP. The socket's counterpart is realtime.handlers.

`{"detail", "code", "status", "request_id"}`; field errors `{"<field>": ["…"], "status": 400,
"code": "invalid"}` with the fields again under `errors` (doc 002's shapes, domain.md row 10).
"""

import logging
import math
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from psycopg_pool import PoolTimeout
from rest_framework.exceptions import APIException, NotAuthenticated, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler
from rest_framework.views import set_rollback

from lms.core.errors import InvalidField, LMSError, Unavailable
from tenants.error_pages import error_answer
from tenants.errors import InvalidSettings, TenantError
from tenants.logcontext import request_id_var

logger = logging.getLogger(__name__)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every expected failure becomes its own answer; an unknown one stays a logged 500."""
    exc = _translated(exc)
    if isinstance(exc, InvalidField):
        return _answer(_fields({exc.field: [str(exc)]}), 400)
    if isinstance(exc, InvalidSettings):
        return _answer(_fields({exc.field.partition(".")[0]: [str(exc)]}), 400)
    if isinstance(exc, LMSError | TenantError):
        extra = exc.extra if isinstance(exc, LMSError) else {}
        response = _answer({"detail": str(exc), "code": exc.code, **extra}, exc.status)
        if "retry_after" in extra:
            response["Retry-After"] = str(math.ceil(extra["retry_after"]))
        if exc.status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = "Bearer"
        return response
    known = drf_exception_handler(exc, context)
    if known is not None:
        _reshape(exc, known)
    return known


def _translated(exc: Exception) -> Exception:
    """The database away or busy is a retryable 503, never a 500."""
    if isinstance(exc, OperationalError | InterfaceError | PoolTimeout):
        logger.warning("database_unavailable", extra={"error": type(exc).__name__})
        return Unavailable()
    if isinstance(exc, RequestDataTooBig):
        return _too_big()
    return exc


def _too_big() -> APIException:
    error = APIException("The request body is too large.", "too_large")
    error.status_code = 413
    return error


def _answer(body: dict[str, Any], status: int) -> Response:
    set_rollback()
    return Response({**body, "status": status, "request_id": request_id_var.get()}, status=status)


def _fields(errors: dict[str, Any]) -> dict[str, Any]:
    return {**errors, "errors": errors, "code": "invalid"}


def _reshape(exc: Exception, response: Response) -> None:
    if isinstance(exc, ValidationError):
        data = response.data
        errors = data if isinstance(data, dict) else {"non_field_errors": data}
        body = _fields(errors)
    else:
        detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
        body = {"detail": str(detail), "code": _code(exc)}
    wait = getattr(exc, "wait", None)  # a Throttled's
    if wait is not None:
        body["retry_after"] = wait
    response.data = {**body, "status": response.status_code, "request_id": request_id_var.get()}


def _code(exc: Exception) -> str:
    if isinstance(exc, Http404):
        return "not_found"
    if isinstance(exc, DjangoPermissionDenied):
        return "permission_denied"
    if isinstance(exc, Throttled):
        return "rate_limited"
    if isinstance(exc, NotAuthenticated):
        return "not_authenticated"
    code = getattr(getattr(exc, "detail", None), "code", None)
    return str(code or getattr(exc, "default_code", "error"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such path, or an id of a shape that names nothing."""
    return error_answer(request, status=404, code="not_found", detail="Not found.")


def server_error(request: HttpRequest) -> HttpResponse:
    detail = "Something went wrong on our side."
    return error_answer(request, status=500, code="internal", detail=detail)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail = "The request cannot be understood."
    return error_answer(request, status=400, code="bad_request", detail=detail)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail = "You do not have permission to do this."
    return error_answer(request, status=403, code="permission_denied", detail=detail)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = "The page is out of date. Reload it and try again."
    return error_answer(request, status=403, code="csrf_failed", detail=detail)
