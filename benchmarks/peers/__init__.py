"""What Stoa is compared with, each as its users would have it, started as a program of its own.

tutorial/   the chat of the Channels tutorial, on daphne with channels_redis
stock/      a Channels consumer that keeps each message with one ORM insert
node/       a broadcast server on the npm package `ws`
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.programs import Program, child_env, free_port, serving

_HERE = Path(__file__).parent
_TUTORIAL = "benchmarks.peers.tutorial"
_STOCK = "benchmarks.peers.stock"
_NPM_SECONDS = 120


@contextmanager
def tutorial_chat(folder: Path, core: int | None) -> Iterator[Program]:
    """Rooms at /ws/chat/<name>/; a text {"message": …} goes to all of the room."""
    port = free_port()
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0"]
    with serving(
        "Channels tutorial",
        [*command, f"{_TUTORIAL}.asgi:application"],
        port=port,
        env=_settings_of(_TUTORIAL),
        log=folder / "log" / "tutorial.log",
        core=core,
    ) as program:
        yield program


@contextmanager
def stock_consumer(folder: Path, core: int | None) -> Iterator[Program]:
    """/ws/keep/<room>/ keeps and replies; /ws/chat/<room>/ also sends to all of the room."""
    env = _settings_of(_STOCK)
    migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"]
    subprocess.run(migrate, env=env, check=True)
    port = free_port()
    # uvicorn, as Stoa has it: for one message and one reply it is a little cheaper than daphne.
    command = [sys.executable, "-m", "uvicorn", "--port", str(port), "--log-level", "warning"]
    with serving(
        "stock consumer",
        [*command, f"{_STOCK}.asgi:application"],
        port=port,
        env=env,
        log=folder / "log" / "stock.log",
        core=core,
    ) as program:
        yield program


@contextmanager
def node_ws(folder: Path, core: int | None) -> Iterator[Program]:
    """A text goes to all sockets of the same path. Raises BenchmarkError without Node."""
    modules = install_ws(folder)
    port = free_port()
    command = ["node", str(_HERE / "node" / "server.cjs"), str(port)]
    env = child_env(NODE_PATH=str(modules))
    log = folder / "log" / "node.log"
    with serving("Node ws", command, port=port, env=env, log=log, core=core) as program:
        yield program


def install_ws(folder: Path) -> Path:
    """The folder of modules that holds `ws`, fetched once. Raises BenchmarkError."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise BenchmarkError("Node and npm are not installed: run `apt-get install nodejs npm`")
    modules = folder / "node" / "node_modules"
    if not (modules / "ws" / "package.json").exists():
        (folder / "node").mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix"]
        try:
            subprocess.run(
                [*command, str(folder / "node"), "ws@8"],
                check=True,
                capture_output=True,
                timeout=_NPM_SECONDS,
            )
        except (subprocess.SubprocessError, OSError) as error:
            raise BenchmarkError("npm could not fetch the package ws") from error
    return modules


def versions() -> dict[str, str]:
    names = ("django", "channels", "channels-redis", "daphne", "uvicorn", "redis", "psycopg")
    return {name: version(name) for name in names}


def _settings_of(package: str) -> dict[str, str]:
    return child_env(DJANGO_SETTINGS_MODULE=f"{package}.settings")
