"""The programs that are measured: started for real, waited for, pinned, and ended."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from benchmarks.errors import BenchmarkError

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 15.0
_PORTS = range(18100, 19000)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    pid: int
    port: int

    def cpu_seconds(self) -> float:
        return machine.cpu_seconds(self.pid)

    def kernel_seconds(self) -> float:
        return machine.kernel_seconds(self.pid)

    def memory_kb(self) -> float:
        return machine.memory_kb(self.pid)


@contextmanager
def serving(
    name: str,
    command: Sequence[str],
    *,
    port: int,
    env: Mapping[str, str],
    log: Path,
    core: int | None,
) -> Iterator[Program]:
    """The server, from when it accepts connections until the end of the block.

    Raises BenchmarkError with the end of its log when it does not get that far.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output, machine.pinned(core):
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=end_with_parent,
        )
    try:
        _wait_until_it_accepts(process, name, port, log)
        yield Program(name, process.pid, port)
        if process.poll() is not None:
            raise BenchmarkError(f"{name} ended during the measurement:\n{tail(log)}")
    finally:
        _end(process)


def end_with_parent() -> None:
    """Runs in the child: whatever happens to us, it does not stay."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    """Below the range from which the kernel takes ports for outgoing connections."""
    for port in _PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise BenchmarkError(f"no port from {_PORTS.start} to {_PORTS.stop - 1} is free")


def child_env(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **changes}


def tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _wait_until_it_accepts(
    process: "subprocess.Popen[bytes]", name: str, port: int, log: Path
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BenchmarkError(f"{name} did not start:\n{tail(log)}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise BenchmarkError(f"{name} did not answer within {START_SECONDS:.0f} s:\n{tail(log)}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
