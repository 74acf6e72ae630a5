"""Signals are waited for, never handled: between two waits nothing can interrupt us."""

import signal
from collections.abc import Callable

from stack.errors import StopRequested

Pause = Callable[[float | None], None]

_WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


def hold() -> None:
    """From here on signals wait for us. Children are started with none held (`stack.child`)."""
    # An ignored SIGCHLD, inherited from who started us, would hide how our children ended.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)


def wait(seconds: float | None = None) -> "signal.struct_siginfo | None":
    """The next signal, or None when the time is over first."""
    if seconds is None:
        return signal.sigwaitinfo(_WATCHED)
    return signal.sigtimedwait(_WATCHED, seconds)


def is_from_terminal(info: "signal.struct_siginfo") -> bool:
    """Ctrl-C comes from the kernel and reaches every process of the group by itself."""
    return info.si_pid == 0


def pause(seconds: float | None = None) -> None:
    """Sleep until the time is over or a child ended. Raises StopRequested when asked to stop."""
    info = wait(seconds)
    if info is not None and info.si_signo != signal.SIGCHLD:
        raise StopRequested(info.si_signo, is_from_terminal(info))
