"""The embedded PostgreSQL: one cluster under VAR_DIR/pg, TCP on 127.0.0.1, password required."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

from stack import linux, ports
from stack.binaries import PostgresBinaries, find_postgres
from stack.child import Child, ending, tail_of
from stack.errors import ChildFailed, StackError
from stack.signals import Pause

FIRST_PORT = 15432
DATABASE = ROLE = "stoa"
# What migrations may ask for. `vector` is not a trusted extension, so only the superuser can
# install it; in template1 every database made later has it.
EXTENSIONS = ("btree_gist", "citext", "pg_trgm", "unaccent", "vector")
# Its number changes with what `prepare` makes, so that older clusters get it too.
_READY_MARK = "stoa.ready.2"
_START_SECONDS = 30.0
_PORT_TRIES = 5
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # No socket file: its path may be longer than the 107 bytes the kernel allows.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "fsync": "on",
    "synchronous_commit": "on",
    # Cloning or dropping a tenant's schema locks each of its tables.
    "max_locks_per_transaction": "256",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "logging_collector": "off",
}


class Postgres:
    """Started with `start()`, usable after `wait()`; `url` then names the database."""

    def __init__(self, var_dir: Path) -> None:
        self._var_dir = var_dir
        self._data = var_dir / "pg"
        self._log = var_dir / "log" / "postgres.log"
        self._password_file = var_dir / "pg.password"
        self._binaries: PostgresBinaries = find_postgres()
        self._port = 0
        self.child = self._child()

    @property
    def url(self) -> str:
        password = self._password_file.read_text().strip()
        return f"postgres://{ROLE}:{password}@127.0.0.1:{self._port}/{DATABASE}"

    def start(self) -> None:
        if not self._data.exists():
            self._create_cluster()
        self._check_version()
        self._clear_stale_pid()
        self._start_on(next(ports.free_ports(FIRST_PORT)))

    def wait(self, pause: Pause) -> None:
        """Returns when it answers. Raises ChildFailed when it does not within 30 s."""
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
                raise ChildFailed("PostgreSQL did not get ready in time", tail_of(self._log))
            pause(0.02)
        self._make_database()

    def stop(self) -> None:
        self.child.stop()

    def _start_on(self, port: int) -> None:
        self._port = port
        self.child = self._child()
        self.child.start()

    def _child(self) -> Child:
        options = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        server = [str(self._binaries.postgres), "-D", str(self._data), "-p", str(self._port)]
        return Child(
            name="PostgreSQL",
            command=[*_without_root(), *server, *options],
            env=_clean_env(),
            log=self._log,
            # Fast shutdown: sessions are rolled back and ended, then a checkpoint. SIGTERM
            # would wait for every client to leave by itself.
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            stop_seconds=30.0,
        )

    def _create_cluster(self) -> None:
        """Made aside and renamed, so that a cluster half made is never taken for a whole one."""
        unfinished = self._var_dir / "pg.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_hex(24) + "\n")
        command: list[str | Path] = [
            *_without_root(), self._binaries.initdb, "-D", unfinished, "-U", "postgres",
            "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256",
            f"--pwfile={self._password_file}",
        ]  # fmt: skip
        if self._binaries.major >= 17:
            command.append("--sync-method=syncfs")
        child = Child(name="initdb", command=command, env=_clean_env(), log=self._log)
        child.start()
        assert child.process is not None  # noqa: S101 - just started; this tells mypy
        if code := child.process.wait():
            raise ChildFailed(f"initdb ended with {ending(code)}{_root_hint()}", child.tail())
        unfinished.rename(self._data)

    def _check_version(self) -> None:
        made_by = (self._data / "PG_VERSION").read_text().strip()
        if made_by != str(self._binaries.major):
            raise StackError(
                f"{self._data} was made by PostgreSQL {made_by}, but version "
                f"{self._binaries.major} is installed: move the data with pg_dump, "
                "or use another VAR_DIR"
            )

    def _clear_stale_pid(self) -> None:
        """PostgreSQL refuses to start when the pid in its lock file lives, whoever that is now.

        We hold VAR_DIR, so a server that lives in it is the end of a killed stack: wait for it.
        """
        pid_file = self._data / "postmaster.pid"
        deadline = time.monotonic() + _START_SECONDS
        while pid := _first_number(pid_file):
            if not _works_in(pid, self._data):
                pid_file.unlink(missing_ok=True)
                return
            if time.monotonic() > deadline:
                raise StackError(f"{self._data} is in use by {linux.describe(pid)}; stop it first")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        """What pg_ctl looks at: the eighth line of the lock file, written by this very process."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(self.child.pid) and lines[7].strip() == "ready"

    def _make_database(self) -> None:
        done = self._data / _READY_MARK
        if done.exists():
            return
        password = self._password_file.read_text().strip()
        prepare(
            f"host=127.0.0.1 port={self._port} user=postgres password={password}",
            password=password,
            major=self._binaries.major,
        )
        done.touch()


def prepare(server: str, *, password: str, major: int) -> None:
    """Role, database and extensions. May run again over what an interrupted run left.

    The application is no superuser: what works here works where it gets a plain role.
    """
    import psycopg  # here, because only the first start needs it
    from psycopg import sql

    role = sql.Identifier(ROLE)
    with psycopg.connect(f"{server} dbname=template1", autocommit=True) as template:
        offered = template.execute("SELECT name FROM pg_available_extensions").fetchall()
        for name in sorted({row[0] for row in offered} & set(EXTENSIONS)):
            extension = sql.Identifier(name)
            template.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(extension))
    with psycopg.connect(f"{server} dbname=postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, password))
        connection.execute(sql.SQL("GRANT pg_monitor, pg_signal_backend TO {}").format(role))
        if major >= 15:
            # Tests empty append-only tables with it.
            connection.execute(
                sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(role)
            )
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if not found.fetchone():
            database = sql.Identifier(DATABASE)
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))


def _clean_env() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")}


def _without_root() -> list[str]:
    """PostgreSQL refuses to run as root: give it a user namespace where we are user 1000.

    `unshare` runs it in its own place, so the pid and the death signal stay.
    """
    if os.geteuid() != 0:
        return []
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


def _root_hint() -> str:
    if os.geteuid() != 0:
        return ""
    allowed = subprocess.run([*_without_root(), "true"], capture_output=True, check=False)
    if allowed.returncode == 0:
        return ""
    return " (root may not make user namespaces here: start as another user, or set DATABASE_URL)"


def _first_number(path: Path) -> int:
    try:
        line = path.read_text().split("\n", 1)[0]
    except OSError:
        return 0
    return int(line) if line.isdigit() else 0


def _works_in(pid: int, folder: Path) -> bool:
    """A server's working directory is its data directory."""
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", folder)
    except OSError:
        return False
