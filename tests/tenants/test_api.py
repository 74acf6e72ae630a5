"""`/api/core/`: who may, what it answers, the literal requests of doc 003."""

import json

import pytest
from django.test import Client

from lms.accounts.models import User
from lms.auditlog.models import AuditEntry
from tenants.context import in_tenant
from tenants.models import Tenant
from tests.factories.accounts import bearer, create_user

MOUNTS = ("/api/core", "/api/v1/core", "/api/lms/core")


@pytest.fixture
def operator(db):
    with in_tenant("public"):
        user = create_user("olga", role="admin", email="olga@lms.local")
        return bearer(user)


@pytest.fixture
def ada(alpha):
    return bearer(create_user("ada", role="admin"))


@pytest.fixture
def sam(alpha):
    return bearer(create_user("sam"))


@pytest.mark.parametrize("mount", MOUNTS)
def test_operators_list_tenants_with_their_token_on_the_shared_host(operator, mount):
    response = Client().get(f"{mount}/tenants/", headers={**operator, "host": "localhost"})

    assert response.status_code == 200
    body = response.json()
    assert [row["slug"] for row in body["results"]] == ["alpha", "beta"]
    assert body["count"] == 2
    assert body["results"][0]["domains"] == ["alpha.test", "alpha.localhost"]


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("host", ["localhost", "alpha.test"])
def test_people_of_a_tenant_are_refused_and_strangers_asked_for_a_login(ada, mount, host):
    path = f"{mount}/tenants/"

    assert Client().get(path, headers={**ada, "host": host}).status_code == 403
    assert Client().post(path, {}, headers={**ada, "host": host}).status_code == 403
    anonymous = Client().get(path, headers={"host": host})
    assert anonymous.status_code == 401
    assert anonymous["WWW-Authenticate"] == "Bearer"


def test_an_operators_token_is_nothing_on_a_tenants_host(operator):
    response = Client().get("/api/core/tenants/", headers={**operator, "host": "alpha.test"})

    assert response.status_code == 401


def test_an_operator_creates_a_tenant_whose_administrator_can_come_in(operator):
    response = Client().post(
        "/api/core/tenants/",
        {
            "slug": "gamma",
            "name": "Gamma School",
            "email_domains": ["gamma.school"],
            "admin": {
                "email": "head@gamma.school",
                "full_name": "The Head",
                "password": "pass word 1",
            },
        },
        content_type="application/json",
        headers={**operator, "host": "platform.localhost"},
    )

    assert response.status_code == 201, response.json()
    body = response.json()
    assert (body["state"], body["domains"]) == ("ready", ["gamma.localhost"])
    assert body["schema_name"] == f"t_{body['id'].replace('-', '')}"
    with in_tenant(body["schema_name"]):
        head = User.objects.get()
        assert (head.role, head.check_password("pass word 1")) == ("admin", True)
    with in_tenant("public"):
        entry = AuditEntry.objects.get(action="tenant.created", details__slug="gamma")
        assert entry.actor_name == "Olga Tester"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"slug": "Gamma"}, (400, "invalid_slug")),
        ({"slug": "public"}, (400, "invalid_slug")),
        ({"slug": "alpha"}, (409, "slug_taken")),
        ({"slug": "gamma", "domains": ["alpha.test"]}, (409, "slug_taken")),
        ({"slug": "gamma", "domains": ["platform.localhost"]}, (400, "invalid_domain")),
        ({"slug": "gamma", "domains": ["a b"]}, (400, "invalid_domain")),
        ({"slug": "gamma", "email_domains": ["lms.local"]}, (400, "invalid_domain")),
        ({"slug": "gamma", "settings": {"x": 1}}, (400, "invalid")),
        ({}, (400, "invalid")),
    ],
)
def test_what_cannot_be_a_tenant_is_refused_and_nothing_is_made(operator, fields, refusal):
    response = Client().post(
        "/api/core/tenants/",
        {"name": "Gamma", **fields},
        content_type="application/json",
        headers={**operator, "host": "platform.localhost"},
    )

    assert (response.status_code, response.json()["code"]) == refusal
    assert Tenant.objects.count() == 2


def test_suspending_and_resuming(operator, alpha):
    def patch(tenant, **body):
        return Client().patch(
            f"/api/core/tenants/{tenant.pk}/",
            body,
            content_type="application/json",
            headers={**operator, "host": "localhost"},
        )

    with in_tenant("public"):
        tenant = Tenant.objects.get(slug="beta")
    beta = {"host": "beta.test"}

    assert patch(tenant, state="suspended", name="Beta Two").json()["name"] == "Beta Two"
    assert Client().get("/api/core/settings/", headers=beta).json()["code"] == "tenant_suspended"
    assert patch(tenant, state="suspended").status_code == 200
    assert patch(tenant, state="ready").json()["state"] == "ready"
    assert Client().get("/api/core/settings/", headers=beta).status_code == 401
    assert patch(tenant, state="deleted").status_code == 400
    with in_tenant("public"):
        entries = AuditEntry.objects.filter(actor_name="Olga Tester").order_by("created_at")
        assert [entry.action for entry in entries] == [
            "tenant.renamed",
            "tenant.suspended",
            "tenant.ready",
        ]


