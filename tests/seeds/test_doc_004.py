"""Document 004: its requests in its order, literally. Here: §1 Auth Module and §2 Users Module."""

import re

import pytest
from django.core import mail

from lms.accounts.services.mailing import send_waiting
from tests.factories.accounts import bearer, create_user
from tests.lms.accounts.api import Api
from tests.lms.accounts.totp import current_code

TOKENS = {"access_token", "refresh_token", "token_type"}
CHALLENGE = {"mfa_required", "challenge_token", "expires_in_seconds", "message"}
USER_RESPONSE = {
    "id",
    "email",
    "full_name",
    "role",
    "is_active",
    "mfa_enabled",
    "created_at",
    "email_verified_at",
}
EMAIL, PASSWORD, NEW_PASSWORD = "user@example.com", "SecurePass123", "AnotherPass456"


@pytest.fixture
def client(alpha) -> Api:
    return Api(host="localhost:8000")


def with_token(access_token: str) -> Api:
    return Api(host="localhost:8000", token=access_token)


def register(client: Api, path: str, **more: str) -> dict:
    response = client.post(
        path, {"email": EMAIL, "full_name": "John Doe", "password": PASSWORD, **more}
    )
    assert response.status_code == 201
    return response.json()


def mailed_token() -> str:
    send_waiting()
    return re.search(r"\?token=(\S+)", mail.outbox[-1].body)[1]


def test_auth_module(client):
    register(client, "/api/v1/auth/register", role="student")

    signed_in = client.post("/api/v1/auth/login", {"email": EMAIL, "password": PASSWORD})
    assert signed_in.status_code == 200
    assert set(signed_in.json()) >= TOKENS
    assert signed_in.json()["token_type"] == "bearer"

    refreshed = client.post(
        "/api/v1/auth/refresh", {"refresh_token": signed_in.json()["refresh_token"]}
    )
    assert refreshed.status_code == 200
    assert set(refreshed.json()) >= TOKENS

    api = with_token(refreshed.json()["access_token"])
    assert (
        api.post(
            "/api/v1/auth/logout", {"refresh_token": refreshed.json()["refresh_token"]}
        ).status_code
        == 204
    )
    assert api.get("/api/v1/users/me").status_code == 401

    assert client.post("/api/v1/auth/forgot-password", {"email": EMAIL}).status_code == 200
    reset = client.post(
        "/api/v1/auth/reset-password", {"token": mailed_token(), "new_password": NEW_PASSWORD}
    )
    assert reset.status_code == 200
    # The link of the reset has confirmed the address already; another person asks for theirs.
    create_user("late", email="late@example.com")
    asked = client.post("/api/v1/auth/verify-email", {"email": "late@example.com"})
    assert asked.status_code == 200
    confirmed = client.post("/api/v1/auth/confirm-email", {"token": mailed_token()})
    assert confirmed.status_code == 200


def test_multi_factor_authentication(client):
    api = with_token(register(client, "/api/v1/auth/register")["access_token"])
    enabled = api.post("/api/v1/auth/mfa/enable", {})
    assert enabled.status_code == 200
    secret = enabled.json()["secret"]
    switched_on = api.post("/api/v1/auth/mfa/verify", {"code": current_code(secret, steps=-1)})
    assert switched_on.status_code == 200

    challenge = client.post("/api/v1/auth/login", {"email": EMAIL, "password": PASSWORD})
    assert challenge.status_code == 200
    assert set(challenge.json()) >= CHALLENGE
    assert challenge.json()["mfa_required"] is True
    assert challenge.json()["message"] == "MFA verification required"

    verified = client.post(
        "/api/v1/auth/mfa/verify",
        {"challenge_token": challenge.json()["challenge_token"], "code": current_code(secret)},
    )
    assert verified.status_code == 200
    assert set(verified.json()) >= TOKENS

    disabled = with_token(verified.json()["access_token"]).post(
        "/api/v1/auth/mfa/disable",
        {"password": PASSWORD, "code": switched_on.json()["recovery_codes"][0]},
    )
    assert disabled.status_code == 204


def test_users_module(client):
    registered = register(client, "/api/v1/users/register")
    assert set(registered) >= USER_RESPONSE
    me = with_token(registered["access_token"])

    assert set(me.get("/api/v1/users/me").json()) >= USER_RESPONSE
    renamed = me.patch("/api/v1/users/me", {"full_name": "Johnny Doe"})
    assert (renamed.status_code, renamed.json()["full_name"]) == (200, "Johnny Doe")

    assert me.get("/api/v1/users").status_code == 403
    admin = Api(host="localhost:8000", **bearer(create_user("ada", role="admin")))
    people = admin.get("/api/v1/users")
    assert people.status_code == 200
    assert set(people.json()["results"][0]) >= USER_RESPONSE

    path = f"/api/v1/users/{registered['id']}"
    assert set(admin.get(path).json()) >= USER_RESPONSE
    changed = admin.patch(
        path,
        {"full_name": "J. Doe", "role": "instructor", "password": NEW_PASSWORD, "is_active": True},
    )
    assert changed.status_code == 200
    assert (changed.json()["full_name"], changed.json()["role"]) == ("J. Doe", "instructor")
    signed_in = client.post("/api/v1/auth/login", {"email": EMAIL, "password": NEW_PASSWORD})
    assert signed_in.status_code == 200

    assert admin.delete(path).status_code == 204
    assert admin.get(path).json()["is_active"] is False
    refused = client.post("/api/v1/auth/login", {"email": EMAIL, "password": NEW_PASSWORD})
    assert refused.status_code == 401
