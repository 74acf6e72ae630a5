"""The writer: batches of what waits, an outcome after the commit, and failures that stay alone."""

import asyncio

import pytest

from lms.core.errors import BadRequest, Unavailable
from realtime.ingest import Ingest


class Store:
    """Keeps items after a moment; remembers the batches it was given."""

    def __init__(self, *, poison=(), refuse=(), away=False):
        self.batches = []
        self.kept = []
        self.poison = set(poison)
        self.refuse = set(refuse)
        self.away = away
        self.gate = asyncio.Event()
        self.gate.set()
        self.at_once = 0
        self.most_at_once = 0

    async def write(self, schema, items):
        self.batches.append((schema, list(items)))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            await asyncio.sleep(0)
            if self.away:
                raise Unavailable
            if self.poison & set(items):
                raise ValueError("poison")
        finally:
            self.at_once -= 1
        self.kept += [item for item in items if item not in self.refuse]
        return [BadRequest() if item in self.refuse else f"kept {item}" for item in items]


def ingest(store, **limits):
    return Ingest(store.write, **{"max_batch": 100, "max_waiting": 1000, **limits})


def run(scenario):
    return asyncio.run(scenario())


def test_a_lone_item_is_written_at_once():
    async def scenario():
        store = Store()
        assert await ingest(store).submit("a", 1) == "kept 1"
        assert store.batches == [("a", [1])]

    run(scenario)


def test_what_waits_while_a_batch_commits_is_the_next_batch_in_order():
    async def scenario():
        store = Store()
        writer = ingest(store)
        store.gate.clear()
        first = writer.submit("a", 0)
        await asyncio.sleep(0.01)
        rest = [writer.submit("a", number) for number in range(1, 50)]
        store.gate.set()
        await asyncio.gather(first, *rest)

        assert store.batches == [("a", [0]), ("a", list(range(1, 50)))]
        assert writer.waiting == 0

    run(scenario)


def test_no_batch_is_larger_than_allowed():
    async def scenario():
        store = Store()
        writer = ingest(store, max_batch=10)
        await asyncio.gather(*(writer.submit("a", number) for number in range(25)))

        assert [len(items) for _, items in store.batches] == [10, 10, 5]

    run(scenario)


def test_each_tenant_has_its_own_batches_and_a_slow_one_does_not_hold_up_others():
    async def scenario():
        slow, store = asyncio.Event(), Store()

        async def write(schema, items):
            if schema == "slow":
                await slow.wait()
            return await store.write(schema, items)

        writer = Ingest(write, max_batch=100, max_waiting=1000, tenants_at_once=2)
        held = writer.submit("slow", 1)
        assert await asyncio.wait_for(writer.submit("quick", 2), 1) == "kept 2"
        assert not held.done()
        slow.set()
        assert await held == "kept 1"
        assert {schema for schema, items in store.batches} == {"slow", "quick"}
        assert all(len(items) == 1 for _, items in store.batches)

    run(scenario)


def test_only_so_many_tenants_write_at_once():
    async def scenario():
        store = Store()
        writer = ingest(store, tenants_at_once=3)
        await asyncio.gather(*(writer.submit(f"t{number}", number) for number in range(20)))

        assert store.most_at_once == 3

    run(scenario)


def test_an_item_that_cannot_be_kept_fails_alone():
    async def scenario():
        store = Store(poison=[3])
        writer = ingest(store)
        outcomes = await asyncio.gather(
            *(writer.submit("a", number) for number in range(6)), return_exceptions=True
        )

        assert [type(outcome) for outcome in outcomes] == [str, str, str, Unavailable, str, str]
        assert store.kept == [0, 1, 2, 4, 5]

    run(scenario)


def test_a_refusal_reaches_its_sender_and_nobody_else():
    async def scenario():
        writer = ingest(Store(refuse=[1]))
        outcomes = await asyncio.gather(
            *(writer.submit("a", number) for number in range(3)), return_exceptions=True
        )

        assert isinstance(outcomes[1], BadRequest)
        assert (outcomes[0], outcomes[2]) == ("kept 0", "kept 2")

    run(scenario)


def test_without_the_database_everybody_is_told_and_nothing_is_tried_again():
    async def scenario():
        store = Store(away=True)
        writer = ingest(store)
        outcomes = await asyncio.gather(
            *(writer.submit("a", number) for number in range(5)), return_exceptions=True
        )

        assert {type(outcome) for outcome in outcomes} == {Unavailable}
        assert len(store.batches) == 1

    run(scenario)


def test_when_too_much_waits_the_next_is_refused_at_once():
    async def scenario():
        store = Store()
        store.gate.clear()
        writer = ingest(store, max_waiting=3)
        taken = [writer.submit("a", number) for number in range(3)]
        with pytest.raises(Unavailable):
            writer.submit("a", 4)
        store.gate.set()
        await asyncio.gather(*taken)
        assert await writer.submit("a", 5) == "kept 5"

    run(scenario)


def test_draining_finishes_what_was_taken_and_takes_no_more():
    async def scenario():
        store = Store()
        writer = ingest(store, max_batch=2)
        taken = [writer.submit("a", number) for number in range(7)]
        await writer.drain()
        assert all(future.done() for future in taken)
        with pytest.raises(Unavailable):
            writer.submit("a", 8)

    run(scenario)


def test_a_sender_that_went_away_does_not_disturb_the_batch():
    async def scenario():
        writer = ingest(Store())
        futures = [writer.submit("a", number) for number in range(3)]
        futures[1].cancel()
        assert await futures[2] == "kept 2"

    run(scenario)
