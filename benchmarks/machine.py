"""What the machine is, and what processes use of it. Linux only: all of it is read from /proc."""

import os
import platform
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# A load average above it means that somebody else was at work before we began.
QUIET_LOAD = 0.7

_PROC = Path("/proc")
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat after the name, as proc(5) numbers them less three.
_PARENT, _USER, _SYSTEM, _ENDED_USER, _ENDED_SYSTEM = 1, 11, 12, 13, 14


@dataclass(frozen=True, slots=True)
class Cores:
    """Where the measured program runs and where everything that loads it runs.

    Both None on a machine with one core: then nothing is pinned.
    """

    server: int | None
    load: int | None


def choose_cores() -> Cores:
    usable = sorted(os.sched_getaffinity(0))
    return Cores(usable[0], usable[1]) if len(usable) > 1 else Cores(None, None)


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Programs started inside run on this core only; they inherit it from us."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(root: int) -> float:
    """User and system time of the process and all below it, those that ended included."""
    return _sum(root, (_USER, _SYSTEM, _ENDED_USER, _ENDED_SYSTEM)) / _TICKS_A_SECOND


def kernel_seconds(root: int) -> float:
    """The system time of it. On this machine's own network a send pays for its receipt too."""
    return _sum(root, (_SYSTEM, _ENDED_SYSTEM)) / _TICKS_A_SECOND


def _sum(root: int, columns: tuple[int, ...]) -> int:
    stats = [fields for pid in family_of(root) if (fields := _stat(pid)) is not None]
    return sum(int(fields[column]) for fields in stats for column in columns)


def memory_kb(root: int) -> float:
    """Proportional set size of the process and all below it, in KiB.

    Shared pages count once, so the number does not depend on what else runs. Buffers of the
    kernel are not in it.
    """
    total = 0
    for pid in family_of(root):
        try:
            lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return float(total)


def family_of(root: int) -> list[int]:
    """The process and its living descendants."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        fields = _stat(pid)
        if fields is not None:
            children.setdefault(int(fields[_PARENT]), []).append(pid)
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def parent_of(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[_PARENT]) if fields is not None else None


def program_of(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def open_files_allowed() -> int:
    """How many the programs we start may open; raised as far as the system lets us."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def describe() -> dict[str, str]:
    """The machine's class: enough to compare, nothing that names it."""
    return {
        "cpu": _first_field(_PROC / "cpuinfo", "model name") or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(_first_field(_PROC / 'meminfo', 'MemTotal').split()[0]) // 1048576} GiB",
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
    }


def _first_field(file: Path, name: str) -> str:
    for line in file.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())


def _stat(pid: int) -> list[str] | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The name stands in parentheses and may hold anything, spaces too.
    return text.rpartition(")")[2].split()
