"""Who is here. Kept by each node for its own sockets and shared through expiring entries.

A person is here while any socket of theirs on any node is. Joins and leaves are told at most
once a second for each topic, a leave only after a grace in which a reload comes back. With
the store away, a node counts those it sees itself.
"""

import asyncio
import logging
import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from realtime.room import Key

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.05
FLUSH_SECONDS = 1.0
LEAVE_GRACE_SECONDS = 5.0
HEARTBEAT_SECONDS = 20.0
ENTRY_SECONDS = 65.0
# In larger rooms joins and leaves are not pushed: nobody reads them and everybody pays.
TELL_UP_TO = 200
LISTED = 100

Person = dict[str, str]
Tell = Callable[[str, str, str, dict[str, Any]], None]
"""(schema, topic, type, payload): an ephemeral push."""


class PresenceStore(Protocol):
    """What all nodes share. Every call is bounded in time and may raise."""

    async def join(self, key: Key, person: Person) -> bool:
        """Whether the person was nowhere before."""
        ...

    async def leave(self, key: Key, user_id: str) -> bool:
        """Whether the person is nowhere now."""
        ...

    async def refresh(self, key: Key, people: Sequence[Person]) -> None: ...
    async def expire(self, key: Key) -> list[str]:
        """Forget those whose node died; their ids."""
        ...

    async def count(self, key: Key) -> int: ...
    async def members(self, key: Key, limit: int) -> list[Person]: ...


@dataclass(slots=True)
class _Local:
    """One topic's people on this node."""

    sockets: dict[uuid.UUID, int] = field(default_factory=dict)
    people: dict[uuid.UUID, Person] = field(default_factory=dict)
    told: set[uuid.UUID] = field(default_factory=set)  # what the store knows from us
    left_at: dict[uuid.UUID, float] = field(default_factory=dict)
    online: int | None = None  # the store's last count


class Presence:
    def __init__(self, store: PresenceStore, tell: Tell) -> None:
        self._store = store
        self._tell = tell
        self._topics: dict[Key, _Local] = {}
        self._dirty: set[Key] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._flush_forever()),
            asyncio.create_task(self._beat_forever()),
        ]

    async def stop(self) -> None:
        """Leave everywhere now, as far as the store answers."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def enter(self, key: Key, person: Person) -> None:
        local = self._topics.setdefault(key, _Local())
        user_id = uuid.UUID(person["id"])
        local.sockets[user_id] = local.sockets.get(user_id, 0) + 1
        local.people[user_id] = person
        local.left_at.pop(user_id, None)
        if user_id not in local.told:
            self._touch(key)

    def leave(self, key: Key, user_id: uuid.UUID) -> None:
        local = self._topics.get(key)
        if local is None or user_id not in local.sockets:
            return
        local.sockets[user_id] -= 1
        if local.sockets[user_id] == 0:
            del local.sockets[user_id]
            local.left_at[user_id] = time.monotonic()
            self._touch(key)

    def _touch(self, key: Key) -> None:
        self._dirty.add(key)
        self._wake.set()

    def count(self, schema: str, topic: str) -> int:
        """How many are here, as of a second ago, and at least those on this node."""
        local = self._topics.get((schema, topic))
        if local is None:
            return 0
        return max(local.online or 0, len(local.sockets))

    async def load(self, key: Key) -> None:
        """Make `count` right for a topic that this node has just begun to follow."""
        local = self._topics.get(key)
        if local is not None and local.online is None:
            local.online = 0  # one asks, the others of the same moment take what is known
            try:
                here = await self._store.count(key)
            except Exception:
                logger.warning("presence_unavailable")
            else:
                # Our own first ones are perhaps not in the store yet.
                local.online = here + len(local.sockets.keys() - local.told)

    async def members(self, schema: str, topic: str) -> list[Person]:
        try:
            people = {p["id"]: p for p in await self._store.members((schema, topic), LISTED)}
        except Exception:
            logger.warning("presence_unavailable")
            people = {}
        local = self._topics.get((schema, topic))
        if local is not None:
            people |= {str(user_id): local.people[user_id] for user_id in local.sockets}
        return list(people.values())[:LISTED]

    # -- telling ------------------------------------------------------------------------

    async def _flush_forever(self) -> None:
        """The first of a quiet time at once, then what gathers in a second together."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()
            for key in list(self._dirty):
                self._dirty.discard(key)
                try:
                    await self._flush(key, self._topics[key])
                except Exception:
                    logger.warning("presence_unavailable")
                    self._touch(key)
                    break
            await asyncio.sleep(FLUSH_SECONDS)

    async def _flush(self, key: Key, local: _Local) -> None:
        joined = [
            local.people[user_id]
            for user_id in local.sockets.keys() - local.told
            if await self._join(key, local, user_id)
        ]
        left = [user_id for user_id in list(local.left_at) if await self._part(key, local, user_id)]
        if local.left_at:
            self._touch(key)
        local.online = await self._store.count(key)
        self._announce(key, local, "presence.joined", joined)
        self._announce(key, local, "presence.left", [{"id": str(user_id)} for user_id in left])
        if not local.sockets and not local.told and not local.left_at:
            self._topics.pop(key, None)

    async def _join(self, key: Key, local: _Local, user_id: uuid.UUID) -> bool:
        is_new = await self._store.join(key, local.people[user_id])
        local.told.add(user_id)
        return is_new

    async def _part(self, key: Key, local: _Local, user_id: uuid.UUID) -> bool:
        """Whether the person is gone from all nodes; not before the grace is over."""
        if time.monotonic() - local.left_at[user_id] < LEAVE_GRACE_SECONDS:
            return False
        is_gone = user_id in local.told and await self._store.leave(key, str(user_id))
        local.left_at.pop(user_id, None)
        local.told.discard(user_id)
        if user_id not in local.sockets:
            local.people.pop(user_id, None)
        return is_gone

    def _announce(self, key: Key, local: _Local, kind: str, people: Sequence[Person]) -> None:
        online = local.online or 0
        if people and online <= TELL_UP_TO:
            payload = {"users": list(people)[:LISTED], "members_online": online}
            self._tell(key[0], key[1], kind, payload)

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
            for key, local in list(self._topics.items()):
                try:
                    await self._store.refresh(key, [local.people[u] for u in local.told])
                    gone = await self._store.expire(key)
                    local.online = await self._store.count(key)
                except Exception:
                    logger.warning("presence_unavailable")
                    break
                self._announce(key, local, "presence.left", [{"id": user} for user in gone])


class MemoryPresence:
    """For one process alone, or for the nodes of a test that share the instance."""

    def __init__(self) -> None:
        self._people: dict[Key, dict[str, tuple[int, Person]]] = {}

    async def join(self, key: Key, person: Person) -> bool:
        here = self._people.setdefault(key, {})
        nodes, _ = here.get(person["id"], (0, person))
        here[person["id"]] = (nodes + 1, person)
        return nodes == 0

    async def leave(self, key: Key, user_id: str) -> bool:
        here = self._people.get(key, {})
        nodes, person = here.get(user_id, (0, {}))
        if nodes > 1:
            here[user_id] = (nodes - 1, person)
            return False
        here.pop(user_id, None)
        return nodes == 1

    async def refresh(self, key: Key, people: Sequence[Person]) -> None:
        return None

    async def expire(self, key: Key) -> list[str]:
        return []

    async def count(self, key: Key) -> int:
        return len(self._people.get(key, {}))

    async def members(self, key: Key, limit: int) -> list[Person]:
        return [person for _, person in self._people.get(key, {}).values()][:limit]
