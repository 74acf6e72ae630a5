"""One topic on this node: who listens, where the node stands, what waits for the loop's tick.

No I/O. The hub decides when to read the log; a room only keeps order.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from realtime.cursor import Cursor, Verdict
from realtime.frames import TEXT, encode_frame
from realtime.protocol import Publication

Encoding = Callable[[Publication], bytes]
"""Turns a publication into the text of one frame; one for each wire protocol."""

Key = tuple[str, str]
"""(schema, topic)"""

RECENT_ENTRIES = 64
RECENT_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Since:
    """Where a returning client stood."""

    epoch: str
    offset: int


@dataclass(frozen=True, slots=True)
class Joined:
    """The next offset the member gets is `offset + 1`, be it missed or live."""

    topic: str
    epoch: str
    offset: int
    recovered: bool
    missed: list[Publication]


class Batch:
    """What one tick brings to the members of one encoding, made once for all of them."""

    __slots__ = ("texts", "wire")

    def __init__(self, texts: list[bytes]) -> None:
        self.texts = texts
        frames = [encode_frame(TEXT, text) for text in texts]
        self.wire = frames[0] if len(frames) == 1 else b"".join(frames)

    @classmethod
    def join(cls, batches: "Sequence[Batch]") -> "Batch":
        """Several batches for one member, without encoding anything again."""
        joined = cls.__new__(cls)
        joined.texts = [text for batch in batches for text in batch.texts]
        joined.wire = b"".join([batch.wire for batch in batches])
        return joined


class Member(Protocol):
    """A session as rooms see it. Nothing here waits or raises."""

    @property
    def encoding(self) -> Encoding: ...
    def deliver(self, batch: Batch) -> None:
        """Write now, behind what was staged."""

    def stage(self, batch: Batch) -> None:
        """Write when the tick ends, together with what else is staged."""

    def joined(self, joined: Joined) -> None:
        """The position comes first, then the missed, then everything live."""


class Room:
    __slots__ = (
        "_joining",
        "_members",
        "_pending",
        "_recent",
        "_recent_bytes",
        "cursor",
        "emptied",
        "epoch",
        "highest",
        "is_ready",
        "is_recovering",
        "key",
        "opening",
    )

    def __init__(self, key: Key) -> None:
        self.key = key
        self.cursor = Cursor(0)
        self.epoch = ""
        self.is_ready = False
        self.is_recovering = False
        self.emptied = False
        self.highest = 0  # the newest offset seen while the cursor could not move
        self.opening: asyncio.Task[None] | None = None
        self._members: dict[Encoding, set[Member]] = {}
        self._pending: list[Publication] = []
        self._joining: list[list[Publication]] = []
        self._recent: deque[Publication] = deque()
        self._recent_bytes = 0

    # -- order --------------------------------------------------------------------------

    def place(self, epoch: str, offset: int) -> None:
        """Say where the node stands, from the log."""
        self.epoch = epoch
        self.cursor = Cursor(offset)
        self._recent.clear()
        self._recent_bytes = 0
        self.is_ready = True

    def accept(self, publication: Publication) -> Verdict:
        """Take one publication of the log's order; staged for the members if it is next."""
        verdict = self.cursor.judge(publication.offset)
        if verdict is Verdict.DELIVER:
            self.add(publication)
            self._remember(publication)
        elif verdict is Verdict.GAP:
            self.highest = max(self.highest, publication.offset)
        return verdict

    def _remember(self, publication: Publication) -> None:
        """The last few, so that a storm of people who come back is no storm of queries."""
        self._recent.append(publication)
        self._recent_bytes += len(publication.payload)
        while len(self._recent) > RECENT_ENTRIES or self._recent_bytes > RECENT_BYTES:
            self._recent_bytes -= len(self._recent.popleft().payload)

    def remembered_after(self, offset: int) -> list[Publication] | None:
        """Everything from there to the cursor, if it is remembered; at the cursor, nothing."""
        if offset == self.cursor.offset:
            return []
        if offset > self.cursor.offset or not self._recent or self._recent[0].offset > offset + 1:
            return None
        return [publication for publication in self._recent if publication.offset > offset]

    def learn(self, missed: Sequence[Publication]) -> None:
        """What was read from the log for one who came back serves the next one too."""
        if missed and missed[-1].offset == self.cursor.offset and len(missed) > len(self._recent):
            self._recent.clear()
            self._recent_bytes = 0
            for publication in missed:
                self._remember(publication)

    def add(self, publication: Publication) -> None:
        """Stage for all members and for those who are about to join."""
        self._pending.append(publication)
        for waiting in self._joining:
            waiting.append(publication)

    @property
    def is_behind(self) -> bool:
        return self.highest > self.cursor.offset

    # -- members ------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        return not self._members and not self._joining

    @property
    def size(self) -> int:
        return sum(map(len, self._members.values()))

    def members(self) -> list[Member]:
        return [member for group in self._members.values() for member in group]

    def add_member(self, member: Member) -> None:
        """Call with nothing pending: what is pending belongs to those who were here before."""
        self._members.setdefault(member.encoding, set()).add(member)

    def discard_member(self, member: Member) -> None:
        group = self._members.get(member.encoding)
        if group is not None:
            group.discard(member)
            if not group:
                del self._members[member.encoding]

    def begin_joining(self) -> list[Publication]:
        """A list that collects everything added from now on, until `end_joining`."""
        waiting: list[Publication] = []
        self._joining.append(waiting)
        return waiting

    def end_joining(self, waiting: list[Publication]) -> None:
        self._joining = [other for other in self._joining if other is not waiting]

    # -- the tick -----------------------------------------------------------------------

    def deliver_pending(self) -> int:
        """Hand what is pending to every member. Returns the number of deliveries."""
        count = 0
        for batch, group in self._take_pending():
            for member in group:
                member.deliver(batch)
            count += len(group) * len(batch.texts)
        return count

    def stage_pending(self) -> int:
        """As `deliver_pending`, when more may be staged for the members in the same tick."""
        count = 0
        for batch, group in self._take_pending():
            for member in group:
                member.stage(batch)
            count += len(group) * len(batch.texts)
        return count

    def _take_pending(self) -> list[tuple[Batch, set[Member]]]:
        pending, self._pending = self._pending, []
        if not pending:
            return []
        return [
            (Batch([encoding(publication) for publication in pending]), group)
            for encoding, group in self._members.items()
        ]
