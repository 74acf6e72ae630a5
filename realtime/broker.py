"""Carries publications and control messages between nodes: a wake-up, at most once.

Nothing here is relied on for order or completeness: the hub's cursor and the log settle
both. Publishing and subscribing therefore never fail and never make a caller wait long.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

from realtime.protocol import Publication
from tenants.keys import group_name

logger = logging.getLogger(__name__)

CALL_SECONDS = 1.0
RETRY_SECONDS = 1.0
MAX_WAITING = 10_000
MAX_PER_MESSAGE = 100
CONTROL_GROUP = group_name("public", "control")

Control = dict[str, Any]
"""Plain values only; `action` says what to do (realtime.control)."""


class Listener(Protocol):
    """Who is told what arrives. Neither may block."""

    def receive(self, schema: str, publication: Publication) -> None: ...
    def control(self, message: Control) -> None: ...
    def bus_restored(self) -> None:
        """Something may have been missed while the bus was away."""


class Broker(Protocol):
    async def start(self, listener: Listener) -> None: ...
    async def stop(self) -> None: ...
    async def subscribe(self, schema: str, topic: str) -> None: ...
    async def unsubscribe(self, schema: str, topic: str) -> None: ...
    def publish(self, schema: str, publications: Sequence[Publication]) -> None:
        """To the other nodes; the caller's own node is not told."""

    def send_control(self, message: Control) -> None: ...

    @property
    def is_connected(self) -> bool: ...


class MemoryBus:
    """Joins the MemoryBrokers of one process."""

    def __init__(self) -> None:
        self.brokers: list[MemoryBroker] = []


class MemoryBroker:
    """For one process alone, or for several nodes of a test."""

    is_connected = True

    def __init__(self, bus: MemoryBus | None = None) -> None:
        self._bus = bus or MemoryBus()
        self._topics: set[tuple[str, str]] = set()
        self._listener: Listener | None = None

    async def start(self, listener: Listener) -> None:
        self._listener = listener
        self._bus.brokers.append(self)

    async def stop(self) -> None:
        self._bus.brokers.remove(self)

    async def subscribe(self, schema: str, topic: str) -> None:
        self._topics.add((schema, topic))

    async def unsubscribe(self, schema: str, topic: str) -> None:
        self._topics.discard((schema, topic))

    def publish(self, schema: str, publications: Sequence[Publication]) -> None:
        for broker in self._others():
            for publication in publications:
                broker.deliver(schema, publication)

    def send_control(self, message: Control) -> None:
        for broker in self._others():
            if broker._listener is not None:
                broker._listener.control(message)

    def deliver(self, schema: str, publication: Publication) -> None:
        if self._listener is not None and (schema, publication.topic) in self._topics:
            self._listener.receive(schema, publication)

    def _others(self) -> list["MemoryBroker"]:
        return [broker for broker in self._bus.brokers if broker is not self]


@dataclass(slots=True)
class BrokerCounters:
    published: int = 0
    received: int = 0
    dropped: int = 0
    failures: int = 0


class LayerSender:
    """Sends over the configured Channels layer. What waits for one group goes out together.

    When the layer fails, what waits is dropped and counted: the log has it.
    """

    def __init__(self, layer: Any, name_group: Callable[[str, str], str]) -> None:
        self._layer = layer
        self._name_group = name_group
        self._node = uuid4().hex
        self._waiting: dict[str, list[Control]] = {}
        self._waiting_count = 0
        self._wake = asyncio.Event()
        self._is_failing = False
        self.counters = BrokerCounters()

    def publish(self, schema: str, publications: Sequence[Publication]) -> None:
        for publication in publications:
            item = [
                publication.topic,
                publication.type,
                publication.payload,
                publication.offset,
                publication.epoch,
            ]
            group = self._name_group(schema, publication.topic)
            self._enqueue(group, {"schema": schema, "item": item})

    def send_control(self, message: Control) -> None:
        self._enqueue(CONTROL_GROUP, {"control": message})

    def _enqueue(self, group: str, item: Control) -> None:
        if self._waiting_count >= MAX_WAITING:
            self.counters.dropped += 1
            return
        self._waiting_count += 1
        self._waiting.setdefault(group, []).append(item)
        self._wake.set()

    async def send_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                group = next(iter(self._waiting))
                items = self._waiting.pop(group)
                self._waiting_count -= len(items)
                await self._send(group, items)

    async def flush(self) -> None:
        """Returns when all that waits is sent, or after a second."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CALL_SECONDS):
                while self._waiting:  # noqa: ASYNC110 - the sender has no event for "empty"
                    await asyncio.sleep(0.01)

    async def _send(self, group: str, items: list[Control]) -> None:
        for start in range(0, len(items), MAX_PER_MESSAGE):
            part = items[start : start + MAX_PER_MESSAGE]
            message = {"type": "stoa.items", "node": self._node, "items": part}
            if await self._call(self._layer.group_send(group, message)):
                self.counters.published += len(part)
            else:
                self.counters.dropped += len(part)

    async def _call(self, call: Awaitable[Any]) -> bool:
        """Whether the layer answered in time. Its failures are ours to survive, all of them."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await call
        except Exception as error:
            self.counters.failures += 1
            if not self._is_failing:
                logger.warning("bus_lost", extra={"error": type(error).__name__})
            self._is_failing = True
            return False
        return True


