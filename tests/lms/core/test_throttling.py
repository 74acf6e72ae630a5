"""Budgets: a bucket that refills, and what happens without Redis."""

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lms.core import throttling
from lms.core.errors import TooManyRequests, Unavailable
from tenants.context import in_tenant
from tests.factories.accounts import bearer, create_user
from tests.lms.accounts.races import at_once


@pytest.fixture
def no_redis(monkeypatch):
    dead = redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(throttling, "redis_client", lambda: dead)


def spend(name="test", subject="sam", *, per_second=0.01, burst=3):
    throttling.require_budget(name, subject, per_second=per_second, burst=burst)


def test_a_budget_ends_and_says_when_to_come_back(alpha):
    for _ in range(3):
        spend()

    with pytest.raises(TooManyRequests) as refusal:
        spend()
    assert 90 < refusal.value.extra["retry_after"] <= 100


def test_a_budget_refills(alpha):
    for _ in range(3):
        spend()
    key = throttling._key("test", "sam")
    an_hour_ago = int(throttling.redis_client().hget(key, "at")) - 3_600_000
    throttling.redis_client().hset(key, "at", an_hour_ago)

    for _ in range(3):
        spend()
    with pytest.raises(TooManyRequests):
        spend()


def test_what_is_given_back_can_be_spent_again_and_never_more(alpha):
    spend()
    for _ in range(5):
        throttling.give_back("test", "sam", burst=3)

    for _ in range(3):
        spend()
    with pytest.raises(TooManyRequests):
        spend()


def test_budgets_of_names_subjects_and_schools_are_apart(alpha, beta):
    for _ in range(3):
        spend()

    spend(subject="sven")
    spend(name="other")
    with in_tenant(beta):
        spend()


def test_a_budget_is_not_overspent_by_many_at_once(alpha_committed):
    outcomes = at_once(alpha_committed, [spend] * 12)

    assert sum(outcome is None for outcome in outcomes) == 3


def test_asking_before_counting_would_overspend_it(alpha_committed):
    """The control: two steps instead of one script."""
    import threading

    all_asked = threading.Barrier(12, timeout=10)

    def ask_then_count():
        left = 3 - int(throttling.redis_client().get("g:control") or 0)
        all_asked.wait()
        if left > 0:
            throttling.redis_client().incr("g:control")
        return left > 0

    assert at_once(alpha_committed, [ask_then_count] * 12).count(True) == 12


def test_keys_do_not_stay_for_ever(alpha):
    spend()
    throttling.require_patience("wait", "sam", free=2, first_seconds=1, longest_seconds=60)
    throttling.remember("known", "sam", seconds=60)

    client = throttling.redis_client()
    for name, subject in (("test", "sam"), ("wait", "sam"), ("known", "sam")):
        assert 0 < client.ttl(throttling._key(name, subject)) <= 400


def test_without_redis_what_must_not_be_guessed_is_closed(alpha, no_redis):
    with pytest.raises(Unavailable):
        spend()


def test_without_redis_the_api_stays_open(client, alpha, no_redis):
    response = client.get(
        "/api/v1/users/me/", headers={"host": "alpha.test", **bearer(create_user("sam"))}
    )

    assert response.status_code == 200


def test_too_many_requests_of_one_person_are_a_429(client, alpha, monkeypatch):
    monkeypatch.setattr(throttling.DefaultThrottle, "burst", 2)
    monkeypatch.setattr(throttling.DefaultThrottle, "per_second", 0.1)
    headers = {"host": "alpha.test", **bearer(create_user("sam"))}

    statuses = [client.get("/api/v1/users/me/", headers=headers) for _ in range(3)]

    assert [response.status_code for response in statuses] == [200, 200, 429]
    assert statuses[2].json()["code"] == "rate_limited"
    assert 0 < statuses[2].json()["retry_after"] <= 10
    assert int(statuses[2]["Retry-After"]) >= 1
