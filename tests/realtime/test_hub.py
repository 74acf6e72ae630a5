"""The engine against a network that loses, repeats and reorders, and a log that is slow."""

import asyncio
import json
import random

import pytest

from realtime.broker import MemoryBroker, MemoryBus
from realtime.cursor import Cursor, Verdict
from realtime.hub import RECOVERY_LIMIT, Hub, Place
from realtime.protocol import Publication, encode_push
from realtime.room import Since

SCHEMA = "t_alpha"
TOPIC = "conversation:1"


class FakeSession:
    """Notes what it gets, and checks the position it is told against what follows."""

    encoding = staticmethod(encode_push)

    def __init__(self):
        self.frames = []
        self.positions = []
        self.staged = []

    def deliver(self, batch):
        assert not self.staged
        self.frames += [json.loads(text) for text in batch.texts]

    def stage(self, batch):
        self.frames += [json.loads(text) for text in batch.texts]

    def joined(self, joined):
        self.positions.append(joined)
        self.frames += [json.loads(encode_push(missed)) for missed in joined.missed]

    @property
    def offsets(self):
        return [frame["offset"] for frame in self.frames if "offset" in frame]


class FakeLog:
    def __init__(self, *, delay=0.0):
        self.rows = {}
        self.epoch = "e1"
        self.floor = 0
        self.delay = delay
        self.queries = []

    def append(self, topic=TOPIC):
        rows = self.rows.setdefault(topic, [])
        rows.append(Publication(topic, "message.sent", "{}", len(rows) + 1, self.epoch))
        return rows[-1]

    async def place(self, schema, topic):
        return (await self.places(schema, [topic]))[topic]

    async def places(self, schema, topics):
        self.queries.append(("places", schema, tuple(topics)))
        await asyncio.sleep(random.random() * self.delay)
        return {
            topic: Place(self.epoch, len(self.rows.get(topic, ())), self.floor) for topic in topics
        }

    async def after(self, schema, topic, offset, limit):
        rows = [row for row in self.rows.get(topic, ()) if row.offset > max(offset, self.floor)]
        await asyncio.sleep(random.random() * self.delay)
        return rows[:limit]


class Network:
    """Delivers to every node: late, out of order, not at all, or twice."""

    def __init__(self, hubs):
        self.hubs = hubs
        self.tasks = []

    def send(self, publication):
        for hub in self.hubs:
            for _ in range(random.choice([0, 1, 1, 1, 2])):
                self.tasks.append(asyncio.create_task(self._carry(hub, publication)))

    async def _carry(self, hub, publication):
        await asyncio.sleep(random.random() / 300)
        hub.receive(SCHEMA, publication)


async def build_nodes(count, log):
    bus = MemoryBus()
    hubs = []
    for _ in range(count):
        broker = MemoryBroker(bus)
        hub = Hub(broker, log)
        hubs.append(hub)
    return hubs


async def live_through(seed):
    """60 messages on a bad network; 3 nodes; sessions come at any time. Returns violations."""
    random.seed(seed)
    log = FakeLog(delay=1 / 400)
    hubs = await build_nodes(3, log)
    network = Network(hubs)
    # One on each node from the beginning, however slow the machine is; the others at any time.
    joined = [asyncio.create_task(join_somewhere([hub], log)) for hub in hubs]
    await asyncio.gather(*joined)
    for _ in range(60):
        network.send(log.append())
        if random.random() < 0.25:
            joined.append(asyncio.create_task(join_somewhere(hubs, log)))
        if random.random() < 0.3:
            await asyncio.sleep(random.random() / 400)
    sessions = await asyncio.gather(*joined)
    await asyncio.gather(*network.tasks)
    for hub in hubs:
        await hub.check_positions()
        await hub.settle()
    await asyncio.sleep(0)
    return [
        (start, session.offsets)
        for session, start in sessions
        if session.offsets != list(range(start + 1, 61))
    ]