class LayerBroker(LayerSender):
    """One channel for the process, joined to a group for each topic with local listeners."""

    def __init__(self, layer: Any, name_group: Callable[[str, str], str]) -> None:
        super().__init__(layer, name_group)
        self._listener: Listener | None = None
        self._channel: str | None = None
        self._wanted: set[str] = {CONTROL_GROUP}
        self._joined: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_connected(self) -> bool:
        return not self._is_failing and self._joined >= self._wanted

    async def start(self, listener: Listener) -> None:
        """Returns within a second or so, with or without the bus."""
        self._listener = listener
        await self._join_wanted()
        self._tasks = [
            asyncio.create_task(self.send_forever()),
            asyncio.create_task(self._read_forever()),
            asyncio.create_task(self._rejoin_forever()),
        ]

    async def stop(self) -> None:
        await self.flush()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._call(self._layer.flush())

    # -- joining ------------------------------------------------------------------------

    async def subscribe(self, schema: str, topic: str) -> None:
        group = self._name_group(schema, topic)
        self._wanted.add(group)
        # While the bus is away nobody should wait for it: the rejoining task will get there.
        if not self._is_failing:
            await self._join(group)

    async def unsubscribe(self, schema: str, topic: str) -> None:
        group = self._name_group(schema, topic)
        self._wanted.discard(group)
        if group in self._joined:
            self._joined.discard(group)
            await self._call(self._layer.group_discard(group, self._channel))

    async def _join(self, group: str) -> bool:
        if group in self._joined:
            return True
        if self._channel is None or not await self._call(
            self._layer.group_add(group, self._channel)
        ):
            return False
        if group in self._wanted:
            self._joined.add(group)
        return True

    async def _join_wanted(self) -> bool:
        if self._channel is None and not await self._call(self._open_channel()):
            return False
        for group in list(self._wanted - self._joined):
            if not await self._join(group):
                return False
        return True

    async def _open_channel(self) -> None:
        self._channel = await self._layer.new_channel()

    async def _rejoin_forever(self) -> None:
        """After a failure, try once a second until everything wanted is joined again."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            if self.is_connected:
                continue
            probe = {"type": "stoa.probe", "node": self._node}
            if (
                await self._call(self._layer.group_send(CONTROL_GROUP, probe))
                and await self._join_wanted()
            ):
                self._is_failing = False
                logger.info("bus_restored")
                if self._listener is not None:
                    self._listener.bus_restored()

    # -- receiving ----------------------------------------------------------------------

    async def _read_forever(self) -> None:
        while True:
            if self._channel is None:
                await asyncio.sleep(RETRY_SECONDS / 4)
                continue
            try:
                self._dispatch(await self._layer.receive(self._channel))
            except Exception:
                logger.exception("bus_message_failed")
                await asyncio.sleep(RETRY_SECONDS / 4)

    def _dispatch(self, message: Control) -> None:
        if message.get("node") == self._node or self._listener is None:
            return
        for item in message.get("items", ()):
            self.counters.received += 1
            if "control" in item:
                self._listener.control(item["control"])
            else:
                self._listener.receive(item["schema"], Publication(*item["item"]))
