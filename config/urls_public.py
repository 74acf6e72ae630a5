"""What the platform's host and the operators' tokens reach: tenants, their own account, admin.

Nothing of a school is here: operators have no right in any. Nobody registers here either.
"""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config.urls import CORE, UNSCOPED, Patterns, mount

handler400 = "lms.core.views.bad_request"
handler403 = "lms.core.views.permission_denied"
handler404 = "lms.core.views.not_found"
handler500 = "lms.core.views.server_error"

# Of the accounts app: signing in and out, and one's own account.
OWN_ACCOUNT = ("auth/", "users/me/")
NOT_HERE = ("auth/register",)


def own_account() -> Patterns:
    if not find_spec("lms.accounts.urls"):
        return []
    from lms.accounts.urls import urlpatterns as accounts

    return [pattern for pattern in accounts if _is_own_account(pattern)]


def _is_own_account(pattern: URLPattern | URLResolver) -> bool:
    route = str(pattern.pattern)
    return route.startswith(OWN_ACCOUNT) and not route.startswith(NOT_HERE)


def api() -> Patterns:
    return [path("", include((own_account(), "accounts"))), CORE]


urlpatterns: Patterns = [
    *UNSCOPED,
    path("api/lms/", include([mount("lms-core", [CORE])])),
    path("api/v1/", include([mount("v1", api())])),
    path("api/", include([mount("api", api())])),
    path("", RedirectView.as_view(url="/admin/"), name="home"),
]
