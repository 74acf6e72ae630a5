"""One supervised process: its own group, its log file, and a signal if we die."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stack import linux
from stack.errors import ChildFailed

_TAIL_BYTES = 8192
_TAIL_LINES = 15


@dataclass(kw_only=True)
class Child:
    """What to start and how to stop it.

    `stop_signal` asks for an orderly end; `orphan_signal` is what the kernel sends it when we are
    killed. `log` None means the terminal is shared, and the process stays in our group so that
    Ctrl-C reaches it.
    """

    name: str
    command: Sequence[str | Path]
    env: Mapping[str, str]
    log: Path | None
    stop_signal: int = signal.SIGTERM
    orphan_signal: int = signal.SIGTERM
    stop_seconds: float = 10.0
    cwd: Path | None = None
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Must run in the main thread: the kernel ties the death signal to the thread."""
        parent = os.getpid()
        self.started_at = time.monotonic()
        if self.log is None:
            self.process = subprocess.Popen(
                list(self.command),
                env=dict(self.env),
                cwd=self.cwd,
                preexec_fn=_prepare(parent, self.orphan_signal),
            )
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                list(self.command),
                env=dict(self.env),
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Its own session: Ctrl-C must reach it through us, in order.
                start_new_session=True,
                preexec_fn=_prepare(parent, self.orphan_signal),
            )

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    @property
    def returncode(self) -> int | None:
        """None while it runs and before it started."""
        return self.process.poll() if self.process else None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ask, wait `stop_seconds`, then kill. Safe to call twice."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def check(self) -> None:
        """Raises ChildFailed when it has ended."""
        if (code := self.returncode) is not None:
            raise ChildFailed(f"{self.name} ended with {ending(code)}", self.tail())

    def tail(self) -> str:
        return tail_of(self.log) if self.log else ""


def tail_of(log: Path) -> str:
    """The last lines of a log, for the person who must understand why."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            lines = stream.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in lines[-_TAIL_LINES:])


def ending(code: int) -> str:
    """How a process ended, in words."""
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _prepare(parent: int, orphan_signal: int) -> Callable[[], None]:
    def before_exec() -> None:
        linux.die_with_parent(orphan_signal)
        if os.getppid() != parent:  # killed between fork and prctl: nobody will tell us later
            os._exit(1)
        # We wait with signals blocked (supervisor); a child starts with none blocked.
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    return before_exec
