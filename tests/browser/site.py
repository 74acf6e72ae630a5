"""The server that browsers visit: a real process on one port, to be killed and brought back."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from tests.realtime.processes import Process, free_port


class Site(Process):
    def url(self, path: str = "/", *, school: str = "alpha") -> str:
        return f"http://{school}.localhost:{self.port}{path}"


def start_site(folder: Path) -> Site:
    """On the tests' database and bus."""
    port = free_port()
    url = urlsplit(os.environ["DATABASE_URL"])
    env = {
        "PORT": str(port),
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}")),
        "DATABASE_POOL_SIZE": "8",
        "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
    }
    return Site([sys.executable, "-m", "config.serve"], port, env, folder / f"site-{port}.log")
