"""One suite for every broker: in memory, and over the Channels layer on a real bus."""

import asyncio
import contextlib

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings

from realtime import broker as broker_module
from realtime.broker import LayerBroker, MemoryBroker, MemoryBus
from realtime.protocol import Publication
from tenants.keys import group_name
from tests.realtime.wire import until

ALPHA, BETA = "t_" + "a" * 32, "t_" + "b" * 32


class Listener:
    def __init__(self):
        self.received = []
        self.controls = []
        self.restored = 0

    def receive(self, schema, publication):
        self.received.append((schema, publication))

    def control(self, message):
        self.controls.append(message)

    def bus_restored(self):
        self.restored += 1


def build(kind, bus):
    if kind == "memory":
        return MemoryBroker(bus)
    layer = RedisPubSubChannelLayer(hosts=[settings.REDIS_URL], prefix="broker-test")
    return LayerBroker(layer, group_name)


@contextlib.asynccontextmanager
async def nodes(kind, count=3):
    bus = MemoryBus()
    pairs = [(build(kind, bus), Listener()) for _ in range(count)]
    for broker, listener in pairs:
        await broker.start(listener)
    try:
        yield pairs
    finally:
        for broker, _ in pairs:
            await broker.stop()


both = pytest.mark.parametrize("kind", ["memory", "layer"])


def publication(number, topic="conversation:1"):
    return Publication(topic, "message.sent", f'{{"n":"ü{number}"}}', number, "epoch")


@both
def test_those_who_subscribed_are_told_once_and_the_sender_is_not(kind):
    async def scenario():
        async with nodes(kind) as ((sender, own), (one, told), (_, untold)):
            await sender.subscribe(ALPHA, "conversation:1")
            await one.subscribe(ALPHA, "conversation:1")
            sent = [publication(number) for number in range(1, 251)]
            sender.publish(ALPHA, sent)
            await until(lambda: len(told.received) == 250)
            sender.send_control({"action": "check"})
            await until(lambda: untold.controls)

            assert told.received == [(ALPHA, publication) for publication in sent]
            assert own.received == []
            assert untold.received == []

    asyncio.run(scenario())


@both
def test_g6_the_same_topic_of_another_tenant_is_not_heard(kind):
    async def scenario():
        async with nodes(kind, 2) as ((sender, _), (other, told)):
            await other.subscribe(BETA, "conversation:1")
            sender.publish(ALPHA, [publication(1)])
            sender.send_control({"action": "check"})
            await until(lambda: told.controls)

            assert told.received == []

    asyncio.run(scenario())


@both
def test_who_unsubscribed_hears_nothing_more(kind):
    async def scenario():
        async with nodes(kind, 2) as ((sender, _), (other, told)):
            await other.subscribe(ALPHA, "conversation:1")
            await other.unsubscribe(ALPHA, "conversation:1")
            sender.publish(ALPHA, [publication(1)])
            sender.send_control({"action": "check"})
            await until(lambda: told.controls)

            assert told.received == []

    asyncio.run(scenario())


@both
def test_control_messages_reach_every_other_node(kind):
    async def scenario():
        async with nodes(kind) as ((sender, own), *others):
            sender.send_control({"action": "check", "schema": ALPHA})
            for _, listener in others:
                await until(lambda listener=listener: listener.controls)
                assert listener.controls == [{"action": "check", "schema": ALPHA}]
            assert own.controls == []

    asyncio.run(scenario())


class BrokenLayer:
    """A layer whose bus can be away (raises) or hung (never answers)."""

    def __init__(self, how):
        self.how = how
        self.groups = set()

    async def _trouble(self):
        if self.how == "away":
            raise ConnectionError
        if self.how == "hung":
            await asyncio.Event().wait()

    async def new_channel(self):
        await self._trouble()
        return "channel"

    async def group_add(self, group, channel):
        await self._trouble()
        self.groups.add(group)

    async def group_discard(self, group, channel):
        await self._trouble()
        self.groups.discard(group)

    async def group_send(self, group, message):
        await self._trouble()

    async def receive(self, channel):
        await asyncio.Event().wait()

    async def flush(self):
        await self._trouble()


@pytest.mark.parametrize("how", ["away", "hung"])
def test_g5_a_bus_in_trouble_fails_nobody_and_everything_is_joined_when_it_is_back(
    how, monkeypatch
):
    monkeypatch.setattr(broker_module, "CALL_SECONDS", 0.05)
    monkeypatch.setattr(broker_module, "RETRY_SECONDS", 0.05)

    async def scenario():
        layer, listener = BrokenLayer(how), Listener()
        broker = LayerBroker(layer, group_name)
        async with asyncio.timeout(3):
            await broker.start(listener)
            await broker.subscribe(ALPHA, "conversation:1")
            broker.publish(ALPHA, [publication(1)])
            assert broker.is_connected is False
            await until(lambda: broker.counters.dropped == 1)
            assert listener.restored == 0

            layer.how = "fine"
            await until(lambda: broker.is_connected)
            await until(lambda: listener.restored)
            assert layer.groups == {
                broker_module.CONTROL_GROUP,
                group_name(ALPHA, "conversation:1"),
            }
            broker.publish(ALPHA, [publication(2)])
            await until(lambda: broker.counters.published == 1)
            await broker.stop()

    asyncio.run(scenario())


def test_what_waits_for_a_hung_bus_is_bounded(monkeypatch):
    monkeypatch.setattr(broker_module, "MAX_WAITING", 10)

    async def scenario():
        broker = LayerBroker(BrokenLayer("hung"), group_name)
        broker.publish(ALPHA, [publication(number) for number in range(100)])

        assert broker.counters.dropped == 90

    asyncio.run(scenario())
