"""Where each app's urls.py is mounted. The only list of URL prefixes.

An app's paths begin with the resource; here they hang under `/api/lms/<app>/`, `/api/v1/` and
`/api/`. Always reverse through `v1:`. Order matters only where two apps claim the same root.
"""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

handler400 = "lms.core.views.bad_request"
handler403 = "lms.core.views.permission_denied"
handler404 = "lms.core.views.not_found"
handler500 = "lms.core.views.server_error"

APPS = (
    "accounts",
    "courses",
    "enrollments",
    "groups",
    "forum",
    "messaging",
    "notifications",
)
APPS = tuple(app for app in APPS if find_spec(f"lms.{app}.urls"))
# Doc 002 finds enrolments and ratings under courses/.
ALSO_UNDER_COURSES = tuple(app for app in ("enrollments",) if app in APPS)


def mount(namespace: str, apps: tuple[str, ...]) -> list[URLPattern | URLResolver]:
    patterns = [path("", include(f"lms.{app}.urls")) for app in apps]
    return [path("", include((patterns, namespace), namespace=namespace))]


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/lms/", include([path(f"{app}/", include(mount(f"lms-{app}", (app,)))) for app in APPS])),
    path("api/lms/courses/", include(mount("lms-courses-also", ALSO_UNDER_COURSES))),
    path("api/v1/", include(mount("v1", APPS))),
    path("api/", include(mount("api", APPS))),
    path("admin/", admin.site.urls),
]
