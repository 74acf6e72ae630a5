"""Every route of a tenant's host and what its ids are. A route without a row fails the build.

`params` are the kinds of id in the path, in its order: keys of `World.ids`, several alternatives
with `|`. `door` says how one is known there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.urls import URLResolver, get_resolver

API, PAGE, OPEN, ADMIN = "api", "page", "open", "admin"


@dataclass(frozen=True)
class Row:
    params: tuple[str, ...] = ()
    door: str = API


def _open(*routes: str) -> dict[str, Row]:
    return dict.fromkeys(routes, Row(door=OPEN))


def _api(routes: dict[str, str]) -> dict[str, Row]:
    return {f"api/v1/{route}": Row(tuple(kinds.split())) for route, kinds in routes.items()}


def _pages(routes: dict[str, str]) -> dict[str, Row]:
    return {route: Row(tuple(kinds.split()), PAGE) for route, kinds in routes.items()}


ROWS: dict[str, Row] = {
    **_open(
        "health/lms/",
        "health/live/",
        "health/ready/",
        "^metrics/?$",
        "api/schema/",
        "api/schema/swagger-ui/",
        "api/schema/redoc/",
        "favicon.ico",
        "login/",
        "login/mfa/",
        "logout/",
        "register/",
        "forgot-password/",
        "reset-password/",
        "confirm-email/",
        # Old addresses: they send everybody on to the same id and look nothing up.
        "conversations/<uuid:conversation_id>/",
        "groups/<uuid:conversation_id>/",
        *(
            f"api/v1/{route}"
            for route in (
                "auth/register/",
                "users/register/",
                "auth/login/",
                "auth/login/mfa/",
                "auth/refresh/",
                "auth/token/refresh/",
                "auth/forgot-password/",
                "auth/reset-password/",
                "auth/verify-email/",
                "auth/confirm-email/",
                "auth/mfa/login/",
                "auth/mfa/email-code/",
                # With a challenge it ends a login, with a token it switches MFA on.
                "auth/mfa/verify/",
                # A body's refresh token is enough to end its login.
                "auth/logout/",
            )
        ),
    ),
    **_api(
        {
            "auth/logout-all/": "",
            "auth/mfa/enable/": "",
            "auth/mfa/disable/": "",
            "users/me/": "",
            "users/me/password/": "",
            "users/": "",
            "users/<str:user>/": "user",
            "realtime/tickets/": "",
            "courses/": "",
            "courses/categories/": "",
            "courses/<str:course>/": "course|slug",
            "courses/<str:course>/publish/": "course|slug",
            "courses/<str:course>/unpublish/": "course|slug",
            "courses/<str:course>/announcements/": "course|slug",
            "enrollments/": "",
            "enrollments/my/": "",
            "enrollments/my-courses/": "",
            "enrollments/course/<str:course>/": "course|slug",
            "enrollments/<str:reference>/": "enrollment|course",
            "groups/": "",
            "groups/<uuid:group_id>/": "group",
            "groups/<uuid:group_id>/leave/": "group",
            "members/": "",
            "members/<uuid:member_id>/": "member",
            "forums/": "",
            "forums/<uuid:forum_id>/": "forum",
            "forums/<uuid:forum_id>/moderators/": "forum",
            "forums/<uuid:forum_id>/moderators/<uuid:user_id>/": "forum moderator",
            "posts/": "",
            "posts/<uuid:post_id>/": "post",
            "messages/": "",
            "messages/<uuid:message_id>/": "message",
            "messages/<uuid:message_id>/reactions/": "message",
            "conversations/": "",
            "conversations/<uuid:conversation_id>/": "conversation|group|forum",
            "conversations/<uuid:conversation_id>/messages/": "conversation|group|forum",
            "conversations/<uuid:conversation_id>/read/": "conversation|group|forum",
            "notifications/": "",
            "notifications/read-all/": "",
            "notifications/unread-count/": "",
            "notifications/<str:notification_id>/": "notification",
            "core/settings/": "",
            "core/tenants/": "",
            "core/tenants/<uuid:tenant_id>/": "tenant",
        }
    ),
    **_pages(
        {
            "": "",
            "conversations/": "",
            "c/<uuid:conversation_id>/": "conversation|group|forum",
            "c/<uuid:conversation_id>/history/": "conversation|group|forum",
            "c/<uuid:conversation_id>/about/": "group|forum",
            "c/<uuid:conversation_id>/members/": "group",
            "c/<uuid:conversation_id>/join/": "group",
            "c/<uuid:conversation_id>/leave/": "group",
            "groups/": "",
            "groups/new/": "",
            "forums/new/": "",
            "courses/": "",
            "courses/<str:course>/": "course|slug",
            "courses/<str:course>/enroll/": "course|slug",
            "courses/<str:course>/announcements/": "course|slug",
            "people/": "",
            "people/<uuid:user_id>/message/": "user",
            "notifications/": "",
            "notifications/unread/": "",
            "notifications/read/": "",
            "notifications/<uuid:notification_id>/read/": "notification",
            "profile/": "",
            "profile/name/": "",
            "profile/password/": "",
            "profile/mfa/start/": "",
            "profile/mfa/confirm/": "",
            "profile/mfa/disable/": "",
        }
    ),
}
# Operators' own: whoever is of a tenant is refused before any id is looked at.
OPERATORS_ONLY = ("api/v1/core/tenants/", "api/v1/core/tenants/<uuid:tenant_id>/")

# The kind of each model that administrators see; one without a kind fails the build.
ADMIN_KINDS = {
    "auditlog.auditentry": "audit",
    "courses.category": "category",
    "courses.course": "course",
    "courses.announcement": "announcement",
    "enrollments.enrollment": "enrollment",
    "notifications.notification": "notification",
    "forum.forum": "forum",
    "groups.group": "group",
    "messaging.conversation": "group",
    "messaging.member": "member",
    "messaging.message": "message",
}


@dataclass(frozen=True)
class Found:
    route: str
    view: Any

    @property
    def methods(self) -> list[str]:
        """Those that the view answers; pages say so by decorators, so all are tried."""
        view_class = getattr(self.view, "view_class", None) or getattr(self.view, "cls", None)
        names = ("get", "post", "put", "patch", "delete")
        if view_class is None:
            return ["get", "post"]
        return [name for name in names if hasattr(view_class, name)]


def walk(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[Found]:
    for pattern in (resolver or get_resolver("config.urls")).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern, route)
        else:
            yield Found(route, pattern.callback)


def all_routes() -> dict[str, Found]:
    return {found.route: found for found in walk()}


def primary_routes() -> dict[str, Found]:
    """Each resource once: the mount under v1 stands for the others, which share its views."""
    routes = all_routes()
    described = {id(found.view) for route, found in routes.items() if route.startswith("api/v1/")}
    return {
        route: found
        for route, found in routes.items()
        if not route.startswith("admin/")
        and (route.startswith("api/v1/") or id(found.view) not in described)
    }


def path_of(route: str, values: list[str]) -> str:
    """The route with its parameters filled in, in order."""
    parts = route.lstrip("^").replace("/?$", "").split("<")
    filled = parts[0]
    for value, part in zip(values, parts[1:], strict=True):
        filled += value + part.partition(">")[2]
    return f"/{filled}"


def admin_models() -> set[str]:
    return {model._meta.label_lower for model in admin.site._registry}
