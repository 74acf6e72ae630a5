"""PostgreSQL and Valkey for one VAR_DIR; none of them when its URL is given."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from stack.child import Child
from stack.postgres import Postgres
from stack.signals import Pause
from stack.valkey import Valkey


class Services:
    """`start()` makes both usable; `urls` then says where, embedded or given."""

    def __init__(self, var_dir: Path, env: Mapping[str, str]) -> None:
        self._given = {name: env.get(name, "").strip() for name in ("DATABASE_URL", "REDIS_URL")}
        self._address_file = var_dir / "stack.json"
        self.postgres = None if self._given["DATABASE_URL"] else Postgres(var_dir)
        self.valkey = None if self._given["REDIS_URL"] else Valkey(var_dir)

    @property
    def children(self) -> list[Child]:
        return [service.child for service in (self.postgres, self.valkey) if service]

    @property
    def urls(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.postgres.url if self.postgres else self._given["DATABASE_URL"],
            "REDIS_URL": self.valkey.url if self.valkey else self._given["REDIS_URL"],
        }

    def start(self, pause: Pause) -> None:
        """Both at once. Raises StackError; then `stop()` still has to be called."""
        started = [service for service in (self.valkey, self.postgres) if service]
        for service in started:
            service.start()
        for service in started:
            service.wait(pause)
        self._publish()

    def check(self) -> None:
        """Raises ChildFailed when one has ended."""
        for child in self.children:
            child.check()

    def stop(self) -> None:
        self._address_file.unlink(missing_ok=True)
        for service in (self.valkey, self.postgres):
            if service:
                service.stop()

    def _publish(self) -> None:
        """Where a later `stack manage` finds us."""
        unfinished = self._address_file.with_suffix(".unfinished")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            json.dump(self.urls, stream)
        unfinished.rename(self._address_file)


def running_urls(var_dir: Path) -> dict[str, str] | None:
    """Where the stack that holds VAR_DIR serves; None before it is up."""
    try:
        return dict(json.loads((var_dir / "stack.json").read_text()))
    except (OSError, ValueError):
        return None
