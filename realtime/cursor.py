"""Where a reader stands in an ordered stream. No I/O: it only decides."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    DELIVER = "deliver"  # the next one: pass it on
    DROP = "drop"  # seen before
    GAP = "gap"  # something was missed: read the log from `offset`


@dataclass(slots=True)
class Cursor:
    offset: int

    def judge(self, offset: int) -> Verdict:
        """Moves on exactly when the verdict is DELIVER."""
        if offset <= self.offset:
            return Verdict.DROP
        if offset > self.offset + 1:
            return Verdict.GAP
        self.offset = offset
        return Verdict.DELIVER
