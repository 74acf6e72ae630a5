"""Starts a fallen child again: at once would hide a loop, never would end the service."""

import time
from collections.abc import Callable

from stack.child import Child, ending
from stack.console import say

_FIRST_DELAY = 1.0
_LONGEST_DELAY = 30.0
# A child that lived this long fell for a new reason.
_HEALTHY_SECONDS = 60.0


class Watch:
    """`sweep` ends what a fallen child left: its workers may still hold its port or its data."""

    def __init__(self, child: Child, sweep: Callable[[], object]) -> None:
        self.child = child
        self._sweep = sweep
        self._delay = _FIRST_DELAY
        self._start_at: float | None = None

    def look(self) -> None:
        """Call again and again; never waits."""
        now = time.monotonic()
        if self._start_at is not None:
            if now >= self._start_at:
                self._start_at = None
                self._sweep()
                self.child.start()
        elif (code := self.child.returncode) is not None:
            if now - self.child.started_at >= _HEALTHY_SECONDS:
                self._delay = _FIRST_DELAY
            say(
                f"{self.child.name} ended with {ending(code)}; "
                f"it starts again in {self._delay:.0f} s\n{self.child.tail()}"
            )
            self._start_at = now + self._delay
            self._delay = min(self._delay * 2, _LONGEST_DELAY)
