"""Real server processes and a bus of the test's own, to be killed, stopped and brought back."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from stack.binaries import find_valkey

ROOT = Path(__file__).resolve().parents[2]
STARTING_SECONDS = 30


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], seconds: float = STARTING_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
    except OSError:
        return False
    return True


class Process:
    """A program on a port. Its output is kept in a file."""

    def __init__(self, command: list[str], port: int, env: Mapping[str, str], log: Path) -> None:
        self.command = command
        self.port = port
        self.env = {**os.environ, **env}
        self.log = log
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command, cwd=ROOT, env=self.env, stdout=log, stderr=log
            )
        wait_until(lambda: self.popen.poll() is not None or answers(self.port))
        assert self.popen.poll() is None, self.log.read_text()[-2000:]

    def send(self, signum: int) -> None:
        self.popen.send_signal(signum)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.popen.wait(10)

    def stop(self) -> None:
        if self.popen.poll() is None:
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
            try:
                self.popen.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


def start_server(
    folder: Path, *, server: str = "uvicorn", redis_url: str | None = None, **limits: float
) -> Process:
    """One node on the tests' database. `limits` override realtime.limits."""
    port = free_port()
    url = urlsplit(os.environ["DATABASE_URL"])
    env = {
        "PORT": str(port),
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}")),
        "DATABASE_POOL_SIZE": "8",
        "DJANGO_SETTINGS_MODULE": "tests.realtime.settings",
        "REDIS_URL": redis_url or os.environ["REDIS_URL"],
        "TEST_REALTIME": json.dumps(limits),
    }
    command = {
        "uvicorn": [sys.executable, "-m", "config.serve"],
        "daphne": [sys.executable, "-m", "daphne", "-p", str(port), "config.asgi:application"],
    }[server]
    return Process(command, port, env, folder / f"{server}-{port}.log")


def start_bus(folder: Path) -> Process:
    """A Valkey of the test's own."""
    port = free_port()
    command = [str(find_valkey()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    return Process([*command, "--dir", str(folder)], port, {}, folder / f"valkey-{port}.log")
