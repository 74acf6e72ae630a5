"""Document 003, Testing Workflows: its requests in its order, literally. Here: people."""

import pytest

from tests.factories.accounts import create_user
from tests.lms.accounts.api import Api

PASSWORD = "password123"


@pytest.fixture
def seeded(alpha) -> None:
    """The people of the demo who appear in these requests; alpha is the tenant of localhost."""
    for name, role in (("alice.williams", "student"), ("admin", "admin")):
        user = create_user(email=f"{name}@acme.local", role=role, full_name="Some Body")
        user.set_password(PASSWORD)
        user.save()


def sign_in(email: str) -> dict:
    response = Api(host="localhost:8000").post(
        "/api/auth/login/", {"email": email, "password": PASSWORD}
    )
    assert response.status_code == 200
    return response.json()


def test_authentication_flows(seeded):
    # Login with tenant user
    answer = sign_in("alice.williams@acme.local")
    assert set(answer) >= {"access", "refresh"}

    # Refresh token
    refreshed = Api(host="localhost:8000").post(
        "/api/auth/token/refresh/", {"refresh": answer["refresh"]}
    )
    assert refreshed.status_code == 200
    assert set(refreshed.json()) >= {"access", "refresh"}

    # Get current user profile
    profile = Api(host="localhost:8000", token=refreshed.json()["access"]).get("/api/users/me/")
    assert profile.status_code == 200
    assert profile.json()["email"] == "alice.williams@acme.local"


def test_admin_workflows(seeded):
    admin = Api(host="localhost:8000", token=sign_in("admin@acme.local")["access"])

    # List users in tenant
    people = admin.get("/api/users/")
    assert people.status_code == 200
    assert people.json()["count"] == 2

    # Create a new user
    created = admin.post(
        "/api/users/",
        {
            "email": "new.user@acme.local",
            "first_name": "New",
            "last_name": "User",
            "role": "learner",
            "password": "securepassword123",
        },
    )
    assert created.status_code == 201
    assert created.json()["email"] == "new.user@acme.local"
    assert created.json()["role"] == "student"
