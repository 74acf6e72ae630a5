"""Document 001: its requests in its order, literally. Here: Authentication and Users Module."""

import pytest

from tests.lms.accounts.api import Api
from tests.lms.accounts.totp import current_code

TOKENS = {"access_token", "refresh_token", "token_type"}
# Users Module, models.py; the hash stays where it is.
USER = {
    "id",
    "email",
    "full_name",
    "role",
    "is_active",
    "mfa_enabled",
    "metadata",
    "created_at",
    "updated_at",
    "last_login_at",
    "email_verified_at",
}
CREDENTIALS = {"email": "user@example.com", "password": "SecurePass123"}


@pytest.fixture
def client(alpha) -> Api:
    return Api(host="localhost:8000")


def sign_in(client) -> dict:
    # Usage example: Login
    response = client.post("/api/v1/auth/login", CREDENTIALS)
    assert response.status_code == 200
    return response.json()


def with_token(access_token) -> Api:
    return Api(host="localhost:8000", token=access_token)


@pytest.fixture
def registered(client) -> dict:
    # Usage example: Registration
    response = client.post("/api/v1/auth/register", {**CREDENTIALS, "full_name": "John Doe"})
    assert response.status_code == 201
    return response.json()


def test_registration_login_and_the_end_of_it(client, registered):
    assert set(registered) >= USER
    assert registered["full_name"] == "John Doe"

    tokens = sign_in(client)
    assert set(tokens) >= TOKENS

    refreshed = client.post("/api/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert refreshed.status_code == 200
    assert set(refreshed.json()) >= TOKENS

    headers = with_token(refreshed.json()["access_token"])
    gone = headers.post("/api/v1/auth/logout", {"refresh_token": refreshed.json()["refresh_token"]})
    assert gone.status_code == 204
    assert headers.get("/api/v1/users/me").status_code == 401


def test_two_step_sign_in(client, registered):
    """The list names disable before verify; a factor has to be on before it can go off."""
    api = with_token(registered["access_token"])
    enabled = api.post("/api/v1/auth/mfa/enable", {})
    assert enabled.status_code == 200
    secret = enabled.json()["secret"]

    verified = api.post("/api/v1/auth/mfa/verify", {"code": current_code(secret, steps=-1)})
    assert verified.status_code == 200
    recovery_codes = verified.json()["recovery_codes"]

    challenge = sign_in(client)
    assert challenge["mfa_required"] is True
    signed_in = client.post(
        "/api/v1/auth/mfa/login",
        {"challenge_token": challenge["challenge_token"], "code": current_code(secret)},
    )
    assert signed_in.status_code == 200
    assert set(signed_in.json()) >= TOKENS

    disabled = with_token(signed_in.json()["access_token"]).post(
        "/api/v1/auth/mfa/disable",
        {"password": CREDENTIALS["password"], "code": recovery_codes[0]},
    )
    assert disabled.status_code == 204
    assert "access_token" in sign_in(client)


def test_profile(client, registered):
    api = with_token(sign_in(client)["access_token"])

    profile = api.get("/api/v1/users/me")
    assert profile.status_code == 200
    assert set(profile.json()) >= USER

    updated = api.patch("/api/v1/users/me", {"full_name": "John Q. Doe", "metadata": {"a": 1}})
    assert updated.status_code == 200
    assert (updated.json()["full_name"], updated.json()["metadata"]) == ("John Q. Doe", {"a": 1})

    changed = api.post(
        "/api/v1/users/me/password",
        {"current_password": CREDENTIALS["password"], "new_password": "EvenMoreSecure456"},
    )
    assert changed.status_code == 204
    assert client.post("/api/v1/auth/login", CREDENTIALS).status_code == 401
