"""Which school a request is for, and what cannot be said about it (TN-02)."""

import pytest
from django.test import Client

from tenants.context import in_tenant
from tests.factories.accounts import access_token, bearer, create_user

PATH = "/api/core/settings/"


@pytest.fixture
def ada(alpha):
    return bearer(create_user("ada", role="admin"))


@pytest.mark.parametrize(
    "host", ["alpha.test", "ALPHA.test", "alpha.test:8000", "alpha.test.", "alpha.localhost:80"]
)
def test_a_tenants_host_is_known_however_it_is_written(ada, host):
    assert Client().get(PATH, headers={**ada, "host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["www.alpha.test", "test", "alpha", "xalpha.test", "alpha.test.evil.example", "10.1.2.3"],
)
def test_a_host_that_nobody_owns_is_no_school(ada, host):
    answer = Client().get(PATH, headers={**ada, "host": host})

    assert (answer.status_code, answer.json()["code"]) == (404, "tenant_not_found")


@pytest.mark.parametrize("host", ["alpha.test,beta.test", "alpha.test@beta.test", "a b", ""])
def test_a_malformed_host_is_no_school(ada, host):
    assert Client().get(PATH, headers={**ada, "host": host}).status_code in (400, 404)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "beta.test"},
        {"X-Forwarded-Server": "beta.test"},
        {"Forwarded": "host=beta.test"},
        {"X-Tenant": "beta"},
        {"X-Original-Host": "beta.test"},
    ],
)
def test_no_header_moves_a_request_from_its_host(ada, alpha, headers):
    answer = Client().get(PATH, headers={**ada, "host": "alpha.test", **headers})

    assert answer.status_code == 200
    assert answer.wsgi_request.tenant.schema == alpha


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({"host": "beta.test"}, 401),
        ({"host": "localhost", "X-Tenant": "beta"}, 401),
        ({"host": "localhost", "X-Tenant": "alpha"}, 200),
        ({"host": "localhost", "X-Tenant": "nobody"}, 404),
        ({"host": "localhost"}, 200),
        ({"host": "127.0.0.1:8000"}, 200),
        ({"host": "[::1]:8000"}, 200),
    ],
)
def test_a_token_is_good_where_nothing_else_is_said(ada, headers, wanted):
    assert Client().get(PATH, headers={**ada, **headers}).status_code == wanted


def test_two_credentials_of_two_schools_are_refused(alpha, beta):
    token = access_token(create_user("sam"))
    with in_tenant(beta):
        other = access_token(create_user("bea", email="bea@beta.school"))

    answer = Client().post(
        "/api/auth/refresh/",
        {"refresh": other},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", "host": "localhost"},
    )

    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_tenant")


def test_a_claimed_schema_is_not_believed_without_its_signature(alpha, beta):
    import jwt

    forged = jwt.encode({"aud": beta, "sub": "x"}, "k" * 32, algorithm="HS256")

    answer = Client().get(PATH, headers={"Authorization": f"Bearer {forged}", "host": "localhost"})

    assert answer.status_code == 401


def test_without_a_default_bare_localhost_is_no_school(alpha, settings):
    settings.DEFAULT_TENANT = ""

    answer = Client().get(PATH, headers={"host": "localhost"})

    assert (answer.status_code, answer.json()["code"]) == (404, "tenant_not_found")


@pytest.mark.parametrize("path", ["/health/lms/", "/api/schema/"])
def test_probes_and_documents_need_no_school(alpha, path):
    assert Client().get(path, headers={"host": "10.1.2.3"}).status_code == 200


def test_what_is_unscoped_reaches_no_table_of_a_school(alpha):
    """A path that only begins like an open one is not served from the public schema."""
    for path in ("/metricsx/", "/health/../api/users/", "/static/../api/users/"):
        assert Client().get(path, headers={"host": "alpha.test"}).status_code in (400, 401, 404)
