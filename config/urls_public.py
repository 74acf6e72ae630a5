"""What the platform's host and the operators' tokens reach: tenants, their own account, admin.

Nothing of a school is here: operators have no right in any. Nobody registers here either.
"""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config.platform_admin import platform_site
from config.urls import CORE, UNSCOPED, Patterns, mount
from lms.accounts.urls import urlpatterns as accounts
from lms.web.urls import door_patterns

handler400 = "lms.core.views.bad_request"
handler403 = "lms.core.views.permission_denied"
handler404 = "lms.core.views.not_found"
handler500 = "lms.core.views.server_error"

# Of the accounts app: signing in and out, and one's own account.
OWN_ACCOUNT = ("auth/", "users/me/")
NOT_HERE = ("auth/register",)


def own_account() -> Patterns:
    return [pattern for pattern in accounts if _is_own_account(pattern)]


def _is_own_account(pattern: URLPattern | URLResolver) -> bool:
    route = str(pattern.pattern)
    return route.startswith(OWN_ACCOUNT) and not route.startswith(NOT_HERE)


def api() -> Patterns:
    return [*own_account(), CORE]


urlpatterns: Patterns = [
    *UNSCOPED,
    path("api/lms/", include([mount("lms-core", [CORE])])),
    path("api/v1/", include([mount("v1", api())])),
    path("api/", include([mount("api", api())])),
    path("admin/", platform_site.urls),
    path("", include((door_patterns, "web"))),
    path("", RedirectView.as_view(url="/admin/"), name="home"),
]
