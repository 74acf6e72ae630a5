"""Health and metrics over HTTP: cheap, without login, the same whatever the host."""

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from lms.core import metrics as numbers
from lms.core.health import current_health
from tenants.error_pages import error_answer

SERVICE = "lms"
VERSION = "1.0.0"


@never_cache
@require_safe
def service_health(request: HttpRequest) -> JsonResponse:
    """Doc 002's keys. Redis away is worth knowing and no reason to stop serving."""
    health = current_health()
    status = "unhealthy"
    if health.database:
        status = "healthy" if health.redis else "degraded"
    body = {
        "status": status,
        "service": SERVICE,
        "version": VERSION,
        "database": "connected" if health.database else "disconnected",
        "redis": "connected" if health.redis else "disconnected",
        "timestamp": timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return JsonResponse(body, status=200 if health.database else 503)


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nobody: a restart would not bring the database back."""
    return JsonResponse({"status": "live"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether a load balancer should send people here."""
    health = current_health()
    body = {
        "status": "ready" if health.is_ready else "not_ready",
        "database": health.database,
        "redis": health.redis,
        "migrations": health.migrations,
    }
    return JsonResponse(body, status=200 if health.is_ready else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read_metrics(request):
        detail = "Ask from this machine, or with the token."
        return error_answer(request, status=403, code="permission_denied", detail=detail)
    return HttpResponse(numbers.render(), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    wanted = settings.METRICS_TOKEN
    if wanted and hmac.compare_digest(given.encode(), wanted.encode()):
        return True
    return _is_from_this_machine(request)


def _is_from_this_machine(request: HttpRequest) -> bool:
    """A proxy on this machine speaks for others, and says so in its headers."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
