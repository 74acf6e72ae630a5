"""Who is here: one suite for every store, and the telling of joins and leaves."""

import asyncio
import uuid

import pytest
from django.conf import settings

from realtime import presence as presence_module
from realtime import redis_presence as redis_module
from realtime.presence import MemoryPresence, Presence
from realtime.redis_presence import RedisPresence
from tests.realtime.wire import until

KEY = ("t_" + "a" * 32, "conversation:1")
OTHER_TENANT = ("t_" + "b" * 32, "conversation:1")


def person(name="Sam"):
    return {"id": str(uuid.uuid4()), "name": name, "avatar": ""}


def run_on(kind, scenario):
    """`scenario(one, other)`: two nodes' stores that share what they keep."""

    async def run():
        if kind == "memory":
            store = MemoryPresence()
            await scenario(store, store)
            return
        stores = [RedisPresence(settings.REDIS_URL) for _ in range(2)]
        try:
            await scenario(*stores)
        finally:
            for store in stores:
                await store.close()

    asyncio.run(run())


both = pytest.mark.parametrize("kind", ["memory", "redis"])


@both
def test_a_person_on_two_nodes_joins_once_and_leaves_once(kind):
    async def scenario(one, other):
        sam = person()
        assert await one.join(KEY, sam) is True
        assert await other.join(KEY, sam) is False
        assert await one.count(KEY) == 1
        assert await one.leave(KEY, sam["id"]) is False
        assert await other.members(KEY, 10) == [sam]
        assert await other.leave(KEY, sam["id"]) is True
        assert await one.count(KEY) == 0
        assert await one.leave(KEY, sam["id"]) is False

    run_on(kind, scenario)


@both
def test_g6_presence_of_one_tenant_is_nothing_in_another(kind):
    async def scenario(one, other):
        await one.join(KEY, person())
        assert await other.count(OTHER_TENANT) == 0
        assert await other.members(OTHER_TENANT, 10) == []

    run_on(kind, scenario)


def test_who_was_on_a_node_that_died_is_gone_when_the_entries_expire(monkeypatch):
    monkeypatch.setattr(redis_module, "ENTRY_SECONDS", 0.2)

    async def scenario(dead, alive):
        ghost, sam = person("Ghost"), person("Sam")
        await dead.join(KEY, ghost)
        await alive.join(KEY, sam)
        for _ in range(4):
            await asyncio.sleep(0.1)
            await alive.refresh(KEY, [sam])
        assert await alive.count(KEY) == 1
        assert await alive.expire(KEY) == [ghost["id"]]
        assert await alive.expire(KEY) == []
        assert await alive.members(KEY, 10) == [sam]
        assert await alive.join(KEY, ghost) is True

    run_on("redis", scenario)


# -- telling --------------------------------------------------------------------------------


class Told:
    def __init__(self):
        self.pushes = []

    def __call__(self, schema, topic, kind, payload):
        self.pushes.append(
            (kind, [user["id"] for user in payload["users"]], payload["members_online"])
        )


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    monkeypatch.setattr(presence_module, "GATHER_SECONDS", 0.01)
    monkeypatch.setattr(presence_module, "FLUSH_SECONDS", 0.02)
    monkeypatch.setattr(presence_module, "LEAVE_GRACE_SECONDS", 0.1)


def telling(scenario, store=None):
    async def run():
        told = Told()
        presence = Presence(store or MemoryPresence(), told)
        presence.start()
        try:
            await scenario(presence, told)
        finally:
            await presence.stop()

    asyncio.run(run())


def test_joins_of_one_moment_are_told_together():
    async def scenario(presence, told):
        people = [person() for _ in range(5)]
        for one in people:
            presence.enter(KEY, one)
        await until(lambda: told.pushes)

        kind, ids, online = told.pushes[0]
        assert (kind, online) == ("presence.joined", 5)
        assert set(ids) == {one["id"] for one in people}
        assert presence.count(*KEY) == 5

    telling(scenario)


def test_a_reload_is_neither_a_leave_nor_a_join():
    async def scenario(presence, told):
        sam = person()
        presence.enter(KEY, sam)
        await until(lambda: told.pushes)
        presence.leave(KEY, uuid.UUID(sam["id"]))
        await asyncio.sleep(0.05)
        presence.enter(KEY, sam)
        await asyncio.sleep(0.25)

        assert [kind for kind, _, _ in told.pushes] == ["presence.joined"]

    telling(scenario)


def test_the_last_socket_of_a_person_makes_the_leave():
    async def scenario(presence, told):
        sam = person()
        presence.enter(KEY, sam)
        presence.enter(KEY, sam)
        await until(lambda: told.pushes)
        presence.leave(KEY, uuid.UUID(sam["id"]))
        await asyncio.sleep(0.2)
        assert len(told.pushes) == 1
        presence.leave(KEY, uuid.UUID(sam["id"]))
        await until(lambda: len(told.pushes) == 2)

        assert told.pushes[1] == ("presence.left", [sam["id"]], 0)
        assert presence.count(*KEY) == 0

    telling(scenario)


def test_in_a_large_room_nobody_is_told(monkeypatch):
    monkeypatch.setattr(presence_module, "TELL_UP_TO", 3)

    async def scenario(presence, told):
        for _ in range(5):
            presence.enter(KEY, person())
        await until(lambda: presence.count(*KEY) == 5)
        await asyncio.sleep(0.1)

        assert told.pushes == []

    telling(scenario)


class AwayStore(MemoryPresence):
    async def join(self, key, person):
        raise ConnectionError

    async def count(self, key):
        raise ConnectionError

    async def members(self, key, limit):
        raise ConnectionError


def test_without_the_store_a_node_counts_those_it_sees_itself():
    async def scenario(presence, told):
        sam = person()
        presence.enter(KEY, sam)
        await presence.load(KEY)
        await asyncio.sleep(0.05)

        assert presence.count(*KEY) == 1
        assert await presence.members(*KEY) == [sam]

    telling(scenario, AwayStore())
