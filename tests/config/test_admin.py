"""Django's admin, for a school's administrators and for the platform's operators."""

import pytest
from django.core.management import call_command
from django.test import Client

from lms.accounts.models import User
from tenants.context import in_tenant
from tenants.models import Tenant
from tests.factories.accounts import PASSWORD, create_user

HTML = {"accept": "text/html"}


def signed_in(email: str, host: str) -> Client:
    client = Client(headers={"host": host, **HTML})
    answer = client.post("/login/", {"email": email, "password": PASSWORD})
    assert "stoa_session" in client.cookies, answer.content
    return client


@pytest.fixture
def operator(db):
    with in_tenant("public"):
        create_user("olga", role="admin", email="olga@lms.local")
    return signed_in("olga@lms.local", "platform.localhost")


@pytest.fixture
def ada(alpha):
    create_user("ada", role="admin")
    return signed_in("ada@alpha.school", "alpha.test")


def test_a_stranger_goes_to_our_own_sign_in_and_comes_back(alpha):
    create_user("ada", role="admin")
    client = Client(headers={"host": "alpha.test"})

    answer = client.get("/admin/courses/course/?q=x", follow=True)
    assert answer.redirect_chain[-1][0] == ("/login/?next=%2Fadmin%2Fcourses%2Fcourse%2F%3Fq%3Dx")


def test_a_schools_administrator_is_in_their_school(ada):
    index = ada.get("/admin/")

    assert index.status_code == 200
    assert "Alpha" in index.content.decode()
    assert ada.get("/admin/tenants/tenant/").status_code == 404


def test_who_is_no_administrator_is_told_so_and_not_sent_in_circles(alpha):
    create_user("sam")
    client = signed_in("sam@alpha.school", "alpha.test")

    answer = client.get("/admin/", follow=True)

    assert answer.status_code == 403
    assert len(answer.redirect_chain) == 1


def test_signing_out_ends_the_login(ada):
    assert ada.get("/admin/logout/").status_code == 405
    ada.post("/admin/logout/")

    assert ada.get("/admin/").status_code == 302


def test_djangos_own_password_page_is_not_there(ada):
    assert ada.get("/admin/password_change/").status_code == 404


def test_an_operator_sees_tenants_and_suspends_one(operator, schemas):
    listed = operator.get("/admin/tenants/tenant/").content.decode()
    assert "alpha" in listed
    assert "beta" in listed
    with in_tenant("public"):
        beta = Tenant.objects.get(slug="beta")

    operator.post(
        "/admin/tenants/tenant/", {"action": "suspend", "_selected_action": [str(beta.pk)]}
    )
    beta.refresh_from_db()
    assert beta.state == "suspended"
    closed = Client(headers={"host": "beta.test", **HTML}).get("/")
    assert closed.status_code == 403
    assert b"suspended" in closed.content

    operator.post(
        "/admin/tenants/tenant/", {"action": "resume", "_selected_action": [str(beta.pk)]}
    )
    beta.refresh_from_db()
    assert beta.state == "ready"


@pytest.mark.parametrize(
    "path",
    [
        "/admin/tenants/tenant/",
        "/admin/tenants/domain/",
        "/admin/tenants/domain/add/",
        "/admin/tenants/emaildomain/add/",
        "/admin/accounts/user/",
        "/admin/auditlog/auditentry/",
    ],
)
def test_every_page_of_the_platforms_admin_opens(operator, path):
    assert operator.get(path).status_code == 200


def test_a_host_is_added_to_a_tenant_and_answers_at_once(operator, schemas):
    with in_tenant("public"):
        beta = Tenant.objects.get(slug="beta")

    answer = operator.post(
        "/admin/tenants/domain/add/", {"domain": "beta.example", "tenant": str(beta.pk)}
    )

    assert answer.status_code == 302
    found = Client(headers={"host": "beta.example"}).get("/api/core/settings/")
    assert found.status_code == 401


def test_tenants_are_neither_added_nor_deleted_by_a_form(operator, schemas):
    with in_tenant("public"):
        beta = Tenant.objects.get(slug="beta")

    assert operator.get("/admin/tenants/tenant/add/").status_code == 403
    assert operator.post(f"/admin/tenants/tenant/{beta.pk}/delete/").status_code == 403


def test_the_platform_has_no_schools_pages(operator):
    for path in ("/people/", "/api/forums/", "/api/users/", "/register/"):
        assert operator.get(path).status_code == 404, path


def test_a_schools_session_is_none_on_the_platform_and_back(ada, operator):
    ada.defaults["HTTP_HOST"] = "platform.localhost"
    operator.defaults["HTTP_HOST"] = "alpha.test"

    assert ada.get("/admin/").status_code == 302
    assert operator.get("/admin/").status_code == 302


def test_createsuperuser_makes_an_operator(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    call_command(
        "createsuperuser", "--noinput", email="new@lms.local", full_name="New", verbosity=0
    )

    with in_tenant("public"):
        assert User.objects.get(email="new@lms.local").is_staff
    assert signed_in("new@lms.local", "platform.localhost").get("/admin/").status_code == 200
