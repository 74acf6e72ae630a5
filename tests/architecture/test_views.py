"""Every door asks who is there, unless it is listed as open on purpose."""

import uuid

import pytest
from django.test import Client
from rest_framework.permissions import AllowAny

from tests.tenants.routes import OPEN, ROWS, path_of, primary_routes

ROUTES = primary_routes()
CLOSED = sorted(route for route, row in ROWS.items() if row.door != OPEN)


def _view_class(found):
    return getattr(found.view, "view_class", None) or getattr(found.view, "cls", None)


def test_what_allows_anybody_is_open_on_purpose():
    lenient = set()
    for route, found in ROUTES.items():
        view = _view_class(found)
        classes = getattr(view, "permission_classes", None)
        if classes is not None and (not classes or AllowAny in classes):
            lenient.add(route)

    assert lenient <= {route for route, row in ROWS.items() if row.door == OPEN}


@pytest.mark.parametrize("route", CLOSED)
def test_a_stranger_is_sent_to_sign_in(alpha, route):
    path = path_of(route, [str(uuid.uuid4()) for _ in ROWS[route].params])
    client = Client(headers={"host": "alpha.test"})

    for method in ROUTES[route].methods:
        answer = getattr(client, method)(path)

        what = f"{method} {path}: {answer.status_code}"
        if path.startswith("/api/"):
            assert answer.status_code == 401, what
            assert answer["WWW-Authenticate"] == "Bearer"
            assert answer.json()["code"] == "not_authenticated"
        else:
            assert answer.status_code in (302, 405), what
            assert answer.status_code == 405 or answer["Location"].startswith("/login/")


@pytest.mark.parametrize("path", ["/admin/", "/admin/courses/course/"])
def test_the_admin_sends_strangers_to_our_own_sign_in(alpha, path):
    answer = Client(headers={"host": "alpha.test"}).get(path, follow=True)

    assert [step for step, _ in answer.redirect_chain][-1].startswith("/login/?next=")
