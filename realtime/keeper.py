"""One timer for all sockets of a loop: pings, missing pongs and other deadlines.

A timer handle per socket would cost more memory than the rest of an idle socket's state.
The price is a resolution of one tick, a second at most.
"""

import asyncio
import secrets
from typing import Protocol
from weakref import WeakKeyDictionary

from realtime.frames import PING, encode_frame


class Kept(Protocol):
    """A socket as the keeper sees it."""

    keeper_slot: int

    def ping(self, payload: bytes, frame: bytes) -> None: ...
    def check_pong(self) -> None:
        """Called one ping timeout after `ping`."""

    def deadline_passed(self) -> None: ...


class Keeper:
    """Pings every socket each `interval` and looks for its pong `timeout` later.

    Sockets are spread evenly over the ticks of one interval, so that a storm of
    reconnects is not followed by a storm of pings every `interval`.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, interval: float | None, timeout: float | None
    ) -> None:
        interval = interval or 3600.0
        timeout = min(timeout or interval, interval)
        self._loop = loop
        self._tick_seconds = min(1.0, interval / 4, timeout / 2)
        count = max(2, round(interval / self._tick_seconds))
        self._slots: list[set[Kept]] = [set() for _ in range(count)]
        self._timeout_ticks = min(count - 1, max(1, round(timeout / self._tick_seconds)))
        self._now = 0
        self._next_slot = 0
        self._deadlines: dict[Kept, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, socket: Kept) -> None:
        self._next_slot = (self._next_slot + 1) % len(self._slots)
        socket.keeper_slot = self._next_slot
        self._slots[self._next_slot].add(socket)
        self._start()

    def discard(self, socket: Kept) -> None:
        self._slots[socket.keeper_slot].discard(socket)
        self._deadlines.pop(socket, None)

    def set_deadline(self, socket: Kept, seconds: float) -> None:
        self._deadlines[socket] = self._loop.time() + seconds
        self._start()

    def has_deadline(self, socket: Kept) -> bool:
        return socket in self._deadlines

    def clear_deadline(self, socket: Kept) -> None:
        self._deadlines.pop(socket, None)

    def _start(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(self._tick_seconds, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._now = (self._now + 1) % len(self._slots)
        self._ping_slot()
        self._enforce_deadlines()
        if self._deadlines or any(self._slots):
            self._start()

    def _ping_slot(self) -> None:
        for socket in list(self._slots[self._now - self._timeout_ticks]):
            socket.check_pong()
        payload = secrets.token_bytes(4)
        frame = encode_frame(PING, payload)
        for socket in list(self._slots[self._now]):
            socket.ping(payload, frame)

    def _enforce_deadlines(self) -> None:
        now = self._loop.time()
        for socket in [socket for socket, at in self._deadlines.items() if at <= now]:
            self._deadlines.pop(socket, None)
            socket.deadline_passed()


_keepers: "WeakKeyDictionary[asyncio.AbstractEventLoop, Keeper]" = WeakKeyDictionary()


def get_keeper(
    loop: asyncio.AbstractEventLoop, interval: float | None, timeout: float | None
) -> Keeper:
    """The loop's keeper, made with these times if it has none yet."""
    keeper = _keepers.get(loop)
    if keeper is None:
        keeper = _keepers[loop] = Keeper(loop, interval, timeout)
    return keeper