async def join_somewhere(hubs, log):
    session = FakeSession()
    head = len(log.rows.get(TOPIC, ()))
    since = random.choice([None, 0, max(0, head - 5), head])
    wanted = None if since is None else Since(log.epoch, since)
    joined = await random.choice(hubs).subscribe(session, SCHEMA, TOPIC, wanted)
    assert joined.recovered is (since is not None)
    assert since is None or joined.offset == since
    return session, joined.offset


@pytest.mark.parametrize("seed", range(60))
def test_g2_g3_every_session_on_every_node_gets_the_log_in_order_whatever_the_network_does(seed):
    assert asyncio.run(live_through(seed)) == []


def count_failures(seeds=12):
    failures = 0
    for seed in range(seeds):
        try:
            failures += bool(asyncio.run(live_through(seed)))
        except AssertionError:
            failures += 1
    return failures


def test_control_without_the_cursor_the_same_network_breaks_the_order(monkeypatch):
    monkeypatch.setattr(Cursor, "judge", lambda self, offset: Verdict.DELIVER)

    assert count_failures() > 0


def test_what_was_lost_on_a_quiet_topic_is_found_by_the_check_and_without_it_is_not():
    async def scenario():
        log, session = FakeLog(), FakeSession()
        hub = (await build_nodes(1, log))[0]
        await hub.subscribe(session, SCHEMA, TOPIC)
        hub.receive(SCHEMA, log.append())
        log.append()  # and nothing after it shows the gap
        await hub.settle()
        await asyncio.sleep(0.01)
        without = session.offsets
        await hub.check_positions()
        await hub.settle()
        await asyncio.sleep(0)
        return without, session.offsets

    assert asyncio.run(scenario()) == ([1], [1, 2])


def test_control_without_catching_the_node_up_a_client_from_a_faster_node_is_not_recovered():
    async def scenario(hub_class):
        log = FakeLog()
        hub = (await build_nodes(1, log))[0]
        hub.__class__ = hub_class
        await hub.subscribe(FakeSession(), SCHEMA, TOPIC)
        for _ in range(22):
            log.append()
        session = FakeSession()
        joined = await hub.subscribe(session, SCHEMA, TOPIC, Since("e1", 20))
        hub.receive(SCHEMA, log.append())
        await asyncio.sleep(0)
        return joined.recovered, session.offsets

    class Careless(Hub):
        async def _catch_up(self, room):
            return None

    assert asyncio.run(scenario(Hub)) == (True, [21, 22, 23])
    assert asyncio.run(scenario(Careless)) != (True, [21, 22, 23])


def run(scenario):
    return asyncio.run(scenario())


def test_what_is_in_no_log_passes_straight_through():
    async def scenario():
        hub, session = (await build_nodes(1, FakeLog()))[0], FakeSession()
        await hub.subscribe(session, SCHEMA, TOPIC)

        hub.receive(SCHEMA, Publication(TOPIC, "typing.started", '{"user":2}'))
        await asyncio.sleep(0)

        assert session.frames == [
            {"type": "typing.started", "topic": TOPIC, "payload": {"user": 2}}
        ]

    run(scenario)


def test_g6_the_same_topic_of_another_tenant_is_another_topic():
    async def scenario():
        hub, ours, theirs = (await build_nodes(1, FakeLog()))[0], FakeSession(), FakeSession()
        await hub.subscribe(ours, "t_alpha", TOPIC)
        await hub.subscribe(theirs, "t_beta", TOPIC)

        hub.receive("t_alpha", Publication(TOPIC, "typing.started", "{}"))
        await asyncio.sleep(0)

        assert len(ours.frames) == 1
        assert theirs.frames == []

    run(scenario)


def test_an_unsubscribed_session_gets_nothing_more_not_even_what_is_pending():
    async def scenario():
        log, session = FakeLog(), FakeSession()
        hub = (await build_nodes(1, log))[0]
        await hub.subscribe(session, SCHEMA, TOPIC)
        hub.receive(SCHEMA, log.append())
        hub.unsubscribe(session, SCHEMA, TOPIC)
        await asyncio.sleep(0)

        assert session.frames == []

    run(scenario)


