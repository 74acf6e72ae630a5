"""One tenant tries to reach the other through every route, in both directions.

The table of routes is in routes.py. Everything planted carries its tenant's canary, so that
a leak shows in whatever answer it hides.
"""

import itertools
import json
import uuid
from collections.abc import Iterator

import pytest
from django.http import HttpResponse

from lms.core.throttling import DefaultThrottle
from tenants.context import in_tenant
from tenants.models import Tenant
from tests.conftest import empty_schema
from tests.tenants.routes import (
    ADMIN_KINDS,
    API,
    OPEN,
    OPERATORS_ONLY,
    PAGE,
    ROWS,
    admin_models,
    all_routes,
    path_of,
    primary_routes,
)
from tests.tenants.world import NAMES, World, fingerprint, plant, rows_naming

ROUTES = primary_routes()
WITH_IDS = sorted(route for route, row in ROWS.items() if row.params)
WITHOUT_IDS = sorted(route for route, row in ROWS.items() if not row.params and row.door != OPEN)
DIRECTIONS = list(itertools.permutations(NAMES))

both_ways = pytest.mark.parametrize(("mine", "theirs"), DIRECTIONS)


@pytest.fixture(scope="module")
def worlds(schemas, django_db_blocker) -> Iterator[dict[str, World]]:
    with django_db_blocker.unblock():
        with in_tenant("public"):
            ids = dict(Tenant.objects.values_list("slug", "id"))
        planted = {name: plant(name, schemas[name], ids[name]) for name in NAMES}
        yield planted
        for schema in schemas.values():
            empty_schema(schema)


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch):
    """A limit would answer before the view that is to be tested."""
    monkeypatch.setattr(DefaultThrottle, "burst", 10**6)


def text_of(answer: HttpResponse) -> str:
    if getattr(answer, "streaming", False):
        content = b"".join(answer.streaming_content)
    else:
        content = answer.content
    return content.decode(errors="replace") + str(dict(answer.headers))


def plausible(ids: dict[str, str]) -> dict[str, object]:
    """A body with every field that any resource takes, each well-formed."""
    return {
        "title": "A title",
        "name": "A name",
        "full_name": "A name",
        "body": "Some text",
        "content": "Some text",
        "description": "Some text",
        "emoji": "👍",
        "client_id": str(uuid.uuid4()),
        "offset": 1,
        "is_read": True,
        "user": ids["user"],
        "user_id": ids["user"],
        "recipient_id": ids["user"],
        "instructor_id": ids["user"],
        "group": ids["group"],
        "group_id": ids["group"],
        "group_ids": [ids["group"]],
        "forum": ids["forum"],
        "forum_id": ids["forum"],
        "conversation": ids["conversation"],
        "conversation_id": ids["conversation"],
        "course": ids["course"],
        "course_id": ids["course"],
        "category": ids["category"],
        "category_id": ids["category"],
        "parent": ids["category"],
        "reply_to": ids["message"],
        "message_id": ids["message"],
    }


def body_for(route: str, ids: dict[str, str]) -> dict[str, object]:
    """People's roles and members' roles have different words."""
    return {**plausible(ids), "role": "student" if "users/" in route else "member"}


def send_to(client, method: str, path: str, body: dict[str, object]) -> HttpResponse:
    if method == "get":
        return client.get(path)
    if path.startswith("/api/"):
        # Where a DELETE says what to take away.
        path += ("&" if "?" in path else "?") + "emoji=%F0%9F%91%8D"
        return client.generic(method.upper(), path, json.dumps(body), "application/json")
    return client.post(path, {key: value for key, value in body.items() if value is not None})


def paths(route: str, ids: dict[str, str]) -> list[str]:
    """One path for each combination of the row's kinds."""
    kinds = [kind.split("|") for kind in ROWS[route].params]
    return [path_of(route, [ids[kind] for kind in chosen]) for chosen in itertools.product(*kinds)]


def client_for(world: World, route: str):
    return world.client() if ROWS[route].door == PAGE else world.api()


# -- the table ------------------------------------------------------------------------------------


def test_every_route_has_a_row_and_every_row_a_route():
    assert set(ROUTES) == set(ROWS)


