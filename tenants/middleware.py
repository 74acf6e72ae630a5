"""HTTP: finds the tenant of a request and runs the rest inside its schema."""

import json
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    RawPostDataException,
)
from django.http.request import UnreadablePostError

from tenants.context import in_tenant
from tenants.error_pages import error_answer
from tenants.errors import TenantError, TenantNotFound
from tenants.resolution import Clues, bearer_tokens, normal_host, resolve
from tenants.selectors import PLATFORM, TenantInfo

# Served without any tenant: probes and documents that are the same for everyone.
UNSCOPED = ("/health/", "/metrics", "/static/", "/api/schema/", "/asyncapi.json")
# Where an e-mail address in the body may name the tenant.
EMAIL_PATHS = (
    "auth/login/",
    "auth/register/",
    "users/register/",
    "auth/forgot-password/",
    "auth/verify-email/",
    "/login/",
)
# Where a secret in the body is the credential.
SECRET_FIELDS = ("refresh", "refresh_token", "challenge_token", "token")
BODY_LIMIT = 64 * 1024

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class TenantMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            tenant = self._tenant(request)
        except TenantError as error:
            return refusal(request, error)
        request.tenant = tenant  # type: ignore[attr-defined]  # what every room above reads
        if tenant.is_platform and not _is_unscoped(request):
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        with in_tenant(tenant.schema):
            return self.get_response(request)

    def _tenant(self, request: HttpRequest) -> TenantInfo:
        if _is_unscoped(request):
            return PLATFORM
        try:
            host = normal_host(request.get_host())
        except DisallowedHost:
            raise TenantNotFound from None
        fields = _body_fields(request)
        return resolve(
            Clues(
                host=host,
                credentials=bearer_tokens([request.headers.get("Authorization", "")])
                + tuple(fields[name] for name in SECRET_FIELDS if name in fields),
                hint=request.headers.get("X-Tenant", "").strip(),
                email=fields.get("email", "") if request.path_info.endswith(EMAIL_PATHS) else "",
            )
        )


def _is_unscoped(request: HttpRequest) -> bool:
    return request.path_info.startswith(UNSCOPED)


def _body_fields(request: HttpRequest) -> dict[str, str]:
    """Text fields of a small auth request's body; anything else is left to the view to refuse."""
    if request.method != "POST" or not _is_auth_path(request.path_info):
        return {}
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_LIMIT:
        return {}
    try:
        if request.content_type == "application/json":
            body = json.loads(request.body)
        else:
            body = request.POST.dict()
    except (ValueError, RecursionError, UnreadablePostError, RawPostDataException):
        return {}
    if not isinstance(body, dict):
        return {}
    return {key: value for key, value in body.items() if isinstance(value, str)}


def _is_auth_path(path: str) -> bool:
    return "/auth/" in path or path.endswith(EMAIL_PATHS)


def refusal(request: HttpRequest, error: TenantError) -> HttpResponse:
    response = error_answer(request, status=error.status, code=error.code, detail=str(error))
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response
