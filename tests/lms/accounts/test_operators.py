"""Operators of the platform: the same doors, the public schema, and no way into a school."""

import jwt
import pytest
from django.core import mail

from lms.accounts.models import User
from lms.accounts.services.mailing import send_waiting
from tenants.context import PUBLIC, in_tenant
from tests.factories.accounts import PASSWORD, create_user
from tests.lms.accounts.api import Api

EMAIL = "admin@lms.local"


@pytest.fixture
def operator(alpha) -> User:
    with in_tenant(PUBLIC):
        return create_user("olga", email=EMAIL, role="admin")


@pytest.mark.parametrize("host", ["localhost", "platform.localhost"])
def test_an_operator_signs_in_and_gets_the_platforms_tokens(host, operator):
    response = Api(host=host).post("/api/auth/login/", {"email": EMAIL, "password": PASSWORD})

    body = response.json()
    assert response.status_code == 200
    claims = jwt.decode(body["access"], options={"verify_signature": False})
    assert claims["aud"] == "public"
    assert body["refresh"].startswith("platform.")
    api = Api(host=host, token=body["access"])
    assert api.get("/api/users/me/").json()["id"] == str(operator.pk)
    refreshed = Api(host=host).post("/api/auth/token/refresh/", {"refresh": body["refresh"]})
    assert refreshed.status_code == 200


def test_an_operators_token_opens_no_school(operator):
    body = Api(host="localhost").post("/api/auth/login/", {"email": EMAIL, "password": PASSWORD})
    token = body.json()["access"]

    for host in ("alpha.test", "beta.test"):
        assert Api(host=host, token=token).get("users/me/").status_code == 401
    assert (
        Api(host="localhost", token=token, **{"x-tenant": "alpha"}).get("users/me/").status_code
        == 401
    )


def test_a_schools_token_is_nothing_at_the_platform(operator, sam, tokens):
    response = Api(host="platform.localhost", token=tokens.access_token).get("users/me/")

    assert response.status_code == 401


def test_nobody_of_a_school_signs_in_at_the_platform(operator, sam):
    response = Api(host="platform.localhost").post(
        "/api/auth/login/", {"email": sam.email, "password": PASSWORD}
    )

    assert response.status_code == 401


def test_an_operators_mails_lead_to_the_platform(operator):
    Api(host="localhost").post("/api/auth/forgot-password/", {"email": EMAIL})
    with in_tenant(PUBLIC):
        send_waiting()

    assert mail.outbox[0].to == [EMAIL]
    assert "http://platform.localhost:8000/reset-password/?token=platform." in mail.outbox[0].body
