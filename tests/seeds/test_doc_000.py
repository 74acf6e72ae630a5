"""Document 000, §4: its requests in its order, literally. Here: authentication."""

import pytest

from tests.lms.accounts.api import Api

# §3, User Model.
USER = {
    "id",
    "email",
    "first_name",
    "last_name",
    "role",
    "date_joined",
    "last_login",
    "is_active",
}


@pytest.fixture
def client_of_doc(alpha) -> Api:
    return Api(host="localhost:8000")


def test_authentication(client_of_doc):
    registered = client_of_doc.post(
        "/api/auth/register/",
        {
            "email": "user@example.com",
            "password": "SecurePass123",
            "first_name": "John",
            "last_name": "Doe",
        },
    )
    assert registered.status_code == 201
    assert set(registered.json()) >= USER
    assert registered.json()["role"] == "student"

    signed_in = client_of_doc.post(
        "/api/auth/login/", {"email": "user@example.com", "password": "SecurePass123"}
    )
    assert signed_in.status_code == 200
    assert set(signed_in.json()) >= {"access", "refresh"}
    assert set(signed_in.json()["user"]) >= USER

    refreshed = client_of_doc.post("/api/auth/refresh/", {"refresh": signed_in.json()["refresh"]})
    assert refreshed.status_code == 200
    assert set(refreshed.json()) >= {"access", "refresh"}