def test_every_other_mount_shares_its_views_with_v1():
    described = {id(found.view) for found in ROUTES.values()}

    strays = [
        route
        for route, found in all_routes().items()
        if route.startswith("api/") and id(found.view) not in described
    ]

    assert strays == []


def test_every_model_of_the_admin_has_a_kind():
    assert admin_models() == set(ADMIN_KINDS)


# -- ids in the path ------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("route", WITH_IDS)
def test_an_id_of_the_other_school_is_an_id_of_nothing(db, worlds, route, mine, theirs):
    me, them = worlds[mine], worlds[theirs]
    before = fingerprint(them.schema)
    body = body_for(route, me.ids)
    nothing = {kind: str(uuid.uuid4()) for kind in them.ids}

    for method in ROUTES[route].methods:
        for foreign, unknown in zip(paths(route, them.ids), paths(route, nothing), strict=True):
            client = client_for(me, route)
            answer = send_to(client, method, foreign, body)
            compared = send_to(client, method, unknown, body)

            what = f"{method} {foreign}: {answer.status_code}"
            wanted = (403,) if route in OPERATORS_ONLY else (404, 405)
            assert answer.status_code in wanted, what
            assert answer.status_code == compared.status_code, what
            assert not them.is_in(text_of(answer)), what
            if ROWS[route].door == API:
                assert _plain(answer) == _plain(compared), what
    assert fingerprint(them.schema) == before


def _plain(answer: HttpResponse) -> dict[str, object]:
    body = json.loads(answer.content)
    body.pop("request_id")
    return dict(body)


@pytest.mark.parametrize("route", [route for route in WITH_IDS if route not in OPERATORS_ONLY])
def test_control_ones_own_id_is_found_at_the_same_place(db, worlds, route):
    me = worlds["alpha"]

    for path in paths(route, me.ids):
        statuses = [
            send_to(client_for(me, route), method, path, body_for(route, me.ids)).status_code
            for method in ROUTES[route].methods
        ]
        assert set(statuses) - {404, 405}, f"{path}: {statuses}"


# -- ids in bodies and queries --------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("route", sorted(route for route, row in ROWS.items() if row.door != OPEN))
def test_ids_of_the_other_school_in_body_and_query_reach_nothing(db, worlds, route, mine, theirs):
    me, them = worlds[mine], worlds[theirs]
    before = fingerprint(them.schema)
    body = body_for(route, them.ids)
    query = "&".join(f"{name}={value}" for name, value in body.items() if isinstance(value, str))

    for method in ROUTES[route].methods:
        path = paths(route, me.ids)[0]
        answer = send_to(client_for(me, route), method, f"{path}?{query}", body)

        what = f"{method} {path}: {answer.status_code} {answer.content[:300]!r}"
        assert answer.status_code < 500, what
        assert not them.is_in(text_of(answer)), what
    assert fingerprint(them.schema) == before
    foreign = [them.ids[kind] for kind in ("user", "group", "forum", "course", "message")]
    assert rows_naming(me.schema, foreign) == []


# -- lists ----------------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("route", WITHOUT_IDS)
def test_lists_and_pages_show_ones_own_school_only(db, worlds, route, mine, theirs):
    me, them = worlds[mine], worlds[theirs]

    answer = client_for(me, route).get(path_of(route, []) + "?page_size=100&search=cnry")

    assert answer.status_code in (200, 302, 400, 403, 404, 405)
    assert not them.is_in(text_of(answer))


@pytest.mark.parametrize(
    "route",
    ["users/", "courses/", "groups/", "forums/", "conversations/", "notifications/", "users/me/"],
)
def test_control_lists_do_show_ones_own(db, worlds, route):
    answer = worlds["alpha"].api().get(f"/api/v1/{route}")

    assert answer.status_code == 200
    assert worlds["alpha"].is_in(text_of(answer))


