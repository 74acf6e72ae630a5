"""What one socket, one person and one process may use. `settings.REALTIME` overrides."""

import time
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Limits:
    frame_bytes: int = 64 * 1024
    outbox_bytes: int = 1024 * 1024
    messages_per_second: float = 10.0
    message_burst: int = 30
    commands_per_second: float = 20.0
    command_burst: int = 100
    refusals: int = 200  # within ten seconds, then the socket is closed with 4029
    bad_frames: int = 5
    sockets_per_user: int = 20
    running_handlers: int = 8
    waiting_commands: int = 64
    ingest_waiting: int = 5000
    ingest_batch: int = 500
    handshakes_per_second: float = 1000.0
    handshake_burst: int = 4000
    ping_seconds: float = 25.0
    pong_seconds: float = 10.0
    check_seconds: float = 5.0
    drain_seconds: float = 10.0
    expiry_warning_seconds: float = 60.0
    history_page: int = 100


@lru_cache(maxsize=1)
def limits() -> Limits:
    return Limits(**getattr(settings, "REALTIME", {}))


class Budget:
    """A token bucket: `rate` a second, at most `burst` at once."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = time.monotonic()

    def take(self) -> float:
        """0.0 when it is allowed, else the seconds until it is."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate

    @property
    def is_full(self) -> bool:
        """Nothing was taken for so long that a new bucket would be the same."""
        return self._tokens + (time.monotonic() - self._at) * self._rate >= self._burst
