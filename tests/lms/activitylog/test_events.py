"""Facts: kept with the change, heard after it, told again when somebody did not hear."""

import threading
from dataclasses import dataclass

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from lms.activitylog import events
from lms.activitylog.events import MAX_ATTEMPTS, Event, deliver_unheard, publish
from lms.activitylog.models import Fact
from tenants.context import current_schema, in_tenant


@dataclass(frozen=True, kw_only=True)
class TreePlanted(Event):
    tree_id: str
    height: int = 1


@pytest.fixture
def deaf():
    """A subscriber that fails until it is told not to."""

    class Ear:
        fails = True
        heard: list[TreePlanted] = []

        def __call__(self, event):
            if self.fails:
                raise ZeroDivisionError
            self.heard.append(event)

    ear = Ear()
    ear.heard = []
    events.subscribe(TreePlanted, ear)
    yield ear
    events.unsubscribe(TreePlanted, ear)


def test_a_fact_is_kept_and_heard_after_the_commit_in_its_tenant(
    alpha, beta, heard, django_capture_on_commit_callbacks
):
    facts, places = heard(TreePlanted), []
    events.subscribe(TreePlanted, lambda _: places.append(current_schema()))

    with django_capture_on_commit_callbacks() as callbacks:
        publish(TreePlanted(tree_id="7"))
        assert facts == []
    with in_tenant(beta):
        callbacks[0]()

    assert facts == [TreePlanted(tree_id="7")]
    assert places == [alpha]
    row = Fact.objects.get()
    assert (row.type, row.data) == ("lms.TreePlanted", {"tree_id": "7", "height": 1})
    assert row.handled_at is not None


def test_a_rolled_back_change_was_no_fact(alpha, heard, django_capture_on_commit_callbacks):
    facts = heard(TreePlanted)

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError):
        _plant_and_fail()

    assert facts == []
    assert not Fact.objects.exists()


@transaction.atomic
def _plant_and_fail():
    publish(TreePlanted(tree_id="7"))
    raise ZeroDivisionError


def test_one_deaf_ear_does_not_silence_the_rest_and_hears_later(
    alpha, heard, deaf, django_capture_on_commit_callbacks, caplog
):
    facts = heard(TreePlanted)
    with django_capture_on_commit_callbacks(execute=True):
        publish(TreePlanted(tree_id="7"))

    assert facts == [TreePlanted(tree_id="7")]
    assert "subscriber_failed" in caplog.text
    assert deliver_unheard() == 0  # not yet

    deaf.fails = False
    with time_machine.travel(timezone.now().timestamp() + 11, tick=False):
        assert deliver_unheard() == 1
        assert deliver_unheard() == 0
    assert deaf.heard == [TreePlanted(tree_id="7")]


def test_what_a_crash_left_is_told_and_what_nobody_listens_to_is_closed(alpha, heard):
    facts = heard(TreePlanted)
    Fact.objects.create(type="lms.TreePlanted", data={"tree_id": "9"}, next_try_at=timezone.now())
    Fact.objects.create(type="lms.Forgotten", data={}, next_try_at=timezone.now())

    assert deliver_unheard() == 1

    assert facts == [TreePlanted(tree_id="9")]
    assert not Fact.objects.filter(handled_at=None).exists()


def test_a_fact_that_always_fails_is_given_up_and_holds_up_nobody(
    alpha, deaf, heard, django_capture_on_commit_callbacks, caplog
):
    with django_capture_on_commit_callbacks(execute=True):
        publish(TreePlanted(tree_id="7"))
    attempts = []
    at = timezone.now().timestamp()

    for _ in range(20):
        at += 24 * 3600
        with time_machine.travel(at, tick=False):
            attempts.append(deliver_unheard())

    assert sum(attempts) == MAX_ATTEMPTS
    assert "fact_given_up" in caplog.text
    row = Fact.objects.get()
    assert row.given_up_at is not None
    assert row.handled_at is None


def test_tries_get_rarer(alpha, deaf):
    fact = Fact.objects.create(
        type="lms.TreePlanted", data={"tree_id": "7"}, next_try_at=timezone.now()
    )
    waits = []
    for _ in range(3):
        with time_machine.travel(fact.next_try_at, tick=False):
            deliver_unheard()
            before = fact.next_try_at
            fact.refresh_from_db()
            waits.append((fact.next_try_at - before).total_seconds())

    assert waits == [40, 160, 640]


def test_two_sweepers_tell_it_once(alpha_committed, deaf):
    deaf.fails = False
    for number in range(20):
        Fact.objects.create(
            type="lms.TreePlanted", data={"tree_id": str(number)}, next_try_at=timezone.now()
        )
    barrier = threading.Barrier(4)

    def sweep():
        with in_tenant(alpha_committed):
            barrier.wait(5)
            deliver_unheard()
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(int(event.tree_id) for event in deaf.heard) == list(range(20))
