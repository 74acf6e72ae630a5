"""The ways out: bounded in bytes, and never a wait."""

import asyncio

from realtime.outlets import FrameOutlet, QueueOutlet
from realtime.protocol import CloseCode
from realtime.room import Batch
from tests.realtime.wire import until


class Slow:
    """An ASGI `send` that waits for a gate."""

    def __init__(self):
        self.sent = []
        self.gate = asyncio.Event()

    async def __call__(self, message):
        await self.gate.wait()
        self.sent.append(message)


def test_a_queue_sends_in_order_and_then_the_close():
    async def scenario():
        send = Slow()
        outlet = QueueOutlet(send, 1000)
        running = asyncio.create_task(outlet.run())
        send.gate.set()
        assert outlet.write(Batch([b"one", b"two"])) is True
        await until(lambda: len(send.sent) == 2)
        outlet.write(Batch([b"three"]))
        outlet.close(4512, "removed")
        await running

        assert [m.get("text") or m["code"] for m in send.sent] == ["one", "two", "three", 4512]
        assert outlet.buffered == 0

    asyncio.run(scenario())


def test_a_queue_that_grows_too_long_is_given_up_with_4008():
    """RT-13 on a server without the extension."""

    async def scenario():
        send = Slow()
        outlet = QueueOutlet(send, 1000)
        running = asyncio.create_task(outlet.run())
        results = [outlet.write(Batch([b"x" * 100])) for _ in range(20)]
        assert results.count(False) == 1
        assert results.index(False) == 10
        assert outlet.buffered <= 1100
        send.gate.set()
        await running

        assert send.sent[-1]["code"] == CloseCode.SLOW_CONSUMER
        assert len(send.sent) <= 2

    asyncio.run(scenario())


def test_a_client_that_is_gone_ends_the_queue():
    async def gone(message):
        raise OSError

    async def scenario():
        outlet = QueueOutlet(gone, 1000)
        outlet.write(Batch([b"x"]))
        await asyncio.wait_for(outlet.run(), 1)

    asyncio.run(scenario())


class FakeSocket:
    def __init__(self, buffered):
        self.buffered = buffered
        self.is_congested = buffered > 0
        self.written = []
        self.aborted = False

    def write(self, data):
        self.written.append(data)

    def abort(self):
        self.aborted = True


def test_a_socket_is_aborted_exactly_when_its_buffer_would_pass_the_limit():
    batch = Batch([b"x" * 98])
    assert len(batch.wire) == 100

    fits, over = FakeSocket(900), FakeSocket(901)

    assert FrameOutlet(fits, 1000).write(batch) is True
    assert FrameOutlet(over, 1000).write(batch) is False
    assert (fits.aborted, fits.written) == (False, [batch.wire])
    assert (over.aborted, over.written) == (True, [])
