"""Signing in and what a client gets for it."""

import pytest

from lms.accounts.models import TokenFamily
from lms.auditlog.models import AuditEntry
from tests.factories.accounts import PASSWORD, bearer, create_user

LOGIN = "/api/v1/auth/login/"


@pytest.fixture
def sam(alpha):
    return create_user("sam")


def post(client, path, body, **headers):
    return client.post(
        path, body, content_type="application/json", headers={"host": "alpha.test", **headers}
    )


def test_a_person_signs_in_and_uses_the_access_token(client, sam):
    response = post(client, LOGIN, {"email": "SAM@alpha.school", "password": PASSWORD})

    body = response.json()
    assert response.status_code == 200
    assert body["access_token"] == body["access"]
    assert body["refresh_token"] == body["refresh"]
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    assert body["user"]["email"] == "sam@alpha.school"
    me = client.get(
        "/api/users/me/",
        headers={"host": "alpha.test", "authorization": f"Bearer {body['access']}"},
    )
    assert me.json()["id"] == str(sam.pk)
    assert AuditEntry.objects.filter(action="login.succeeded", actor_id=sam.pk).count() == 1


def test_knowing_who_asks_costs_one_query(client, sam, django_assert_num_queries):
    headers = {"host": "alpha.test", **bearer(sam)}
    client.get("/api/v1/users/me/", headers=headers)

    with django_assert_num_queries(2):  # the search path, and login with person
        client.get("/api/v1/users/me/", headers=headers)
    assert TokenFamily.objects.count() == 1
