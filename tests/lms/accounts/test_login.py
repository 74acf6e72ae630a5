"""Signing in: what a client gets, and what nobody learns."""

import statistics
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.accounts.models import TokenFamily
from lms.auditlog.models import AuditEntry
from tenants.context import in_tenant
from tests.factories.accounts import PASSWORD, bearer, create_user
from tests.lms.accounts.api import Api

PATHS = ("/api/auth/login/", "/api/v1/auth/login", "/api/lms/accounts/auth/login/")


@pytest.mark.parametrize("path", PATHS)
def test_a_person_signs_in_and_uses_the_access_token(path, anybody, sam):
    response = anybody.post(path, {"email": "SAM@alpha.school", "password": PASSWORD})

    body = response.json()
    assert response.status_code == 200
    assert body["access_token"] == body["access"]
    assert body["refresh_token"] == body["refresh"]
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    assert body["user"]["email"] == "sam@alpha.school"
    me = Api(token=body["access"]).get("users/me/").json()
    assert me["id"] == str(sam.pk)
    assert me["last_login_at"] == me["last_login"] is not None
    assert AuditEntry.objects.filter(action="login.succeeded", actor_id=sam.pk).count() == 1


def test_knowing_who_asks_costs_one_query(client, sam, django_assert_num_queries):
    headers = {"host": "alpha.test", **bearer(sam)}
    client.get("/api/v1/users/me/", headers=headers)

    with django_assert_num_queries(2):  # the search path, and login with person
        client.get("/api/v1/users/me/", headers=headers)


@pytest.mark.parametrize(
    ("_case", "email", "password"),
    [
        ("a wrong password", "sam@alpha.school", "not the password"),
        ("an unknown address", "nobody@alpha.school", PASSWORD),
        ("an inactive person", "gone@alpha.school", PASSWORD),
        ("a person of another school", "bea@beta.school", PASSWORD),
    ],
)
def test_every_refusal_is_the_same(_case, email, password, anybody, sam, beta):
    create_user("gone", is_active=False)
    with in_tenant(beta):
        create_user("bea", email="bea@beta.school")

    response = anybody.post("auth/login/", {"email": email, "password": password})

    body = response.json()
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert body.pop("request_id")
    assert body == {
        "detail": "The e-mail address or the password is wrong.",
        "code": "invalid_credentials",
        "status": 401,
    }
    assert not TokenFamily.objects.exists()
    assert AuditEntry.objects.filter(action="login.failed").count() == 1


def _refused(email):
    """The answer's shape, the statements it took and the time."""
    api = Api()
    with CaptureQueriesContext(connection) as queries:
        began = time.perf_counter()
        response = api.post("auth/login/", {"email": email, "password": "wrong horse"})
        took = time.perf_counter() - began
    headers = {name for name in response.headers if name != "X-Request-ID"}
    statements = [  # without the tenant's own, which are remembered for a second
        query["sql"].split(" ")[0]
        for query in queries
        if '"accounts_' in query["sql"] or '"auditlog_' in query["sql"]
    ]
    body = {**response.json(), "request_id": ""}
    return (response.status_code, body, headers, statements), took


def test_an_unknown_address_costs_what_a_known_one_costs(sam, monkeypatch):
    """Same answer, same statements, same number of hashes, and no gap one could measure."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args)
    )
    known, unknown, counts = [], [], {"known": 0, "unknown": 0}
    for number in range(20):
        # Fresh accounts each time: the growing delay is not what is measured here.
        person = create_user(f"p{number}")
        hashed.clear()
        shape_known, took = _refused(person.email)
        known.append(took)
        counts["known"] += len(hashed)
        hashed.clear()
        shape_unknown, took = _refused(f"q{number}@alpha.school")
        unknown.append(took)
        counts["unknown"] += len(hashed)
        assert shape_known == shape_unknown

    assert counts["known"] == counts["unknown"] == 20
    assert abs(statistics.median(known) - statistics.median(unknown)) < 0.005


def test_a_password_of_a_megabyte_is_refused_before_it_is_hashed(anybody, sam):
    response = anybody.post("auth/login/", {"email": sam.email, "password": "x" * 1_000_000})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["password"]


@pytest.mark.parametrize("password", ["nul\x00nul", "\ud800", 7, ["x"], {"a": 1}, None, ""])
def test_odd_passwords_are_never_an_error_of_ours(password, anybody, sam):
    response = anybody.post("auth/login/", {"email": sam.email, "password": password})

    assert response.status_code in (400, 401)


def test_the_same_letters_typed_on_another_keyboard_are_the_same_password(anybody, sam):
    sam.set_password("cafe\u0301 au lait")  # e and a combining accent
    sam.save()

    response = anybody.post("auth/login/", {"email": sam.email, "password": "caf\u00e9 au lait"})

    assert response.status_code == 200


def test_on_the_shared_host_the_address_names_the_school(alpha, beta):
    with in_tenant(beta):
        bea = create_user("bea", email="bea@beta.school")

    response = Api(host="localhost").post(
        "/api/auth/login/", {"email": "bea@beta.school", "password": PASSWORD}
    )

    assert response.json()["user"]["id"] == str(bea.pk)
    token = response.json()["access"]
    assert Api(host="localhost", token=token).get("users/me/").json()["id"] == str(bea.pk)
    assert Api(host="beta.test", token=token).get("users/me/").status_code == 200
    foreign = Api(host="alpha.test", token=token).get("users/me/")
    assert (foreign.status_code, foreign.json()["code"]) == (401, "token_invalid")


def test_a_stale_token_does_not_stop_anybody_from_signing_in(sam):
    response = Api(token="ey.stale.token").post(
        "auth/login/", {"email": sam.email, "password": PASSWORD}
    )

    assert response.status_code == 200
