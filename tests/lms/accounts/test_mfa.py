"""Two-step sign-in, by an authenticator, a recovery code or a mailed code."""

import re
import threading
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from lms.accounts.errors import ChallengeInvalid, WrongCode
from lms.accounts.models import OneTimeSecret, TokenFamily, User
from lms.accounts.opaque import keyed_hash
from lms.accounts.services import challenges
from lms.accounts.services.families import Tokens
from lms.accounts.services.login import log_in
from lms.accounts.services.mailing import send_waiting
from lms.accounts.services.mfa import confirm_mfa, start_mfa
from lms.auditlog.models import AuditEntry
from lms.core.errors import TooManyRequests
from tests.factories.accounts import PASSWORD, bearer, create_user
from tests.lms.accounts.api import Api
from tests.lms.accounts.races import at_once
from tests.lms.accounts.totp import current_code


class Guarded:
    """A person with two-step sign-in, their authenticator's secret and recovery codes."""

    def __init__(self):
        self.user = create_user("sam")
        self.secret = start_mfa(user=self.user).secret
        self.user.refresh_from_db()
        # Switched on a while ago, so that the code of now is still unused.
        with time_machine.travel(timezone.now() - timedelta(minutes=5)):
            code = current_code(self.secret)
            self.codes = confirm_mfa(user=self.user, code=code, keep=None)
        self.user.refresh_from_db()

    def challenge(self) -> str:
        return log_in(email=self.user.email, password=PASSWORD).token

    def answer(self, code: str, challenge: str = ""):
        return challenges.log_in_with_code(challenge_token=challenge or self.challenge(), code=code)


@pytest.fixture
def guarded(alpha) -> Guarded:
    return Guarded()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


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


def _two_answers(guarded, code):
    tokens = [guarded.challenge(), guarded.challenge()]
    return [lambda token=token: guarded.answer(code, token) for token in tokens]


@pytest.mark.parametrize("kind", ["an authenticator's code", "a recovery code"])
def test_of_two_who_use_one_code_at_once_one_gets_in(kind, alpha_committed):
    guarded = Guarded()
    code = guarded.codes[0] if "recovery" in kind else current_code(guarded.secret)

    outcomes = at_once(alpha_committed, _two_answers(guarded, code))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Tokens", "WrongCode"]
    assert TokenFamily.objects.filter(revoked_at__isnull=True).count() == 1


def test_without_the_compare_and_set_both_would_get_in_by_one_step(alpha_committed):
    """The control for the authenticator's code."""
    guarded = Guarded()
    step = int(timezone.now().timestamp()) // 30
    both_looked = threading.Barrier(2, timeout=10)

    def look_then_take():
        user = User.objects.get(pk=guarded.user.pk)
        unused = user.totp_last_step < step
        both_looked.wait()
        User.objects.filter(pk=user.pk).update(totp_last_step=step)
        return unused

    assert at_once(alpha_committed, [look_then_take] * 2) == [True, True]


def test_without_the_compare_and_set_both_would_get_in_by_one_recovery_code(alpha_committed):
    """The control for the recovery code."""
    guarded = Guarded()
    secret = keyed_hash("recovery", guarded.user.pk, guarded.codes[0].replace("-", ""))
    both_looked = threading.Barrier(2, timeout=10)

    def look_then_take():
        row = OneTimeSecret.objects.get(secret_hash=secret)
        unused = row.used_at is None
        both_looked.wait()
        OneTimeSecret.objects.filter(pk=row.pk).update(used_at=timezone.now())
        return unused

    assert at_once(alpha_committed, [look_then_take] * 2) == [True, True]


def test_five_tries_are_five_also_when_they_come_at_once(alpha_committed):
    guarded = Guarded()
    challenge = guarded.challenge()
    bad = wrong(current_code(guarded.secret))

    outcomes = at_once(alpha_committed, [lambda: guarded.answer(bad, challenge)] * 8)

    assert sum(isinstance(outcome, WrongCode) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, ChallengeInvalid) for outcome in outcomes) == 3
