"""Management commands in processes of their own, on the tests' database, to be killed."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return {
        **os.environ,
        "DATABASE_URL": urlunsplit(url),
        "DATABASE_POOL_SIZE": "4",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }


def manage(*words: str) -> subprocess.Popen[str]:
    return _start([sys.executable, "manage.py", *words], subprocess.DEVNULL)


def celery_worker() -> subprocess.Popen[str]:
    """One process, one task at a time. What it logs is read with `communicate`."""
    command = [
        sys.executable, "-m", "celery", "-A", "config", "worker", "-P", "solo", "-c", "1",
        "--without-gossip", "--without-mingle", "--without-heartbeat",
    ]  # fmt: skip
    return _start(command, subprocess.PIPE)


def _start(command: list[str], stderr: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        text=True,
    )


def wait_until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
