"""Changing, forgetting and choosing passwords."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import identify_hasher
from django.core import mail
from django.utils import timezone

from lms.accounts.errors import SecretInvalid
from lms.accounts.models import OneTimeSecret, User
from lms.accounts.services.login import log_in
from lms.accounts.services.mailing import send_waiting
from lms.accounts.services.passwords import ask_for_reset, reset_password
from lms.accounts.services.secrets import read_secret
from lms.auditlog.models import AuditEntry
from tests.factories.accounts import PASSWORD, bearer, create_user
from tests.lms.accounts.api import Api
from tests.lms.accounts.races import at_once

NEW = "a new horse 1"


def mailed_token() -> str:
    """The secret of the newest mail's link, after whatever waits was sent."""
    send_waiting()
    return re.search(r"\?token=(\S+)", mail.outbox[-1].body)[1].replace("%3D", "=")


@pytest.fixture
def reset_token(sam) -> str:
    ask_for_reset(email=sam.email)
    return mailed_token()


def test_a_forgotten_password_is_replaced_by_a_mailed_link(anybody, sam, tokens):
    asked = anybody.post("auth/forgot-password", {"email": "SAM@alpha.school"})
    token = mailed_token()
    chosen = anybody.post("auth/reset-password", {"token": token, "new_password": NEW})

    assert (asked.status_code, chosen.status_code) == (200, 200)
    assert log_in(email=sam.email, password=NEW)
    assert Api(token=tokens.access_token).get("users/me/").status_code == 401
    assert AuditEntry.objects.filter(action="password.changed").count() == 1
    send_waiting()
    assert mail.outbox[-1].subject == "Your password was changed"


def test_the_link_leads_to_the_schools_own_host_whatever_host_was_asked(sam, settings):
    settings.LINK_SCHEME, settings.LINK_PORT = "https", 0
    Api(host="localhost").post("/api/auth/forgot-password/", {"email": sam.email})
    send_waiting()

    message = mail.outbox[-1]
    assert message.to == [sam.email]
    assert "https://alpha.test/reset-password/?token=" in message.body
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    assert "https://alpha.test/reset-password/?token=" in html


def test_asking_is_the_same_for_an_unknown_address(anybody, sam, django_assert_num_queries):
    """Nobody is looked up while the client waits, so there is nothing to measure."""
    answers = []
    for address in (sam.email, "nobody@alpha.school"):
        anybody.post("auth/forgot-password/", {"email": f"x{address}"})  # remember the tenant
        with django_assert_num_queries(4):  # search path, savepoint, the row, release
            response = anybody.post("auth/forgot-password/", {"email": address})
        answers.append((response.status_code, response.json()))

    assert answers[0] == answers[1]
    send_waiting()
    assert [message.to for message in mail.outbox] == [[sam.email]]
    assert not OneTimeSecret.objects.filter(sent_at__isnull=True, used_at__isnull=True).exists()


def test_nobody_is_flooded_with_mails(anybody, sam):
    statuses = [
        anybody.post("auth/forgot-password/", {"email": sam.email}).status_code for _ in range(6)
    ]

    assert statuses == [200] * 5 + [429]


def test_an_inactive_person_gets_no_link(anybody, alpha):
    create_user("gone", is_active=False)
    anybody.post("auth/forgot-password/", {"email": "gone@alpha.school"})
    send_waiting()

    assert mail.outbox == []


def test_a_link_works_once(anybody, sam, reset_token):
    body = {"token": reset_token, "new_password": NEW}
    first, second = (anybody.post("auth/reset-password/", body) for _ in range(2))

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (400, "token_invalid")


def test_a_newer_link_ends_the_older(anybody, sam, reset_token):
    ask_for_reset(email=sam.email)
    newer = mailed_token()

    older = anybody.post("auth/reset-password/", {"token": reset_token, "new_password": NEW})

    assert older.status_code == 400
    reset_password(token=newer, new_password=NEW)


