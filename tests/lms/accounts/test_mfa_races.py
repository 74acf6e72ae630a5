"""Second factors used twice at the same moment; each race beside its control."""

import threading

import pytest
from django.utils import timezone

from lms.accounts.errors import ChallengeInvalid, WrongCode
from lms.accounts.models import OneTimeSecret, TokenFamily, User
from lms.accounts.opaque import keyed_hash
from tests.lms.accounts.guarded import Guarded, wrong
from tests.lms.accounts.races import at_once
from tests.lms.accounts.totp import current_code


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


def test_two_good_codes_at_once_open_one_login_of_one_challenge(alpha_committed):
    """And the one that came too late has not used its code up."""
    guarded = Guarded()
    challenge = guarded.challenge()

    outcomes = at_once(
        alpha_committed,
        [lambda code=code: guarded.answer(code, challenge) for code in guarded.codes[:2]],
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ChallengeInvalid", "Tokens"]
    assert OneTimeSecret.objects.filter(purpose="recovery_code", used_at=None).count() == 9
