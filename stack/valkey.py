"""The embedded Valkey: a messenger, but queued tasks survive its restart (append-only file)."""

import os
import secrets
import socket
import time
from pathlib import Path

from stack import ports
from stack.binaries import find_valkey
from stack.child import Child, tail_of
from stack.errors import ChildFailed
from stack.signals import Pause

FIRST_PORT = 16380
_START_SECONDS = 30.0
_PORT_TRIES = 5
_SETTINGS = """\
bind 127.0.0.1
port {port}
dir "{folder}"
requirepass {password}
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
daemonize no
logfile ""
"""


class Valkey:
    """Started with `start()`, usable after `wait()`; `url` then names database 0."""

    def __init__(self, var_dir: Path) -> None:
        self._folder = var_dir / "valkey"
        self._log = var_dir / "log" / "valkey.log"
        self._binary = find_valkey()
        self._password = secrets.token_hex(24)
        self._port = 0
        self.child = self._child()

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._start_on(next(ports.free_ports(FIRST_PORT)))

    def wait(self, pause: Pause) -> None:
        """Returns when it answers our password. Raises ChildFailed when it does not within 30 s."""
        deadline = time.monotonic() + _START_SECONDS
        tries = 1
        while not self._is_ready():
            if not self.child.is_running:
                # Someone took the port between the probe and the bind.
                if ports.is_free(self._port) or tries == _PORT_TRIES:
                    self.child.check()
                tries += 1
                self._start_on(next(ports.free_ports(self._port + 1)))
            if time.monotonic() > deadline:
                raise ChildFailed("Valkey did not get ready in time", tail_of(self._log))
            pause(0.02)

    def stop(self) -> None:
        self.child.stop()

    def _start_on(self, port: int) -> None:
        self._port = port
        # In a file that only we may read: the command line is public on this machine.
        file = self._folder / "valkey.conf"
        file.touch(mode=0o600)
        file.write_text(_SETTINGS.format(port=port, folder=self._folder, password=self._password))
        self.child = self._child()
        self.child.start()

    def _child(self) -> Child:
        return Child(
            name="Valkey",
            command=[self._binary, self._folder / "valkey.conf"],
            env=os.environ,
            log=self._log,
        )

    def _is_ready(self) -> bool:
        """The password tells our server from another that took the same port."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1.0) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answers:
                    return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False