def test_a_link_dies_when_the_address_changes(anybody, sam, ada, reset_token):
    Api(**bearer(ada)).patch(f"users/{sam.pk}/", {"email": "new@alpha.school"})

    response = anybody.post("auth/reset-password/", {"token": reset_token, "new_password": NEW})

    assert response.status_code == 400


def test_a_link_dies_with_the_hour(sam, reset_token):
    with (
        time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)),
        pytest.raises(SecretInvalid),
    ):
        reset_password(token=reset_token, new_password=NEW)


def test_a_link_of_one_school_is_nothing_at_another(reset_token, sam):
    response = Api(host="beta.test").post(
        "auth/reset-password/", {"token": reset_token, "new_password": NEW}
    )

    assert response.status_code == 400
    assert log_in(email=sam.email, password=PASSWORD)


def test_a_link_for_another_purpose_is_refused(anybody, reset_token):
    response = anybody.post("auth/confirm-email/", {"token": reset_token})

    assert response.status_code == 400


def test_no_token_is_written_to_the_log(anybody, sam, caplog):
    with caplog.at_level("DEBUG"):
        anybody.post("auth/forgot-password/", {"email": sam.email})
        token = mailed_token()
        anybody.post("auth/reset-password/", {"token": token, "new_password": NEW})

    lines = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    assert lines
    secret = token.split(".")[2]
    kept = str(list(OneTimeSecret.objects.values())) + str(list(AuditEntry.objects.values()))
    assert not any(secret in line for line in (*lines, kept))


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "too short"),
        ("password", "too common"),
        ("sam@alpha.school", "too similar"),
        ("x" * 1025, "no more than 1024"),
    ],
)
def test_a_weak_password_is_refused_and_the_link_still_works(
    password, words, anybody, sam, reset_token
):
    response = anybody.post(
        "auth/reset-password/", {"token": reset_token, "new_password": password}
    )

    assert response.status_code == 400
    assert words in response.json()["new_password"][0]
    reset_password(token=reset_token, new_password=NEW)


def test_changing_needs_the_current_password_and_guessing_it_is_slowed(sam, tokens):
    api = Api(token=tokens.access_token)
    body = {"current_password": "not it", "new_password": NEW}

    answers = [api.post("users/me/password/", body) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    assert answers[0].json()["current_password"] == ["This is not your current password."]
    assert log_in(email=sam.email, password=PASSWORD)


def _person_with_link():
    create_user("sam")
    ask_for_reset(email="sam@alpha.school")
    return mailed_token()


def test_of_two_who_use_one_link_at_once_one_succeeds(alpha_committed):
    token = _person_with_link()

    outcomes = at_once(
        alpha_committed,
        [
            lambda: reset_password(token=token, new_password="first horse 1"),
            lambda: reset_password(token=token, new_password="second horse 2"),
        ],
    )

    assert sum(isinstance(outcome, SecretInvalid) for outcome in outcomes) == 1
    assert AuditEntry.objects.filter(action="password.changed").count() == 1


def test_without_spending_it_both_would_succeed(alpha_committed):
    """The control: a link that is only looked at works as often as it is looked at."""
    token = _person_with_link()
    both_looked = threading.Barrier(2, timeout=10)

    def look_then_use():
        row, user = read_secret(token=token, purpose=OneTimeSecret.Purpose.PASSWORD_RESET)
        both_looked.wait()
        OneTimeSecret.objects.filter(pk=row.pk).update(used_at=timezone.now())
        return user.pk

    outcomes = at_once(alpha_committed, [look_then_use] * 2)

    assert outcomes[0] == outcomes[1] == User.objects.get().pk


def test_passwords_are_hashed_with_argon2_and_older_hashes_are_renewed(settings, sam):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    assert identify_hasher(sam.password).algorithm == "md5"

    log_in(email=sam.email, password=PASSWORD)

    sam.refresh_from_db()
    assert identify_hasher(sam.password).algorithm == "argon2"
    assert log_in(email=sam.email, password=PASSWORD)


def test_the_product_itself_prefers_argon2():
    from config.settings import base

    assert base.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
