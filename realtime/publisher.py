"""From sync code (requests, Celery, commands) to the sockets, after the commit.

In the server process the node's loop is told. Elsewhere one daemon thread with its own loop
hands on to the bus. Neither makes the caller wait, and neither may fail it: what is lost
here the nodes find in the log within five seconds.
"""

import asyncio
import atexit
import contextlib
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from channels.layers import get_channel_layer

from lms.streams.entries import Appended
from realtime.broker import Control, LayerSender
from realtime.log import to_publication
from realtime.node import find_node
from realtime.protocol import Publication, render
from tenants.keys import group_name

logger = logging.getLogger(__name__)


def push_entries(schema: str, entries: Sequence[Appended]) -> None:
    """The listener that `lms.streams.announce` calls after each commit."""
    _publish(schema, [to_publication(entry) for entry in entries])


def push(schema: str, topic: str, type: str, payload: Mapping[str, Any]) -> None:  # noqa: A002 - the wire's word
    """An ephemeral publication: at most once, in no log."""
    _publish(schema, [Publication(topic, type, render(payload))])


def send_control(message: Control) -> None:
    """To every node, this one included."""
    node = find_node()
    if node is not None:
        node.loop.call_soon_threadsafe(node.send_control, message)
    else:
        outside().control(message)


def _publish(schema: str, publications: list[Publication]) -> None:
    node = find_node()
    if node is not None:
        node.loop.call_soon_threadsafe(node.publish, schema, publications)
    else:
        outside().publish(schema, publications)


class OutsidePublisher:
    """For processes that serve no sockets."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="realtime-publisher", daemon=True)
        self._thread.start()
        self._started.wait()
        atexit.register(self._flush)

    def publish(self, schema: str, publications: Sequence[Publication]) -> None:
        self._loop.call_soon_threadsafe(self._sender.publish, schema, publications)

    def control(self, message: Control) -> None:
        self._loop.call_soon_threadsafe(self._sender.send_control, message)

    def _flush(self) -> None:
        """A command that ends right after its commit gives its pushes a second to leave."""
        if self.pid == os.getpid():
            with contextlib.suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(self._sender.flush(), self._loop).result(1.5)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._sender = LayerSender(get_channel_layer(), group_name)
        self._started.set()
        await self._sender.send_forever()


_outside: OutsidePublisher | None = None
_lock = threading.Lock()


def outside() -> OutsidePublisher:
    """Made on first use in each process: a fork inherits neither the thread nor its loop."""
    global _outside
    with _lock:
        if _outside is None or _outside.pid != os.getpid():
            _outside = OutsidePublisher()
        return _outside
