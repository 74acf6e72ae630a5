"""The outer process: starts the inner one, passes signals on, and sweeps up after it."""

import os
import signal
import sys
from collections.abc import Callable

from stack import linux, signals

# What the kernel's death signals get to end by themselves when the inner process was killed.
_ORPHAN_GRACE_SECONDS = 5.0


def keep(inner: Callable[[], int]) -> int:
    """Run `inner` in a child and return its exit code, with no descendant left alive.

    If we are killed the inner process gets SIGTERM and stops everything; if it is killed we do.
    """
    linux.adopt_orphans()
    signals.hold()
    us = os.getpid()
    pid = os.fork()
    if pid == 0:
        _be_inner(inner, us)
    status = _wait_for(pid)
    code = os.waitstatus_to_exitcode(status)
    linux.end_descendants(grace_seconds=_ORPHAN_GRACE_SECONDS if code < 0 else 0.0)
    if code < 0:
        name = signal.Signals(-code).name
        sys.stderr.write(f"stoa: the supervisor ended with {name}; everything is stopped\n")
        return 128 - code
    return code


def _be_inner(inner: Callable[[], int], parent: int) -> None:
    code = 1
    try:
        linux.die_with_parent(signal.SIGTERM)
        if os.getppid() == parent:
            linux.adopt_orphans()
            code = inner()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        # No return: the code of the outer process must not run a second time in here.
        os._exit(code)


def _wait_for(pid: int) -> int:
    while True:
        info = signals.wait()
        if info is None or info.si_signo == signal.SIGCHLD:
            linux.reap_strangers([pid])
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return status
        elif not signals.is_from_terminal(info):
            linux.send_signal(pid, info.si_signo)
