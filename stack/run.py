"""`stack run`: the servers, the worker and the web server, watched until somebody says stop."""

import http.client
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack import linux, ports, signals
from stack.child import Child
from stack.console import say
from stack.errors import ChildFailed, StackError, StopRequested
from stack.execute import child_env
from stack.follow import Follower
from stack.services import Services
from stack.watch import Watch

_READY_SECONDS = 60.0
_LOOK_SECONDS = 0.5


Steps = Sequence[Sequence[str]]


def run(root: Path, var_dir: Path, env: Mapping[str, str], port: int, steps: Steps) -> int:
    """Serve until SIGTERM or Ctrl-C; then stop in order and return 0. Raises StackError.

    `steps` are the management commands that come before serving.
    """
    if not ports.is_free(port):
        raise StackError(f"port {port} is in use: stop what uses it, or choose another PORT")
    services = Services(var_dir, env)
    house = _House(root, var_dir, services)
    try:
        house.start(env, port, steps)
        say_ready(port)
        house.watch()
    except StopRequested:
        say("stopping")
    finally:
        house.stop()
    return 0


def say_ready(port: int) -> None:
    sys.stdout.write(f"ready http://localhost:{port}\n")
    sys.stdout.flush()


class _House:
    def __init__(self, root: Path, var_dir: Path, services: Services) -> None:
        self._root = root
        self._var_dir = var_dir
        self._services = services
        self._programs: list[Child] = []  # in the order in which they stop

    def start(self, env: Mapping[str, str], port: int, steps: Steps) -> None:
        began = time.monotonic()
        self._services.start(signals.pause)
        child = {**child_env(self._services.urls, self._var_dir, env), "PORT": str(port)}
        for command, *options in steps:
            self._step(command, child, options)
        self._programs = [self._web(child), self._worker(child)]
        for program in reversed(self._programs):
            program.start()
        self._wait_until_ready(port)
        say(f"started in {time.monotonic() - began:.1f} s; logs are in {self._var_dir / 'log'}")

    def watch(self) -> None:
        """Ends only by StopRequested: what falls is started again, slower each time."""
        children = [*self._services.children, *self._programs]

        def sweep() -> None:
            linux.end_descendants(
                grace_seconds=0.0,
                except_families_of=[child.pid for child in children if child.is_running],
            )

        watches = [Watch(child, sweep) for child in children]
        followers = [Follower(child.name, child.log) for child in children if child.log]
        while True:
            signals.pause(_LOOK_SECONDS)
            for follower in followers:
                for line in follower.news():
                    say(line)
            for watch in watches:
                watch.look()
            linux.reap_strangers([child.pid for child in children])

    def stop(self) -> None:
        for program in self._programs:
            program.stop()
        ours = [child.pid for child in self._services.children]
        linux.end_descendants(grace_seconds=0.0, except_families_of=ours)
        self._services.stop()

    def _step(self, command: str, env: Mapping[str, str], options: Sequence[str]) -> None:
        """One management command, waited for."""
        log = self._var_dir / "log" / "setup.log"
        step = Child(
            name=command,
            command=[sys.executable, "manage.py", command, *options],
            env=env,
            log=log,
            cwd=self._root,
        )
        step.start()
        try:
            while step.is_running:
                signals.pause()
                self._services.check()
        finally:
            step.stop()
        if step.returncode:
            step.check()

    def _web(self, env: Mapping[str, str]) -> Child:
        return Child(
            name="web",
            command=[sys.executable, "-m", "config.serve"],
            env=env,
            log=self._var_dir / "log" / "web.log",
            cwd=self._root,
            # Sockets are told to come back and requests finish first.
            stop_seconds=30.0,
        )

    def _worker(self, env: Mapping[str, str]) -> Child:
        folder = self._var_dir / "celery"
        folder.mkdir(exist_ok=True)
        return Child(
            name="worker",
            command=[
                sys.executable, "-m", "celery", "-A", "config", "worker", "-B",
                "--concurrency=2", "--loglevel=WARNING", f"--schedule={folder / 'beat'}",
                # One worker: there is nobody to gossip with.
                "--without-gossip", "--without-mingle",
            ],
            env=env,
            log=self._var_dir / "log" / "worker.log",
            cwd=self._root,
            # Warm shutdown on SIGTERM lets tasks finish. Tasks are acknowledged late, so what is
            # cut off after this is delivered again.
            stop_seconds=20.0,
            # When we were killed nobody waits: cold shutdown.
            orphan_signal=signal.SIGQUIT,
        )  # fmt: skip

    def _wait_until_ready(self, port: int) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not _answers(port):
            self._services.check()
            for program in self._programs:
                program.check()
            if time.monotonic() > deadline:
                raise ChildFailed("the web server did not get ready", self._programs[0].tail())
            signals.pause(0.1)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2.0)
    try:
        connection.request("GET", "/health/ready/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