def test_a_room_that_stays_empty_is_closed_and_the_bus_is_left():
    async def scenario():
        log, session, broker = FakeLog(), FakeSession(), MemoryBroker()
        hub = Hub(broker, log)
        await hub.subscribe(session, SCHEMA, TOPIC)
        hub.unsubscribe(session, SCHEMA, TOPIC)
        await hub.check_positions()
        assert hub.rooms == 1
        await hub.check_positions()

        assert hub.rooms == 0
        assert broker._topics == set()

    run(scenario)


@pytest.mark.parametrize(
    ("_case", "epoch", "behind", "recovered"),
    [
        ("all of a small gap", "e1", 10, True),
        ("exactly the limit", "e1", RECOVERY_LIMIT, True),
        ("one more than the limit", "e1", RECOVERY_LIMIT + 1, False),
        ("another epoch", "e0", 10, False),
        ("a position the log has never reached", "e1", -5, False),
    ],
)
def test_g3_recovery_is_complete_or_not_at_all(_case, epoch, behind, recovered):
    async def scenario():
        log, session = FakeLog(), FakeSession()
        hub = (await build_nodes(1, log))[0]
        for _ in range(400):
            log.append()

        joined = await hub.subscribe(session, SCHEMA, TOPIC, Since(epoch, 400 - behind))

        assert joined.recovered is recovered
        assert joined.offset == (400 - behind if recovered else 400)
        assert session.offsets == (list(range(401 - behind, 401)) if recovered else [])

    run(scenario)


def test_g3_what_was_trimmed_cannot_be_recovered():
    async def scenario():
        log, session = FakeLog(), FakeSession()
        hub = (await build_nodes(1, log))[0]
        for _ in range(20):
            log.append()
        log.floor = 10

        joined = await hub.subscribe(session, SCHEMA, TOPIC, Since("e1", 5))

        assert (joined.recovered, joined.offset, session.offsets) == (False, 20, [])

    run(scenario)


@pytest.mark.parametrize("change", ["epoch", "trimmed", "went back"])
def test_g3_when_the_log_cannot_close_a_live_gap_every_member_is_told(change):
    async def scenario():
        log, session = FakeLog(), FakeSession()
        hub = (await build_nodes(1, log))[0]
        for _ in range(5):
            log.append()
        await hub.subscribe(session, SCHEMA, TOPIC)
        if change == "epoch":
            log.epoch = "e2"
        elif change == "trimmed":
            for _ in range(20):
                log.append()
            log.floor = 15
        else:
            del log.rows[TOPIC][3:]
        await hub.check_positions()
        await hub.settle()
        hub.receive(SCHEMA, log.append())
        await asyncio.sleep(0)

        head = len(log.rows.get(TOPIC, ()))
        assert session.positions[-1].recovered is False
        assert (session.positions[-1].epoch, session.positions[-1].offset) == (log.epoch, head - 1)
        assert session.offsets == [head]

    run(scenario)


def test_reading_one_topics_log_does_not_hold_up_another():
    async def scenario():
        log = FakeLog()
        hub = (await build_nodes(1, log))[0]
        slow, quick = FakeSession(), FakeSession()
        await hub.subscribe(slow, SCHEMA, "conversation:slow")
        await hub.subscribe(quick, SCHEMA, "conversation:quick")
        released = asyncio.Event()
        read = log.after

        async def after(schema, topic, offset, limit):
            if topic == "conversation:slow":
                await released.wait()
            return await read(schema, topic, offset, limit)

        log.after = after
        log.append("conversation:slow")
        hub.receive(SCHEMA, log.append("conversation:slow"))
        for _ in range(3):
            hub.receive(SCHEMA, log.append("conversation:quick"))
        await asyncio.sleep(0.01)
        assert (quick.offsets, slow.offsets) == ([1, 2, 3], [])
        released.set()
        await hub.settle()
        await asyncio.sleep(0)
        assert slow.offsets == [1, 2]

    run(scenario)


