"""What every page needs: who looks, the frame around the content, errors people can read."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect

from lms.accounts.models import User
from lms.core.errors import LMSError, Unauthenticated
from lms.web.selectors import shell_of

View = Callable[..., HttpResponseBase]


def page(view: View) -> View:
    """A page of signed-in people; others go to sign in and come back. Never cached: what was on
    a shared computer's screen is gone after signing out."""

    @wraps(view)
    @never_cache
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_login(request)
        try:
            return view(request, *args, **kwargs)
        except LMSError as error:
            return error_page(request, error)

    return wrapped


def person_of(request: HttpRequest) -> User:
    """Whoever is signed in. Raises Unauthenticated."""
    if not isinstance(request.user, User) and not getattr(request.user, "is_authenticated", False):
        raise Unauthenticated
    return cast(User, request.user)


def to_login(request: HttpRequest) -> HttpResponse:
    back = request.get_full_path() if request.method == "GET" else "/"
    if is_htmx(request):
        # A redirect would be followed quietly and swapped into the page.
        back = _page_path(request)
        return HttpResponseClientRedirect(f"/login/?{urlencode({'next': back})}")
    return redirect(f"/login/?{urlencode({'next': back})}")


def _page_path(request: HttpRequest) -> str:
    """The page that asked for a part of itself."""
    path = request.htmx.current_url_abs_path  # type: ignore[attr-defined]  # by HtmxMiddleware
    return path or "/"


def is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def wants_part(request: HttpRequest) -> bool:
    """Asked by htmx for a piece of a page that is there already."""
    htmx = request.htmx  # type: ignore[attr-defined]  # by HtmxMiddleware
    return bool(htmx) and not htmx.history_restore_request


def swaps_main(request: HttpRequest) -> bool:
    """Only the main pane is going to be replaced; the list beside it stays."""
    return wants_part(request) and request.htmx.target == "main"  # type: ignore[attr-defined]  # HtmxMiddleware


def section_of(path: str) -> str:
    """Which entry of the main navigation a page belongs to."""
    first = path.strip("/").partition("/")[0]
    return first if first in ("courses", "people", "notifications", "profile") else "chat"


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The page, in its frame unless the frame is there already."""
    if wants_part(request):
        frame: dict[str, Any] = {"frame": "web/part.html"}
    else:
        frame = {"frame": "web/app.html", "shell": shell_of(person_of(request))}
    frame |= {"me": request.user, "section": section_of(request.path)}
    return render(request, template, {**frame, **context}, status=status)


def error_page(request: HttpRequest, error: LMSError) -> HttpResponse:
    context = {"status": error.status, "message": str(error)}
    return render_page(request, "web/error.html", context, status=error.status)


def is_local(url: str) -> bool:
    """A path of this host, and not a `//host/path`."""
    return url.startswith("/") and not url.startswith(("//", "/\\"))


def safe_next(request: HttpRequest) -> str:
    """Where to go after signing in: only a path of this host."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours and is_local(wanted) else "/"
