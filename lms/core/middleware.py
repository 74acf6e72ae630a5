"""What every request gets: an id in log, error and header, one line in the access log, and an
optional trailing slash."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from lms.core.metrics import count_request
from lms.core.request_facts import RequestFacts, client_ip, request_facts_var
from tenants.logcontext import request_id_var, user_id_var

access = logging.getLogger("stoa.access")

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
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            note(request, response.status_code, time.perf_counter() - began)
        finally:
            request_id_var.reset(tokens[0])
            user_id_var.reset(tokens[1])
            request_facts_var.reset(facts)
        response["X-Request-ID"] = request_id
        return response


def note(request: HttpRequest, status: int, seconds: float) -> None:
    """The access line and the metrics. The route's pattern stands for the path: no ids, no query,
    and nothing that a client could fill a log or a label set with."""
    route = route_of(request)
    method = request.method or "-"
    count_request(method=method, route=route, status=status, seconds=seconds)
    tenant = getattr(request, "tenant", None)
    access.info(
        "request",
        extra={
            "method": method[:16],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "tenant": tenant.schema if tenant is not None else "-",
        },
    )


def route_of(request: HttpRequest) -> str:
    if request.path_info.startswith(settings.STATIC_URL):
        return settings.STATIC_URL.lstrip("/")
    match = request.resolver_match
    return match.route if match is not None else "unmatched"


class OptionalSlashMiddleware:
    """`/api/x` and `/api/x/` are the same path, without a redirect that would lose a body."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.endswith("/") and f"{request.path_info}/".startswith(SLASHED):
            request.path_info += "/"
            request.path += "/"
        return self.get_response(request)