# -- credentials ----------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("route", sorted(route for route, row in ROWS.items() if row.door == API))
def test_a_token_opens_nothing_at_the_other_schools_doors(db, worlds, route, mine, theirs):
    me, them = worlds[mine], worlds[theirs]
    before = fingerprint(them.schema)
    path = paths(route, them.ids)[0]

    for method in ROUTES[route].methods:
        on_their_host = send_to(me.api(host=them.host), method, path, body_for(route, them.ids))
        by_header = me.api(host="localhost")
        by_header.defaults["HTTP_X_TENANT"] = theirs
        with_header = send_to(by_header, method, path, body_for(route, them.ids))
        both = me.api(host="localhost")
        both.defaults["HTTP_X_FORWARDED_HOST"] = them.host
        forwarded = send_to(both, method, path, body_for(route, them.ids))

        for answer in (on_their_host, with_header):
            assert answer.status_code == 401, f"{method} {path}"
            assert answer["WWW-Authenticate"] == "Bearer"
        assert forwarded.status_code in (403, 404, 405, *(() if ROWS[route].params else ALLOWED))
        for answer in (on_their_host, with_header, forwarded):
            assert not them.is_in(text_of(answer))
    assert fingerprint(them.schema) == before


# On the shared host the token says which school it is, so a list is one's own.
ALLOWED = (200, 201, 204, 400, 404, 409)


@both_ways
@pytest.mark.parametrize("route", sorted(route for route, row in ROWS.items() if row.door == PAGE))
def test_a_session_of_one_school_is_no_session_at_the_other(db, worlds, route, mine, theirs):
    me, them = worlds[mine], worlds[theirs]
    client = me.client()
    client.defaults["HTTP_HOST"] = them.host

    for path in paths(route, them.ids):
        answer = client.get(path)

        assert answer.status_code in (302, 404, 405), path
        if answer.status_code == 302:
            assert answer["Location"].startswith("/login/")
            del answer["Location"]  # repeats the path that was asked for, and no more
        assert not them.is_in(text_of(answer))


def test_control_the_session_is_good_at_home(db, worlds):
    assert worlds["alpha"].client().get("/people/").status_code == 200


@both_ways
def test_refreshing_resetting_and_confirming_do_not_cross(db, worlds, mine, theirs):
    """A person's address and password of one school are unknown at the other."""
    me, them = worlds[mine], worlds[theirs]
    login = {"email": f"admin@{me.canary}.school", "password": "correct horse battery"}

    def post(path, body, host):
        return me.api(host=host).post(
            path, body, content_type="application/json", headers={"Authorization": ""}
        )

    home = post("/api/auth/login/", login, me.host)
    assert home.status_code == 200
    away = post("/api/auth/login/", login, them.host)
    assert away.status_code == 401
    refresh = {"refresh": home.json()["refresh"]}
    assert post("/api/auth/refresh/", refresh, them.host).status_code == 401
    assert post("/api/auth/refresh/", refresh, me.host).status_code == 200
    ticket = me.api().post("/api/realtime/tickets/", {}, content_type="application/json")
    assert me.name not in ticket.json()["ticket"]


# -- the admin ------------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("label", sorted(ADMIN_KINDS))
def test_the_admin_knows_no_object_of_the_other_school(db, worlds, label, mine, theirs):
    me, them = worlds[mine], worlds[theirs]
    base = f"/admin/{label.replace('.', '/')}/"
    theirs_id, own_id = them.ids[ADMIN_KINDS[label]], me.ids[ADMIN_KINDS[label]]
    client = me.client()

    for page in ("change", "history", "delete"):
        answer = client.get(f"{base}{theirs_id}/{page}/")
        assert answer.status_code in (403, 404), page
        assert not them.is_in(text_of(answer))
    assert client.get(f"{base}{theirs_id}/change/").status_code == 404
    assert client.get(f"{base}{own_id}/change/").status_code == 200
    for query in ("", "?q=cnry", f"?q=cnry-{theirs}-", "?o=1&all="):
        listed = client.get(base + query)
        assert listed.status_code in (200, 302)
        assert not them.is_in(text_of(listed))
    assert me.is_in(text_of(client.get(base))) or label == "auditlog.auditentry"


def test_an_instructor_is_no_administrator(db, worlds):
    for who in ("instructor", "student"):
        answer = worlds["alpha"].api(who).get("/admin/")
        assert answer.status_code == 302


def test_the_tenants_admin_offers_no_shared_table(db, worlds):
    index = worlds["alpha"].client().get("/admin/")

    assert index.status_code == 200
    for word in ("auth/group", "tenants/", "accounts/"):
        assert f"/admin/{word}" not in index.content.decode()
