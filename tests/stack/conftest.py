"""Real stacks in a folder of their own, and a view of every process that belongs to one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stack import linux

ROOT = Path(__file__).resolve().parent.parent.parent


class Stack:
    """`python -m stack …` started in `var_dir`, which marks all that it starts."""

    def __init__(self, var_dir: Path, *arguments: str, **env: str) -> None:
        inherited = {
            key: value
            for key, value in os.environ.items()
            if key not in ("DATABASE_URL", "REDIS_URL", "PORT", "VAR_DIR", "DJANGO_SETTINGS_ENV")
        }
        self._mark = f"STACK_UNDER_TEST={var_dir}".encode()
        self._var_dir = var_dir
        marked = {"VAR_DIR": str(var_dir), "STACK_UNDER_TEST": str(var_dir)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stack", *arguments],
            cwd=var_dir,
            env={**inherited, "PYTHONPATH": str(ROOT), **marked, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, timeout: float = 60.0) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        out, err = self.process.communicate(timeout=timeout)
        return self.process.returncode, out, err

    def end(self) -> None:
        """Stop it and whatever a failed test left of it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        for pid in self.family():
            linux.send_signal(pid, signal.SIGKILL)

    def line(self) -> str:
        """The next line that the command prints; it tells that the command runs."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def family(self) -> set[int]:
        """Every living process that belongs to this VAR_DIR, wherever it hangs in the tree."""
        return {pid for pid in linux.parents() if self._is_ours(pid)}

    def supervisor(self) -> int:
        """The inner process."""
        tree = linux.parents()
        return next(pid for pid, parent in tree.items() if parent == self.process.pid)

    def _is_ours(self, pid: int) -> bool:
        try:
            # PostgreSQL and Valkey write over their environment, but work in their data folder.
            inside = Path(os.readlink(f"/proc/{pid}/cwd")).is_relative_to(self._var_dir)
            marked = self._mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            return False
        return inside or marked


def wait_until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def shared_var_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture
def start(shared_var_dir: Path) -> Iterator[Callable[..., Stack]]:
    """Start stacks in one VAR_DIR, as a user does: one after the other, on the same data."""
    started: list[Stack] = []

    def begin(*arguments: str, **env: str) -> Stack:
        started.append(Stack(shared_var_dir, *arguments, **env))
        return started[-1]

    yield begin
    for stack in started:
        stack.end()
