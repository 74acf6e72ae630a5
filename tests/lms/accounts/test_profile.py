"""What people see and change of themselves."""

import uuid

import pytest

from lms.accounts.models import User
from tests.factories.accounts import bearer
from tests.lms.accounts.api import Api

# What the documents show of a person (000 §3, 001, 004 §2).
KEYS = {
    "id",
    "email",
    "full_name",
    "first_name",
    "last_name",
    "role",
    "is_active",
    "mfa_enabled",
    "metadata",
    "created_at",
    "date_joined",
    "updated_at",
    "last_login",
    "last_login_at",
    "email_verified_at",
}


@pytest.fixture
def student(sam) -> Api:
    return Api(**bearer(sam))


def test_people_see_all_of_themselves_and_no_secret(student, sam):
    body = student.get("users/me").json()

    assert set(body) >= KEYS
    assert not {key for key in body if "password" in key or "secret" in key or "version" in key}
    assert body["created_at"].endswith("Z")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"full_name": "Samuel Q. Tester"}, ("Samuel Q. Tester", "Samuel Q.", "Tester")),
        ({"full_name": "Madonna"}, ("Madonna", "Madonna", "")),
        ({"first_name": "Sam", "last_name": "Test"}, ("Sam Test", "Sam", "Test")),
        (
            {"full_name": "Dr. Test", "first_name": "Sam", "last_name": "Test"},
            ("Dr. Test", "Sam", "Test"),
        ),
    ],
)
def test_the_names_are_kept_in_step(change, expected, student):
    body = student.patch("users/me/", change).json()

    assert (body["full_name"], body["first_name"], body["last_name"]) == expected


def test_changing_one_part_of_the_name_keeps_the_other(student):
    student.patch("users/me/", {"first_name": "Sam", "last_name": "Test"})

    assert student.patch("users/me/", {"last_name": "Best"}).json()["full_name"] == "Sam Best"


def test_a_profile_takes_what_is_its_persons(student):
    change = {
        "metadata": {"pronouns": "they"},
        "time_zone": "Europe/Berlin",
        "avatar": "https://cdn.example/a.png",
    }

    body = student.patch("users/me/", change).json()

    assert {key: body[key] for key in change} == change


@pytest.mark.parametrize(
    "change",
    [
        {"is_staff": True},
        {"is_superuser": True},
        {"role": "admin"},
        {"tenant": "beta"},
        {"is_active": False},
        {"email": "boss@alpha.school"},
        {"email_verified_at": "2026-01-01T00:00:00Z"},
        {"password": "a new horse 1"},
        {"session_version": 7},
        {"mfa_enabled": True},
        {"balance": 1000},
        {"id": str(uuid.uuid4())},
        {"external_id": "x"},
    ],
)
def test_nothing_else_can_be_assigned_to_oneself(change, student, sam):
    before = User.objects.filter(pk=sam.pk).values().get()

    response = student.patch("users/me/", change)

    assert response.status_code == 200
    after = User.objects.filter(pk=sam.pk).values().get()
    assert {**after, "updated_at": None} == {**before, "updated_at": None}
