"""The sockets of this node and the topics they listen to.

The bus may lose, repeat and reorder; the log may not. So for every topic the hub keeps one
cursor, passes on the publication that comes next, drops what it has seen, and reads the log
when something was missed. Reading one topic's log never holds up another topic.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from realtime.broker import Broker
from realtime.cursor import Verdict
from realtime.protocol import Publication
from realtime.room import Joined, Key, Member, Room, Since

logger = logging.getLogger(__name__)

RECOVERY_LIMIT = 300
PAGE = 500
HEADS_PER_QUERY = 1000
SCHEMAS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where a log stands. Offsets up to and including `floor` are gone."""

    epoch: str
    offset: int
    floor: int = 0


class Log(Protocol):
    """The durable, ordered record behind the topics (here: lms.streams). May raise anything."""

    async def place(self, schema: str, topic: str) -> Place: ...
    async def places(self, schema: str, topics: Sequence[str]) -> dict[str, Place]:
        """In one query; topics that nobody has written to may be absent."""
        ...

    async def after(
        self, schema: str, topic: str, offset: int, limit: int
    ) -> list[Publication]: ...


@dataclass(slots=True)
class HubCounters:
    deliveries: int = 0
    publications: int = 0
    gaps: int = 0
    recovered: int = 0
    resets: int = 0
    failures: int = 0


