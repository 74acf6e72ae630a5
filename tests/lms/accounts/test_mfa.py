"""Two-step sign-in, by an authenticator, a recovery code or a mailed code."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from lms.accounts.errors import ChallengeInvalid, WrongCode
from lms.accounts.models import OneTimeSecret, TokenFamily, User
from lms.accounts.services import challenges
from lms.accounts.services.families import Tokens
from lms.accounts.services.login import log_in
from lms.accounts.services.mailing import send_waiting
from lms.auditlog.models import AuditEntry
from lms.core.errors import TooManyRequests
from tests.factories.accounts import PASSWORD, bearer
from tests.lms.accounts.api import Api
from tests.lms.accounts.guarded import Guarded, wrong
from tests.lms.accounts.totp import current_code


@pytest.fixture
def guarded(alpha) -> Guarded:
    return Guarded()


def test_setting_up_shows_what_an_authenticator_needs(sam, tokens):
    api = Api(token=tokens.access_token)

    enrolment = api.post("auth/mfa/enable", {}).json()

    uri = urlsplit(enrolment["otpauth_uri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert parse_qs(uri.query)["secret"] == [enrolment["secret"]]
    assert parse_qs(uri.query)["issuer"] == ["Alpha"]
    assert enrolment["qr_svg"].startswith("<svg")
    sam.refresh_from_db()
    assert not sam.mfa_enabled
    assert enrolment["secret"] not in sam.totp_secret
    confirmed = api.post("auth/mfa/verify", {"code": current_code(enrolment["secret"])})
    assert confirmed.status_code == 200
    assert len(set(confirmed.json()["recovery_codes"])) == 10
    assert api.get("users/me/").json()["mfa_enabled"] is True
    send_waiting()
    assert mail.outbox[-1].subject == "Two-step sign-in is on"


def test_a_wrong_first_code_switches_nothing_on(sam, tokens):
    api = Api(token=tokens.access_token)
    secret = api.post("auth/mfa/enable").json()["secret"]

    response = api.post("auth/mfa/verify", {"code": wrong(current_code(secret))})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["code"])
    assert not User.objects.get(pk=sam.pk).mfa_enabled


@pytest.mark.parametrize("path", ["auth/mfa/verify", "auth/mfa/login", "/api/auth/login/mfa/"])
def test_signing_in_takes_password_and_code(path, anybody, guarded):
    first = anybody.post("auth/login", {"email": guarded.user.email, "password": PASSWORD}).json()
    assert first.pop("challenge_token").count(".") == 2
    assert first == {
        "mfa_required": True,
        "expires_in_seconds": 300,
        "message": "MFA verification required",
    }
    assert not TokenFamily.objects.filter(revoked_at__isnull=True).exists()

    response = anybody.post(
        path, {"challenge_token": guarded.challenge(), "code": current_code(guarded.secret)}
    )

    assert response.status_code == 200
    assert Api(token=response.json()["access"]).get("users/me/").status_code == 200


@pytest.mark.parametrize(("steps", "welcome"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_wrong_by_one_step(steps, welcome, guarded):
    with time_machine.travel(timezone.now(), tick=False):
        try:
            outcome = guarded.answer(current_code(guarded.secret, steps=steps))
        except WrongCode:
            outcome = None

    assert isinstance(outcome, Tokens) is welcome


def test_a_code_works_once_and_no_older_one_after_it(guarded):
    with time_machine.travel(timezone.now(), tick=False):
        guarded.answer(current_code(guarded.secret))

        for steps in (0, -1):
            with pytest.raises(WrongCode):
                guarded.answer(current_code(guarded.secret, steps=steps))


@pytest.mark.parametrize("shape", [str, str.upper, lambda code: code.replace("-", " ")])
def test_a_recovery_code_works_once_however_it_is_typed(shape, guarded):
    code = shape(guarded.codes[3])

    assert guarded.answer(code)
    with pytest.raises(WrongCode):
        guarded.answer(code)
    send_waiting()
    assert mail.outbox[-1].subject == "A recovery code was used"


def test_recovery_codes_are_kept_as_hashes(guarded):
    kept = str(list(OneTimeSecret.objects.values()))

    assert not any(code.replace("-", "") in kept for code in guarded.codes)


def test_a_mailed_code_answers_its_own_challenge_only(anybody, guarded):
    challenge, other = guarded.challenge(), guarded.challenge()
    assert anybody.post("auth/mfa/email-code", {"challenge_token": challenge}).status_code == 200
    send_waiting()
    code = re.search(r"\b(\d{6})\b", mail.outbox[-1].body)[1]

    with pytest.raises(WrongCode):
        guarded.answer(code, other)
    assert guarded.answer(code, challenge)
    with pytest.raises(ChallengeInvalid):
        guarded.answer(code, challenge)


def test_mailed_codes_are_few(anybody, guarded):
    challenge = guarded.challenge()
    statuses = [
        anybody.post("auth/mfa/email-code", {"challenge_token": challenge}).status_code
        for _ in range(4)
    ]

    assert statuses == [200, 200, 200, 429]


def test_a_challenge_dies_after_five_tries_even_for_the_right_code(guarded):
    challenge = guarded.challenge()
    for _ in range(5):
        with pytest.raises(WrongCode):
            guarded.answer(wrong(current_code(guarded.secret)), challenge)

    with pytest.raises(ChallengeInvalid):
        guarded.answer(current_code(guarded.secret), challenge)


def test_a_thousand_guesses_are_at_most_twenty_in_an_hour(guarded):
    """AU-03: fresh challenges do not help, and the right code is refused with the rest."""
    looked_at = 0
    for number in range(1000):
        challenge = challenges.start_challenge(user=guarded.user).token
        try:
            guarded.answer(f"{number:06d}", challenge)
        except WrongCode:
            looked_at += 1
        except TooManyRequests:
            continue
    attempts = AuditEntry.objects.filter(action="login.second_factor_failed").count()

    assert looked_at == attempts <= 20


def test_a_challenge_dies_in_five_minutes(guarded):
    challenge = guarded.challenge()

    with (
        time_machine.travel(timezone.now() + timedelta(seconds=301)),
        pytest.raises(ChallengeInvalid),
    ):
        guarded.answer(current_code(guarded.secret), challenge)


def test_a_challenge_of_one_school_is_nothing_at_another(guarded):
    response = Api(host="beta.test").post(
        "auth/mfa/login/",
        {"challenge_token": guarded.challenge(), "code": current_code(guarded.secret)},
    )

    assert (response.status_code, response.json()["code"]) == (401, "challenge_invalid")


@pytest.mark.parametrize(
    ("_case", "password", "code", "field"),
    [
        ("a wrong password", "not it", "right", "password"),
        ("a wrong code", PASSWORD, "000000", "code"),
    ],
)
def test_switching_it_off_needs_password_and_code(_case, password, code, field, guarded):
    api = Api(**bearer(guarded.user))
    code = current_code(guarded.secret) if code == "right" else code

    response = api.post("auth/mfa/disable", {"password": password, "code": code})

    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert User.objects.get(pk=guarded.user.pk).mfa_enabled


def test_switching_it_off_leaves_nothing_of_it(guarded):
    api = Api(**bearer(guarded.user))

    response = api.post(
        "auth/mfa/disable", {"password": PASSWORD, "code": current_code(guarded.secret)}
    )

    assert response.status_code == 204
    guarded.user.refresh_from_db()
    assert (guarded.user.mfa_enabled, guarded.user.totp_secret) == (False, "")
    assert not guarded.user.secrets.filter(purpose="recovery_code").exists()
    assert isinstance(log_in(email=guarded.user.email, password=PASSWORD), Tokens)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("auth/mfa/enable", {}, "mfa_already_enabled"),
        ("auth/mfa/verify", {"code": "000000"}, "mfa_already_enabled"),
    ],
)
def test_what_is_on_cannot_be_switched_on(path, body, code, guarded):
    response = Api(**bearer(guarded.user)).post(path, body)

    assert (response.status_code, response.json()["code"]) == (409, code)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("auth/mfa/verify", {"code": "000000"}),
        ("auth/mfa/disable", {"password": PASSWORD, "code": "000000"}),
    ],
)
def test_what_was_not_begun_cannot_be_ended(path, body, sam):
    response = Api(**bearer(sam)).post(path, body)

    assert (response.status_code, response.json()["code"]) == (409, "mfa_not_enabled")


@pytest.mark.parametrize("path", ["enable", "verify", "disable"])
def test_these_are_for_people_who_are_signed_in(path, anybody, alpha):
    assert anybody.post(f"auth/mfa/{path}/", {}).status_code == 401
