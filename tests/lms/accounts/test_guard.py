"""Guessing passwords: delays that grow, budgets that refill, and no door shut for good."""

import threading

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lms.accounts.errors import InvalidCredentials
from lms.accounts.models import User
from lms.accounts.services import guard
from lms.accounts.services.login import check_credentials
from lms.core import throttling
from lms.core.errors import TooManyRequests, Unavailable
from lms.core.request_facts import RequestFacts, request_facts_var
from tests.factories.accounts import PASSWORD, create_user
from tests.lms.accounts.api import Api
from tests.lms.accounts.races import at_once

WRONG = "not the password"


def fail(email, ip="192.0.2.1", password=WRONG):
    """What came of a try from this address."""
    token = request_facts_var.set(RequestFacts(ip=ip))
    try:
        return check_credentials(email=email, password=password)
    except (InvalidCredentials, TooManyRequests) as error:
        return error
    finally:
        request_facts_var.reset(token)


@pytest.mark.parametrize("email", ["sam@alpha.school", "nobody@alpha.school"])
def test_after_a_few_tries_each_waits_twice_as_long_known_address_or_not(email, sam):
    outcomes = [fail(email) for _ in range(guard.FREE_TRIES + 1)]

    assert all(isinstance(outcome, InvalidCredentials) for outcome in outcomes[:-1])
    assert isinstance(outcomes[-1], TooManyRequests)
    assert 0 < outcomes[-1].extra["retry_after"] <= guard.FIRST_WAIT


def test_the_delay_doubles_and_ends_at_the_longest(alpha):
    """Looks into Redis: waiting for it would take a minute."""
    key, delays = throttling._key("t", "s"), []
    for _ in range(7):
        throttling.require_patience("t", "s", free=2, first_seconds=10, longest_seconds=60)
        clock = throttling.redis_client().time()[0]
        delays.append(round(float(throttling.redis_client().hget(key, "open_at")) / 1000 - clock))
        throttling.redis_client().hset(key, "open_at", 0)

    expected = [0, 10, 20, 40, 60, 60, 60]
    assert all(abs(delay - wanted) <= 1 for delay, wanted in zip(delays, expected, strict=True))


def test_the_refusal_says_when_to_come_back(anybody, sam):
    for _ in range(guard.FREE_TRIES):
        anybody.post("auth/login/", {"email": sam.email, "password": WRONG})

    response = anybody.post("auth/login/", {"email": sam.email, "password": PASSWORD})

    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert response.json()["retry_after"] > 0
    assert int(response["Retry-After"]) >= 1


def test_an_attack_from_elsewhere_does_not_keep_the_owner_out(sam):
    assert fail(sam.email, ip="198.51.100.7", password=PASSWORD) == sam
    refused = [fail(sam.email, ip=f"203.0.113.{number}") for number in range(40)]

    assert isinstance(refused[-1], TooManyRequests)
    assert fail(sam.email, ip="198.51.100.7", password=PASSWORD) == sam


def test_one_address_that_tries_many_accounts_runs_out_of_tries(alpha):
    outcomes = [fail(f"p{number}@alpha.school", ip="203.0.113.9") for number in range(110)]

    refused = [outcome for outcome in outcomes if isinstance(outcome, TooManyRequests)]
    assert 1 <= len(refused) <= 10
    assert isinstance(fail("p0@alpha.school", ip="203.0.113.10"), InvalidCredentials)


def test_many_addresses_together_run_into_the_budget_of_all(alpha, monkeypatch):
    monkeypatch.setattr(guard, "EVERYONE", ("login-everyone", 0.001, 10))
    outcomes = [fail(f"p{n}@alpha.school", ip=f"203.0.113.{n}") for n in range(11)]

    assert isinstance(outcomes[-1], TooManyRequests)


def test_good_sign_ins_use_nothing_up(sam):
    class_of_a_school = [fail(sam.email, password=PASSWORD) for _ in range(150)]

    assert set(class_of_a_school) == {sam}


@pytest.mark.parametrize(
    ("_case", "proxies", "forwarded"),
    [
        ("nobody is trusted", 0, "198.51.100.{n}"),
        ("one proxy is trusted, and it saw one client", 1, "198.51.100.{n}, 203.0.113.5"),
    ],
)
def test_a_made_up_forwarded_for_is_no_new_address(_case, proxies, forwarded, sam, settings):
    settings.TRUSTED_PROXIES = proxies
    for number in range(guard.FREE_TRIES):
        Api(**{"x-forwarded-for": forwarded.format(n=number)}).post(
            "auth/login/", {"email": sam.email, "password": WRONG}
        )

    response = Api(**{"x-forwarded-for": forwarded.format(n=99)}).post(
        "auth/login/", {"email": sam.email, "password": WRONG}
    )

    assert response.status_code == 429


def test_tries_that_come_all_at_once_do_not_slip_through(alpha_committed):
    create_user("sam")
    calls = [lambda: check_credentials(email="sam@alpha.school", password=WRONG)] * 12

    outcomes = at_once(alpha_committed, calls)

    looked_at = [outcome for outcome in outcomes if isinstance(outcome, InvalidCredentials)]
    assert len(looked_at) == guard.FREE_TRIES


def test_without_counting_first_they_would_slip_through(alpha_committed):
    """The control: counting after the answer lets every one of them be looked at."""
    create_user("sam")
    all_asked = threading.Barrier(12, timeout=10)

    def count_afterwards():
        user = User.objects.get(email="sam@alpha.school")
        tries = int(throttling.redis_client().get("g:control") or 0)
        if tries >= guard.FREE_TRIES:
            return "refused"
        all_asked.wait()
        right = user.check_password(WRONG)
        throttling.redis_client().incr("g:control")
        return right

    outcomes = at_once(alpha_committed, [count_afterwards] * 12)

    assert outcomes.count(False) == 12 > guard.FREE_TRIES


def test_without_redis_passwords_cannot_be_tried(sam, monkeypatch):
    dead = redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(throttling, "redis_client", lambda: dead)

    with pytest.raises(Unavailable):
        check_credentials(email=sam.email, password=PASSWORD)