class Hub:
    def __init__(self, broker: Broker, log: Log) -> None:
        self._broker = broker
        self._log = log
        self._rooms: dict[Key, Room] = {}
        self._touched: dict[Room, None] = {}
        self._staged: list[Stager] = []
        self._tick: asyncio.Handle | None = None
        self._recoveries: set[asyncio.Task[None]] = set()
        self.counters = HubCounters()

    # -- members come and go ------------------------------------------------------------

    async def subscribe(
        self, member: Member, schema: str, topic: str, since: Since | None = None
    ) -> Joined:
        """Join; `member.joined` is called at the right moment, before anything live.

        Raises what the log raises; the member is then in no room.
        """
        room = await self._open((schema, topic))
        waiting = room.begin_joining()
        try:
            missed = await self._missed(room, since) if since is not None else None
        finally:
            room.end_joining(waiting)
        # From here to the end nothing may await: no publication may slip in between.
        self._flush_room(room)
        joined = _decide(room, since, missed, waiting)
        member.joined(joined)
        room.add_member(member)
        self.counters.deliveries += len(joined.missed)
        return joined

    def unsubscribe(self, member: Member, schema: str, topic: str) -> None:
        """At once: nothing more of the topic reaches the member."""
        room = self._rooms.get((schema, topic))
        if room is not None:
            room.discard_member(member)

    async def _open(self, key: Key) -> Room:
        room = self._rooms.get(key)
        if room is None:
            room = self._rooms[key] = Room(key)
            room.opening = asyncio.create_task(self._place(room))
        room.emptied = False
        if room.opening is not None:
            await asyncio.shield(room.opening)
        return room

    async def _place(self, room: Room) -> None:
        """Listen to the bus before asking the log: what comes between is then not lost."""
        schema, topic = room.key
        try:
            await self._broker.subscribe(schema, topic)
            place = await self._log.place(schema, topic)
        except BaseException:
            self._rooms.pop(room.key, None)
            raise
        room.place(place.epoch, place.offset)
        room.opening = None
        if room.is_behind:
            self._start_recovery(room)

    async def _missed(self, room: Room, since: Since) -> list[Publication] | None:
        """What the log has after `since`, at most one more than may be recovered."""
        if since.epoch != room.epoch:
            return None
        remembered = room.remembered_after(since.offset)
        if remembered is not None:
            return remembered
        schema, topic = room.key
        if since.offset > room.cursor.offset:
            # The client comes from a node that is ahead of this one.
            await self._catch_up(room)
        missed = await self._log.after(schema, topic, since.offset, RECOVERY_LIMIT + 1)
        for publication in missed:
            self._take(room, publication)
        room.learn(missed)
        return missed

    # -- publications -------------------------------------------------------------------

    def receive(self, schema: str, publication: Publication) -> None:
        """One publication from anywhere: this process, the bus, twice, late, out of order."""
        room = self._rooms.get((schema, publication.topic))
        if room is None:
            return
        if not publication.offset:
            room.add(publication)
            self._touch(room)
        elif not room.is_ready or room.is_recovering:
            room.highest = max(room.highest, publication.offset)
        elif publication.epoch != room.epoch or self._take(room, publication) is Verdict.GAP:
            self.counters.gaps += 1
            self._start_recovery(room)

    def _take(self, room: Room, publication: Publication) -> Verdict:
        verdict = room.accept(publication)
        if verdict is Verdict.DELIVER:
            self.counters.publications += 1
            self._touch(room)
        return verdict

    async def check_positions(self) -> None:
        """Find what was lost on quiet topics, where no later publication shows the gap.

        One query for the topics of a schema. Rooms that stayed empty since the last check
        are closed.
        """
        await self._close_empty_rooms()
        by_schema: dict[str, list[Room]] = defaultdict(list)
        for (schema, _), room in self._rooms.items():
            if room.is_ready:
                by_schema[schema].append(room)
        turns = asyncio.Semaphore(SCHEMAS_AT_ONCE)
        await asyncio.gather(*(self._check(turns, *pair) for pair in by_schema.items()))

    async def _check(self, turns: asyncio.Semaphore, schema: str, rooms: list[Room]) -> None:
        try:
            async with turns:
                for start in range(0, len(rooms), HEADS_PER_QUERY):
                    await self._compare(schema, rooms[start : start + HEADS_PER_QUERY])
        except Exception:
            # One tenant that cannot be read must not keep the others from being looked at.
            self.counters.failures += 1
            logger.warning("positions_not_checked", exc_info=True)

    async def _compare(self, schema: str, rooms: list[Room]) -> None:
        before = [room.cursor.offset for room in rooms]
        places = await self._log.places(schema, [room.key[1] for room in rooms])
        for room, offset in zip(rooms, before, strict=True):
            place = places.get(room.key[1])
            if place is not None and (
                place.epoch != room.epoch
                or place.offset > room.cursor.offset
                or place.offset < offset
            ):
                if place.epoch == room.epoch:
                    # A recovery that began before this look must not end short of it.
                    room.highest = max(room.highest, place.offset)
                self._start_recovery(room)

    async def settle(self) -> None:
        """Wait for the recoveries that are under way."""
        while self._recoveries:
            await asyncio.gather(*self._recoveries, return_exceptions=True)

    # -- recovery -----------------------------------------------------------------------

    def _start_recovery(self, room: Room) -> None:
        if room.is_recovering:
            return
        room.is_recovering = True
        task = asyncio.create_task(self._recover(room))
        self._recoveries.add(task)
        task.add_done_callback(self._recoveries.discard)

    async def _recover(self, room: Room) -> None:
        schema, topic = room.key
        try:
            before = room.cursor.offset
            place = await self._log.place(schema, topic)
            if place.epoch != room.epoch or place.offset < before:
                self._reset(room, place)
                return
            before = -1
            while room.cursor.offset < max(place.offset, room.highest) and (
                before < room.cursor.offset
            ):
                before = room.cursor.offset
                if place.floor > room.cursor.offset:
                    self._reset(room, place)
                    return
                await self._catch_up(room)
        except Exception:
            # The database is away or slow; the next check of positions tries again.
            self.counters.failures += 1
            logger.warning("recovery_failed", exc_info=True)
        finally:
            room.is_recovering = False

    async def _catch_up(self, room: Room) -> None:
        schema, topic = room.key
        while True:
            page = await self._log.after(schema, topic, room.cursor.offset, PAGE)
            for publication in page:
                if self._take(room, publication) is Verdict.DELIVER:
                    self.counters.recovered += 1
            if len(page) < PAGE:
                return

    def _reset(self, room: Room, place: Place) -> None:
        """The log cannot close the gap: tell every member to fetch what is now."""
        self._flush_room(room)
        room.place(place.epoch, place.offset)
        room.highest = place.offset
        self.counters.resets += 1
        for member in room.members():
            member.joined(Joined(room.key[1], place.epoch, place.offset, False, []))

    # -- the tick -----------------------------------------------------------------------

    def _touch(self, room: Room) -> None:
        self._touched[room] = None
        self._arm()

    def stage(self, stager: "Stager") -> None:
        """`stager.flush_staged` is called when this tick ends."""
        self._staged.append(stager)
        self._arm()

    def _arm(self) -> None:
        if self._tick is None:
            self._tick = asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._tick = None
        touched, self._touched = self._touched, {}
        for room in touched:
            # One room alone needs no second list per member; it is the common case.
            if len(touched) == 1:
                self.counters.deliveries += room.deliver_pending()
            else:
                self.counters.deliveries += room.stage_pending()
        staged, self._staged = self._staged, []
        for stager in staged:
            stager.flush_staged()

    def _flush_room(self, room: Room) -> None:
        self._touched.pop(room, None)
        self.counters.deliveries += room.stage_pending()

    # -- housekeeping -------------------------------------------------------------------

    async def _close_empty_rooms(self) -> None:
        for key, room in list(self._rooms.items()):
            if not room.is_empty or not room.is_ready:
                room.emptied = False
            elif not room.emptied:
                room.emptied = True
            else:
                del self._rooms[key]
                await self._broker.unsubscribe(*key)
                if key in self._rooms:
                    await self._broker.subscribe(*key)

    @property
    def rooms(self) -> int:
        return len(self._rooms)


class Stager(Protocol):
    def flush_staged(self) -> None: ...


def _decide(
    room: Room, since: Since | None, missed: list[Publication] | None, waiting: list[Publication]
) -> Joined:
    """Everything after `since`, or the present; never a part."""
    topic = room.key[1]
    now = Joined(topic, room.epoch, room.cursor.offset, False, [])
    if since is None or missed is None or len(missed) > RECOVERY_LIMIT:
        return now
    if since.epoch != room.epoch:  # it changed while the log was read
        return now
    complete: list[Publication] = []
    last = since.offset
    for publication in (*missed, *waiting):
        if publication.offset == last + 1:
            complete.append(publication)
            last += 1
    if last != room.cursor.offset:
        return now
    return Joined(topic, room.epoch, since.offset, True, complete)
