"""Is this process of use? Asked by probes, often, and never allowed to wait.

Each check has a connection and a time-out of its own, so that a full pool or a hung server
shows here instead of hanging the probe too. Answers are kept for a second.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import psycopg
import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tenants.schemas import migration_version

KEEP_SECONDS = 1.0
TIMEOUT_SECONDS = 2

_BEHIND = """
    SELECT count(*) FROM public.tenants_tenant t
    LEFT JOIN public.tenants_schemastate s ON s.tenant_id = t.id
    WHERE t.state = 'ready' AND (s.version IS DISTINCT FROM %s OR s.error <> '')
"""
_APPLIED = "SELECT app, name FROM public.django_migrations"


@dataclass(frozen=True, slots=True)
class Health:
    database: bool
    redis: bool
    migrations: bool

    @property
    def is_ready(self) -> bool:
        return self.database and self.redis and self.migrations


class _Kept:
    """One answer for all who ask within a second; who asks meanwhile gets the last one."""

    def __init__(self, check: Callable[[], Health]) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._until = 0.0
        self._answer: Health | None = None

    def __call__(self) -> Health:
        answer = self._answer
        if answer is not None and time.monotonic() < self._until:
            return answer
        with self._lock:
            if self._answer is None or time.monotonic() >= self._until:
                self._answer = self._check()
                self._until = time.monotonic() + KEEP_SECONDS
            return self._answer

    def forget(self) -> None:
        self._until = 0.0


def check() -> Health:
    database, migrations = _database()
    return Health(database=database, redis=_redis(), migrations=migrations)


current_health = _Kept(check)


def _database() -> tuple[bool, bool]:
    """Whether it answers, and whether every schema in use is at the code's migrations."""
    params = connection.settings_dict
    try:
        with psycopg.connect(
            dbname=params["NAME"],
            user=params["USER"] or None,
            password=params["PASSWORD"] or None,
            host=params["HOST"] or None,
            port=params["PORT"] or None,
            connect_timeout=TIMEOUT_SECONDS,
            options=f"-c statement_timeout={TIMEOUT_SECONDS * 1000}",
            autocommit=True,
        ) as probe:
            return True, _is_current(probe)
    except psycopg.Error:
        return False, False


def _is_current(probe: "psycopg.Connection[tuple[object, ...]]") -> bool:
    try:
        applied = set(probe.execute(_APPLIED).fetchall())
        behind = probe.execute(_BEHIND, [_code_version()]).fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    return _code_migrations() <= applied and behind == (0,)


@lru_cache(maxsize=1)
def _code_version() -> str:
    return migration_version()


@lru_cache(maxsize=1)
def _code_migrations() -> frozenset[tuple[str, str]]:
    """Those of the public schema: all apps', since the recorder notes each app there."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.graph.nodes)


def _redis() -> bool:
    try:
        client = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=TIMEOUT_SECONDS / 2,
            socket_connect_timeout=TIMEOUT_SECONDS / 2,
        )
        try:
            return bool(client.ping())
        finally:
            client.close()
    except redis.RedisError:
        return False
