"""The few Linux calls that keep a family of processes together."""

import ctypes
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(signum: int) -> None:
    """The kernel sends us `signum` when the thread that started us ends.

    Call it in the child; it survives exec unless exec changes privileges.
    """
    _prctl(_PR_SET_PDEATHSIG, signum)


def adopt_orphans() -> None:
    """Descendants that lose their parent become our children, not init's."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def parents() -> dict[int, int]:
    """pid -> parent's pid, for every process that is not a zombie."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = Path("/proc", entry, "stat").read_text(errors="replace")
        except OSError:  # it ended while we looked
            continue
        state, parent = stat.rpartition(")")[2].split()[:2]
        if state not in "ZX":
            found[int(entry)] = int(parent)
    return found


def descendants(pid: int, *, except_families_of: Iterable[int] = ()) -> set[int]:
    """Every living process below `pid`, without the named ones and what is below them."""
    children: dict[int, list[int]] = {}
    for child, parent in parents().items():
        children.setdefault(parent, []).append(child)
    spared = set(except_families_of)
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in spared and child not in found:
                found.add(child)
                waiting.append(child)
    return found


def describe(pid: int) -> str:
    """The command of a process, for a message."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return f"process {pid}"
    program, *words = raw.decode(errors="replace").rstrip("\0").split("\0")
    command = " ".join([program.rpartition("/")[2], *words]).strip()
    return f"{command[:80]} ({pid})" if command else f"process {pid}"


def reap_strangers(known: Iterable[int]) -> None:
    """Collect adopted zombies; the known children are collected by those who started them."""
    ours = set(known)
    for _ in range(1000):
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid in ours:
            return
        os.waitpid(ended.si_pid, 0)


def end_descendants(*, grace_seconds: float, except_families_of: Iterable[int] = ()) -> set[int]:
    """SIGKILL what is below us and still there after the grace. Returns what had to be killed."""
    spared = set(except_families_of)
    deadline = time.monotonic() + grace_seconds
    killed: set[int] = set()
    while True:
        reap_strangers(spared)
        alive = descendants(os.getpid(), except_families_of=spared)
        if not alive:
            return killed
        if time.monotonic() >= deadline:
            for pid in alive:
                send_signal(pid, signal.SIGKILL)
            killed |= alive
        time.sleep(0.02)


def send_signal(pid: int, signum: int) -> None:
    try:
        os.kill(pid, signum)
    except ProcessLookupError:  # it ended first, which is what we wanted
        return