def test_the_check_of_positions_asks_once_for_all_topics_of_a_tenant():
    async def scenario():
        log = FakeLog()
        hub = (await build_nodes(1, log))[0]
        for number in range(50):
            await hub.subscribe(FakeSession(), SCHEMA, f"conversation:{number}")
            await hub.subscribe(FakeSession(), "t_beta", f"conversation:{number}")
        log.queries.clear()

        await hub.check_positions()

        assert [query[:2] for query in log.queries] == [("places", SCHEMA), ("places", "t_beta")]
        assert len(log.queries[0][2]) == 50

    run(scenario)


def test_a_log_that_fails_refuses_the_subscriber_and_serves_the_next():
    async def scenario():
        log, session = FakeLog(), FakeSession()
        hub = (await build_nodes(1, log))[0]
        place = log.place

        async def failing(schema, topic):
            raise ConnectionError

        log.place = failing
        with pytest.raises(ConnectionError):
            await hub.subscribe(session, SCHEMA, TOPIC)
        log.place = place
        await hub.subscribe(session, SCHEMA, TOPIC)
        hub.receive(SCHEMA, log.append())
        await asyncio.sleep(0)

        assert session.offsets == [1]

    run(scenario)


def test_publications_of_one_tick_reach_a_member_in_one_batch():
    async def scenario():
        log, batches = FakeLog(), []
        hub = (await build_nodes(1, log))[0]

        class Counting(FakeSession):
            def deliver(self, batch):
                batches.append(batch)

        await hub.subscribe(Counting(), SCHEMA, TOPIC)
        await hub.subscribe(Counting(), SCHEMA, TOPIC)
        for _ in range(16):
            hub.receive(SCHEMA, log.append())
        await asyncio.sleep(0)

        assert len(batches) == 2
        assert batches[0] is batches[1]
        assert len(batches[0].texts) == 16

    run(scenario)


def test_a_storm_of_people_who_come_back_reads_the_log_once():
    async def scenario():
        log = FakeLog()
        hub = (await build_nodes(1, log))[0]
        for _ in range(40):
            log.append()
        reads = []
        read = log.after

        async def after(schema, topic, offset, limit):
            reads.append(offset)
            return await read(schema, topic, offset, limit)

        log.after = after
        first, *others = [FakeSession() for _ in range(50)]
        await hub.subscribe(first, SCHEMA, TOPIC, Since("e1", 10))
        for session in others:
            await hub.subscribe(session, SCHEMA, TOPIC, Since("e1", 15))
        hub.receive(SCHEMA, log.append())
        await asyncio.sleep(0)

        assert reads == [10]
        assert first.offsets == list(range(11, 42))
        assert all(session.offsets == list(range(16, 42)) for session in others)

    run(scenario)


def test_what_is_remembered_is_bounded_in_bytes():
    async def scenario():
        log, session = FakeLog(), FakeSession()
        hub = (await build_nodes(1, log))[0]
        await hub.subscribe(session, SCHEMA, TOPIC)
        for _ in range(20):
            row = log.append()
            large = Publication(TOPIC, row.type, json.dumps("x" * 10_000), row.offset, row.epoch)
            log.rows[TOPIC][-1] = large
            hub.receive(SCHEMA, large)
        room = hub._rooms[SCHEMA, TOPIC]

        assert room.remembered_after(14) is not None
        assert room.remembered_after(13) is None
        late = FakeSession()
        joined = await hub.subscribe(late, SCHEMA, TOPIC, Since("e1", 2))
        assert joined.recovered is True
        assert late.offsets == list(range(3, 21))

    run(scenario)


def test_one_tenant_that_cannot_be_read_does_not_keep_others_from_being_looked_at():
    async def scenario():
        log, session = FakeLog(), FakeSession()
        hub = (await build_nodes(1, log))[0]
        await hub.subscribe(FakeSession(), "t_gone", TOPIC)
        await hub.subscribe(session, SCHEMA, TOPIC)
        places = log.places

        async def failing(schema, topics):
            if schema == "t_gone":
                raise ConnectionError
            return await places(schema, topics)

        log.places = failing
        log.append()
        await hub.check_positions()
        await hub.settle()
        await asyncio.sleep(0)

        assert session.offsets == [1]

    run(scenario)