def ask(method, tenant, headers, body=None):
    return Client().generic(
        method,
        f"/api/core/tenants/{tenant.pk}/",
        json.dumps(body or {}),
        content_type="application/json",
        headers={**headers, "host": "localhost"},
    )


def test_a_deleted_tenant_is_gone_for_everybody_and_stays_gone(operator, alpha):
    with in_tenant("public"):
        tenant = Tenant.objects.get(slug="beta")

    assert ask("DELETE", tenant, operator).status_code == 204

    answer = Client().get("/api/core/settings/", headers={"host": "beta.test"})
    assert (answer.status_code, answer.json()["code"]) == (404, "tenant_not_found")
    assert ask("DELETE", tenant, operator).status_code == 204  # twice is once
    assert ask("PATCH", tenant, operator, {"state": "ready"}).status_code == 409
    with in_tenant("public"):
        tenant.refresh_from_db()
        assert (tenant.state, tenant.deleted_at is not None) == ("deleted", True)
        assert AuditEntry.objects.filter(action="tenant.deleted").count() == 1


def test_a_name_is_not_taken_with_a_state_that_is_refused(operator, alpha):
    with in_tenant("public"):
        tenant = Tenant.objects.get(slug="beta")
        name = tenant.name
    ask("DELETE", tenant, operator)

    answer = ask("PATCH", tenant, operator, {"name": "Beta Two", "state": "suspended"})

    assert answer.status_code == 409
    with in_tenant("public"):
        tenant.refresh_from_db()
        assert tenant.name == name
        assert not AuditEntry.objects.filter(action="tenant.renamed").exists()


def test_nobody_but_an_operator_deletes_a_tenant(ada, sam, alpha):
    with in_tenant("public"):
        tenant = Tenant.objects.get(slug="beta")

    assert [ask("DELETE", tenant, who).status_code for who in (ada, sam, {})] == [403, 403, 401]

    with in_tenant("public"):
        tenant.refresh_from_db()
        assert tenant.state == "ready"


def test_a_tenant_that_does_not_exist_is_a_404(operator):
    for odd in ("1", "0198c0de-0000-7000-8000-000000000000"):
        response = Client().get(
            f"/api/core/tenants/{odd}/", headers={**operator, "host": "localhost"}
        )
        assert response.status_code == 404


def test_doc_003_updates_the_settings_on_bare_localhost(ada, sam, alpha):
    def patch(body, person=ada):
        return Client().patch(
            "/api/core/settings/",
            body,
            content_type="application/json",
            headers={**person, "host": "localhost"},
        )

    assert patch({"features": {"ai_content_generation": True}}).json() == {
        "features": {"ai_content_generation": True}
    }
    assert patch({"features": {"beta": {"x": 1}}, "enforce_payment": False}).status_code == 200
    assert patch({"features": {"ai_content_generation": None}}).json() == {
        "features": {"beta": {"x": 1}},
        "enforce_payment": False,
    }
    assert patch({"enforce_payment": True}, sam).status_code == 403
    seen = Client().get("/api/v1/core/settings", headers={**sam, "host": "alpha.test"})
    assert seen.json() == {"features": {"beta": {"x": 1}}, "enforce_payment": False}
    assert AuditEntry.objects.filter(action="settings.changed").count() == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"enforce_payment": "yes"}, "enforce_payment"),
        ({"nonsense": 1}, "nonsense"),
        ({"accounts": True}, "accounts"),
        ({"accounts": {"nonsense": True}}, "accounts"),
        ({"accounts": {"confirm_email": 1}}, "accounts"),
        ({"currency": "usd"}, "currency"),
        ({"direct_messages": []}, "direct_messages"),
        ({"features": 3}, "features"),
        ({"features": {"a": [1]}}, "features"),
        ({"features": {"a" * 65: 1}}, "features"),
        ({"features": {"a": "x" * 501}}, "features"),
        ({"features": {"a": "\x00"}}, "features"),
        ({"features": {"a": {"b": {"c": {"d": 1}}}}}, "features"),
        ({"features": {str(n): n for n in range(101)}}, "features"),
        ({"features": {"a": 10**400}}, "features"),
        ([1], "settings"),
    ],
)
def test_settings_have_types_and_bounds(ada, body, field):
    response = Client().patch(
        "/api/core/settings/",
        body,
        content_type="application/json",
        headers={**ada, "host": "alpha.test"},
    )

    assert response.status_code == 400
    assert field in response.json()
    assert response.json()["code"] == "invalid"


def test_the_platform_has_no_settings_and_no_school(operator):
    for path in ("/api/core/settings/", "/api/forum/forums/", "/api/auth/register/"):
        response = Client().get(path, headers={**operator, "host": "localhost"})
        assert response.status_code in (403, 404), path
