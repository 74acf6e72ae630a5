"""What every request gets: an id in log, error and header, and an optional trailing slash."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from lms.core.request_facts import RequestFacts, client_ip, request_facts_var
from tenants.logcontext import request_id_var, user_id_var

GetResponse = Callable[[HttpRequest], HttpResponseBase]
REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
SLASHED = ("/api/", "/health/", "/webhooks/")


class RequestIdMiddleware:
    """Takes a proxy's well-formed X-Request-ID or makes one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.match(given) else uuid.uuid4().hex
        tokens = (request_id_var.set(request_id), user_id_var.set("-"))
        facts = request_facts_var.set(
            RequestFacts(
                ip=client_ip(
                    request.META.get("REMOTE_ADDR"), request.headers.get("X-Forwarded-For", "")
                ),
                user_agent=request.headers.get("User-Agent", ""),
            )
        )
        try:
            response = self.get_response(request)
        finally:
            request_id_var.reset(tokens[0])
            user_id_var.reset(tokens[1])
            request_facts_var.reset(facts)
        response["X-Request-ID"] = request_id
        return response


class OptionalSlashMiddleware:
    """`/api/x` and `/api/x/` are the same path, without a redirect that would lose a body."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.endswith("/") and f"{request.path_info}/".startswith(SLASHED):
            request.path_info += "/"
            request.path += "/"
        return self.get_response(request)
