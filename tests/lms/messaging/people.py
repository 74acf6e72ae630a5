"""The people of these tests, and their requests. Imported by the conftests next to them."""

from typing import Any

import pytest
from django.test import Client

from lms.accounts.models import User
from tests.factories.accounts import bearer, create_user


class Caller:
    """A person at the API of a host. Answers are Django's, with `.json()`."""

    def __init__(self, user: User | None, host: str = "alpha.test") -> None:
        self.client = Client(headers={"host": host, **(bearer(user) if user else {})})

    def get(self, path: str, **query: Any):
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any = None, **headers: str):
        return self._send("post", path, body, headers)

    def patch(self, path: str, body: Any):
        return self._send("patch", path, body, {})

    def delete(self, path: str):
        return self.client.delete(f"/api/v1/{path}")

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]):
        send = getattr(self.client, method)
        return send(f"/api/v1/{path}", body or {}, "application/json", headers=headers)


@pytest.fixture
def ada(alpha):
    """The administrator."""
    return create_user("ada", role="admin")


@pytest.fixture
def tara(alpha):
    """A teacher, who owns what is talked about."""
    return create_user("tara", role="instructor")


@pytest.fixture
def sam(alpha):
    """A student, who takes part."""
    return create_user("sam")


@pytest.fixture
def sven(alpha):
    """A student of the same school, a stranger to the others' groups."""
    return create_user("sven")


@pytest.fixture
def call():
    """`call(sam).get("messages/", …)`."""
    return Caller
