"""This process's engine: bus, hub, writer, presence and sessions, built once for its loop."""

import asyncio
import logging
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings

from lms.accounts.identity import Identity
from lms.messaging.services.sending import Outgoing, Sent
from realtime.broker import Broker, Control, LayerBroker
from realtime.frames import WireCode
from realtime.guard import Guard
from realtime.hub import Hub
from realtime.ingest import Ingest
from realtime.limits import Budget, Limits, limits
from realtime.log import StreamLog
from realtime.presence import Presence, PresenceStore
from realtime.protocol import Publication, render
from realtime.protocols import simple
from realtime.redis_presence import RedisPresence
from realtime.session import Session
from realtime.writing import write_batch
from tenants.keys import group_name
from tenants.selectors import forget

logger = logging.getLogger(__name__)

LAG_SECONDS = 0.5
SCHEMAS_AT_ONCE = 2
# Over how long the clients of a node that stops come back to the others.
RETURN_SECONDS = 5.0


@dataclass(slots=True)
class NodeCounters:
    opened: int = 0
    refused: int = 0
    bad_frames: int = 0
    rate_limited: int = 0
    slow_consumers: int = 0
    lag_seconds: float = 0.0
    worst_lag_seconds: float = 0.0


class Node:
    """Everything here runs on one loop. `start` before the first socket, `drain` at the end."""

    def __init__(self, broker: Broker, store: PresenceStore, bounds: Limits) -> None:
        self.loop = asyncio.get_running_loop()
        self.limits = bounds
        self.broker = broker
        self.hub = Hub(broker, StreamLog())
        self.ingest: Ingest[Outgoing, Sent] = Ingest(
            write_batch, max_batch=bounds.ingest_batch, max_waiting=bounds.ingest_waiting
        )
        self.presence = Presence(store, self.push)
        self.guard = Guard(self.sessions_of)
        self.counters = NodeCounters()
        # Of the database threads, what commands and new sockets may hold at most: the rest is
        # left for keeping messages, closing gaps and looking at sessions.
        share = max(1, settings.DATABASE_THREADS * 3 // 8)
        self.handler_turns = asyncio.Semaphore(share)
        self.opening_turns = asyncio.Semaphore(share)
        self.admission = Budget(bounds.handshakes_per_second, bounds.handshake_burst)
        self.is_draining = False
        self._sessions: dict[str, set[Session]] = defaultdict(set)
        self._sockets: Counter[tuple[str, Any]] = Counter()
        self._budgets: dict[tuple[str, Any, str], Budget] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self.broker.start(self)
        self.presence.start()
        self._loops = [
            asyncio.create_task(self._check_forever()),
            asyncio.create_task(self._measure_lag_forever()),
        ]

    async def drain(self) -> None:
        """Finish what was taken, tell every client to come back, stop. At most drain_seconds."""
        self.is_draining = True
        try:
            async with asyncio.timeout(self.limits.drain_seconds):
                await self.ingest.drain()
                await asyncio.gather(*self._tasks, return_exceptions=True)
        except TimeoutError:
            logger.warning("drain_incomplete")
        # The acknowledgements of the last batch leave with the tick.
        await asyncio.sleep(0)
        for session in self.all_sessions():
            session.restart(WireCode.RESTART, round(random.uniform(0, RETURN_SECONDS), 2))  # noqa: S311 - jitter
        await self.stop()

    async def stop(self) -> None:
        for task in (*self._loops, *self._tasks):
            task.cancel()
        await asyncio.gather(*self._loops, *self._tasks, return_exceptions=True)
        await self.presence.stop()
        await self.broker.stop()

    # -- sessions -----------------------------------------------------------------------

    def all_sessions(self) -> list[Session]:
        return [session for group in list(self._sessions.values()) for session in list(group)]

    def sessions_of(self, schema: str) -> Collection[Session]:
        return self._sessions.get(schema, ())

    def has_room_for(self, identity: Identity) -> bool:
        used = self._sockets[identity.schema, identity.user_id]
        return used < self.limits.sockets_per_user

    def enter(self, session: Session) -> None:
        identity = session.identity
        self.counters.opened += 1
        self._sessions[identity.schema].add(session)
        self._sockets[identity.schema, identity.user_id] += 1
        if session.has_company:
            self.presence.enter((session.schema, session.topic), simple.person(identity))

    def leave(self, session: Session) -> None:
        identity = session.identity
        group = self._sessions.get(identity.schema)
        if group is None or session not in group:
            return
        group.discard(session)
        if not group:
            del self._sessions[identity.schema]
        owner = (identity.schema, identity.user_id)
        self._sockets[owner] -= 1
        if self._sockets[owner] <= 0:
            del self._sockets[owner]
        self.hub.unsubscribe(session, session.schema, session.topic)
        self.presence.leave((session.schema, session.topic), identity.user_id)

    def rename(self, session: Session, identity: Identity) -> None:
        session.identity = identity

    def message_budget(self, session: Session) -> Budget:
        """One for each person and stream on this node, whatever the number of sockets."""
        key = (session.schema, session.identity.user_id, session.topic)
        budget = self._budgets.get(key)
        if budget is None:
            rate, burst = self.limits.messages_per_second, self.limits.message_burst
            budget = self._budgets[key] = Budget(rate, burst)
        return budget

    @staticmethod
    def intern(topic: str) -> str:
        return sys.intern(topic)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- publications and control -------------------------------------------------------

    def publish(self, schema: str, publications: Sequence[Publication]) -> None:
        """To our own sockets now, to the other nodes by the bus."""
        for publication in publications:
            self.hub.receive(schema, publication)
        self.broker.publish(schema, publications)

    def push(self, schema: str, topic: str, kind: str, payload: dict[str, Any]) -> None:
        self.publish(schema, [Publication(topic, kind, render(payload))])

    def send_control(self, message: Control) -> None:
        self.control(message)
        self.broker.send_control(message)

    def receive(self, schema: str, publication: Publication) -> None:
        self.hub.receive(schema, publication)

    def control(self, message: Control) -> None:
        """Something about a tenant or its people changed: look at its sessions at once."""
        schema = message.get("schema")
        if message.get("action") == "tenant":
            forget()
        self.guard.requests += 1
        if isinstance(schema, str) and self.sessions_of(schema):
            self.spawn(self.guard.check(schema))

    def bus_restored(self) -> None:
        self.spawn(self._check_all())

    # -- what runs all the time ---------------------------------------------------------

    async def _check_forever(self) -> None:
        while True:
            await asyncio.sleep(self.limits.check_seconds)
            await self._check_all()

    async def _check_all(self) -> None:
        try:
            await self.hub.check_positions()
            await self._check_sessions()
        except Exception:
            logger.exception("check_failed")
        self._budgets = {key: kept for key, kept in self._budgets.items() if not kept.is_full}

    async def _check_sessions(self) -> None:
        turns = asyncio.Semaphore(SCHEMAS_AT_ONCE)

        async def check(schema: str) -> None:
            async with turns:
                await self.guard.check(schema)

        await asyncio.gather(*(check(schema) for schema in list(self._sessions)))

    async def _measure_lag_forever(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(LAG_SECONDS)
            lag = max(0.0, time.monotonic() - before - LAG_SECONDS)
            self.counters.lag_seconds = lag
            self.counters.worst_lag_seconds = max(self.counters.worst_lag_seconds, lag)


_node: Node | None = None
_starting: asyncio.Lock | None = None


def find_node() -> Node | None:
    """This process's node, if it serves sockets. Safe to call from any thread."""
    return _node


async def get_node() -> Node:
    """The node of this process, started on first use."""
    global _node, _starting
    if _node is not None:
        return _node
    _starting = _starting or asyncio.Lock()
    async with _starting:
        if _node is None:
            node = build_node()
            await node.start()
            _node = node
    return _node


def build_node() -> Node:
    broker = LayerBroker(get_channel_layer(), group_name)
    return Node(broker, RedisPresence(settings.REDIS_URL), limits())


async def close_node() -> None:
    """Drain and forget the node, so that the process may end or start another."""
    global _node, _starting
    node, _node, _starting = _node, None, None
    if node is not None:
        await node.drain()


async def drain_node() -> None:
    """Drain; `close_node` afterwards has nothing left to wait for."""
    if _node is not None and not _node.is_draining:
        await _node.drain()
