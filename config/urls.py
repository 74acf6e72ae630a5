"""Where each app's urls.py is mounted. The only list of URL prefixes.

An app's paths begin with the resource; here they hang under `/api/lms/<app>/`, `/api/v1/` and
`/api/`. Always reverse through `v1:`. Order matters only where two apps claim the same root.
The platform's own host and tokens are served by `urls_public`.
"""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from lms.core import api_docs, probes

handler400 = "lms.core.views.bad_request"
handler403 = "lms.core.views.permission_denied"
handler404 = "lms.core.views.not_found"
handler500 = "lms.core.views.server_error"

APPS: tuple[str, ...] = (
    "accounts",
    "courses",
    "enrollments",
    "groups",
    "forum",
    "messaging",
    "notifications",
)
# Doc 002 finds enrolments and ratings under courses/.
ALSO_UNDER_COURSES = ("enrollments",)
# Tenants and their settings. Not a domain of lms, mounted beside them.
CORE = path("core/", include("tenants.urls"))

Patterns = list[URLPattern | URLResolver]


def mount(namespace: str, patterns: Patterns) -> URLResolver:
    return path("", include((patterns, namespace), namespace=namespace))


def rooted(apps: tuple[str, ...]) -> Patterns:
    return [path("", include(f"lms.{app}.urls")) for app in apps]


def under_their_names() -> Patterns:
    """`/api/lms/<app>/…`; each app a namespace of its own, since two share resource names."""
    apps = [path(f"{app}/", include([mount(f"lms-{app}", rooted((app,)))])) for app in APPS]
    also = path("courses/", include([mount("lms-courses-also", rooted(ALSO_UNDER_COURSES))]))
    return [*apps, also, mount("lms-core", [CORE])]


# The same for everybody, whatever the host: no tenant is looked for (tenants.middleware).
UNSCOPED: Patterns = [
    path("health/lms/", probes.service_health, name="health"),
    path("health/live/", probes.live, name="health-live"),
    path("health/ready/", probes.ready, name="health-ready"),
    re_path(r"^metrics/?$", probes.metrics, name="metrics"),
    path("api/schema/", api_docs.SchemaView.as_view(), name="schema"),
    path("api/schema/swagger-ui/", api_docs.SwaggerView.as_view(), name="swagger-ui"),
    path("api/schema/redoc/", api_docs.RedocView.as_view(), name="redoc"),
]

urlpatterns: Patterns = [
    *UNSCOPED,
    path("api/lms/", include(under_their_names())),
    path("api/v1/", include([mount("v1", [*rooted(APPS), CORE])])),
    path("api/", include([mount("api", [*rooted(APPS), CORE])])),
    path("admin/", admin.site.urls),
    path("", include("lms.web.urls")),
]
