"""Where a run takes place: a database of its own, real tenants, a folder; all gone afterwards."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

from benchmarks import machine
from benchmarks.errors import BenchmarkError
from benchmarks.loadgen import compile_loadgen
from benchmarks.machine import Cores

_NEEDED = ("DATABASE_URL", "REDIS_URL")


@dataclass(frozen=True, slots=True)
class Stage:
    """`seconds` is how long one measurement lasts, `rounds` how often it is repeated."""

    folder: Path
    loadgen: Path
    cores: Cores
    seconds: float
    rounds: int
    postgres_pid: int | None
    redis_pid: int | None

    def postgres_cpu(self) -> float:
        return machine.cpu_seconds(self.postgres_pid) if self.postgres_pid else 0.0

    def redis_cpu(self) -> float:
        return machine.cpu_seconds(self.redis_pid) if self.redis_pid else 0.0


@contextmanager
def set_stage(var_dir: Path, *, seconds: float, rounds: int) -> Iterator[Stage]:
    """Makes the database, points Django at it and migrates; drops it at the end.

    Raises BenchmarkError when there is no server to make it on, or no compiler.
    """
    if missing := [name for name in _NEEDED if not os.environ.get(name)]:
        raise BenchmarkError(f"{missing[0]} is not set: run the benchmarks by `make bench`")
    # `make bench` gives its servers VAR_DIR/bench: what we make belongs beside them.
    folder = var_dir if var_dir.name == "bench" else var_dir / "bench"
    loadgen = compile_loadgen(folder)
    machine.open_files_allowed()
    with _database(os.environ["DATABASE_URL"]) as (url, postgres_pid):
        _set_up_django(url)
        try:
            yield Stage(
                folder, loadgen, machine.choose_cores(), seconds, rounds, postgres_pid, _redis_pid()
            )
        finally:
            _clean_up()


@contextmanager
def _database(server_url: str) -> Iterator[tuple[str, int | None]]:
    parts = urlsplit(server_url)
    name = f"stoa_bench_{secrets.token_hex(4)}"
    identifier = sql.Identifier(name)
    # The URL is Django's; what follows the path may be words that libpq does not know.
    connection = psycopg.connect(urlunsplit(parts._replace(query="")), autocommit=True)
    with connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        try:
            pid = _server_pid(connection.info.backend_pid, "postgres")
            yield urlunsplit(parts._replace(path=f"/{name}")), pid
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


def _server_pid(backend_pid: int, program: str) -> int | None:
    """The server's main process, when the server runs on this machine."""
    if program not in machine.program_of(backend_pid):
        return None
    return machine.parent_of(backend_pid)


def _redis_pid() -> int | None:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        pid = int(client.info("server")["process_id"])
    return pid if machine.program_of(pid).startswith(("valkey", "redis")) else None


def _set_up_django(database_url: str) -> None:
    os.environ["DATABASE_URL"] = database_url
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    os.environ["LOG_LEVEL"] = "WARNING"
    # One process is measured.
    os.environ["WEB_PROCESSES"] = "1"
    import django

    django.setup()
    from tenants.schemas import migrate_public, migrate_template

    migrate_public()
    migrate_template()


def _clean_up() -> None:
    """What the tenants of the run left in Redis; and our connections, or the database stays."""
    from django.db import connection

    from tenants.context import PUBLIC, in_tenant
    from tenants.models import Tenant

    with in_tenant(PUBLIC):
        names = [tenant.schema_name.removeprefix("t_") for tenant in Tenant.objects.all()]
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        for name in names:
            for keys in _in_batches(client.scan_iter(match=f"*{name}*", count=1000)):
                client.delete(*keys)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it


def _in_batches(keys: Iterator[bytes], size: int = 500) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for key in keys:
        batch.append(key)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
