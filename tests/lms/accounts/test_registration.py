"""People who register themselves."""

import re

import pytest
from django.core import mail

from lms.accounts.errors import InvalidCredentials
from lms.accounts.events import UserRegistered
from lms.accounts.models import User
from lms.accounts.services.login import log_in
from lms.accounts.services.mailing import send_waiting
from tenants import selectors
from tenants.context import PUBLIC, in_tenant
from tenants.models import Tenant
from tests.factories.accounts import PASSWORD, create_user
from tests.lms.accounts.api import Api

NEW = {"email": "New@alpha.school", "password": PASSWORD, "full_name": "Nora van Dam"}


@pytest.fixture
def school(alpha):
    """`school({...})` sets what alpha decides about accounts."""

    def decide(accounts):
        with in_tenant(PUBLIC):
            Tenant.objects.filter(schema_name=alpha).update(settings={"accounts": accounts})
        selectors.forget()

    yield decide
    selectors.forget()


@pytest.mark.parametrize("path", ["auth/register", "users/register", "/api/auth/register/"])
def test_a_person_registers_and_is_signed_in(
    path, anybody, alpha, heard, django_capture_on_commit_callbacks
):
    facts = heard(UserRegistered)
    with django_capture_on_commit_callbacks(execute=True):
        response = anybody.post(path, NEW)

    body = response.json()
    assert response.status_code == 201
    assert (body["email"], body["role"]) == ("new@alpha.school", "student")
    assert (body["full_name"], body["first_name"], body["last_name"]) == (
        "Nora van Dam",
        "Nora van",
        "Dam",
    )
    assert Api(token=body["access_token"]).get("users/me/").json() == body["user"]
    assert facts == [UserRegistered(user_id=body["id"])]
    assert log_in(email="new@alpha.school", password=PASSWORD)


@pytest.mark.parametrize(
    "extra",
    [{"role": "admin"}, {"is_staff": True}, {"is_active": False}, {"email_verified_at": "2026"}],
)
def test_nobody_registers_as_more_than_a_student(extra, anybody, alpha):
    assert anybody.post("auth/register", {**NEW, **extra}).status_code == 201

    user = User.objects.get()
    assert (user.role, user.is_active, user.is_staff) == ("student", True, False)
    assert user.email_verified_at is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "SAM@Alpha.School"}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": None}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"full_name": ""}, "full_name"),
        ({"full_name": "x" * 256}, "full_name"),
        ({"full_name": "nul\x00"}, "full_name"),
        ({"metadata": [1]}, "metadata"),
        ({"metadata": {"a": "nul\x00"}}, "metadata"),
        ({"metadata": {"a": "\ud800"}}, "metadata"),
        ({"metadata": {"a": "x" * 20_000}}, "metadata"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
    ],
)
def test_what_cannot_be_is_a_field_error_and_nobody_is_made(change, field, anybody, sam):
    response = anybody.post("auth/register", {**NEW, **change})

    body = response.json()
    assert response.status_code == 400
    assert (list(body["errors"]), body["status"], body["code"]) == ([field], 400, "invalid")
    assert list(User.objects.all()) == [sam]


def test_the_mailed_link_confirms_the_address_once(anybody, alpha):
    anybody.post("auth/register", NEW)
    send_waiting()
    token = re.search(r"/confirm-email/\?token=(\S+)", mail.outbox[0].body)[1]

    first, second = (anybody.post("auth/confirm-email", {"token": token}) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 400)
    assert User.objects.get().email_verified_at is not None
    anybody.post("auth/verify-email", {"email": "new@alpha.school"})
    send_waiting()
    assert len(mail.outbox) == 1  # nothing is left to confirm


def test_another_link_can_be_asked_for_and_the_first_dies(anybody, alpha):
    anybody.post("auth/register", NEW)
    send_waiting()
    assert anybody.post("auth/verify-email", {"email": "new@alpha.school"}).status_code == 200
    send_waiting()
    tokens = [re.search(r"token=(\S+)", message.body)[1] for message in mail.outbox]

    statuses = [anybody.post("auth/confirm-email", {"token": t}).status_code for t in tokens]

    assert statuses == [400, 200]


def test_a_school_that_makes_its_accounts_itself_takes_no_registrations(anybody, school):
    school({"open_registration": False})

    response = anybody.post("auth/register", NEW)

    assert (response.status_code, response.json()["code"]) == (403, "registration_closed")


def test_nobody_registers_at_the_platform(alpha):
    response = Api(host="localhost").post("/api/auth/register/", {**NEW, "email": "x@lms.local"})

    assert response.status_code in (403, 404)
    with in_tenant(PUBLIC):
        assert not User.objects.exists()


def test_where_addresses_are_confirmed_first_nobody_learns_who_has_an_account(anybody, school, sam):
    school({"confirm_email": True})

    free = anybody.post("auth/register", NEW)
    taken = anybody.post("auth/register", {**NEW, "email": sam.email})

    assert (free.status_code, free.json()) == (taken.status_code, taken.json())
    assert free.status_code == 202
    refusals = [
        anybody.post("auth/login", {"email": email, "password": password}).json()["code"]
        for email, password in ((NEW["email"], PASSWORD), (sam.email, "not it"))
    ]
    assert refusals == ["invalid_credentials"] * 2
    send_waiting()
    told = {message.to[0]: message.subject for message in mail.outbox}
    assert told == {
        "new@alpha.school": "Confirm your e-mail address",
        sam.email: "You have an account already",
    }


def test_there_a_confirmed_person_signs_in(anybody, school):
    school({"confirm_email": True})
    anybody.post("auth/register", NEW)
    with pytest.raises(InvalidCredentials):
        log_in(email="new@alpha.school", password=PASSWORD)
    send_waiting()
    token = re.search(r"token=(\S+)", mail.outbox[0].body)[1]

    anybody.post("auth/confirm-email", {"token": token})

    assert log_in(email="new@alpha.school", password=PASSWORD)


def test_a_new_password_by_mail_confirms_the_address_too(anybody, school):
    school({"confirm_email": True})
    create_user("old")
    anybody.post("auth/forgot-password", {"email": "old@alpha.school"})
    send_waiting()
    token = re.search(r"token=(\S+)", mail.outbox[0].body)[1]

    anybody.post("auth/reset-password", {"token": token, "new_password": "a new horse 1"})

    assert log_in(email="old@alpha.school", password="a new horse 1")
