"""`python -m config.serve`: uvicorn with our own WebSocket and HTTP classes.

SIGTERM drains: nothing new is taken, what was taken is finished and acknowledged, sockets
are closed with 1012, all within the drain limit.
"""

import contextlib
import gc
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any

import uvicorn

from config.env import load_or_exit, settings_module

logger = logging.getLogger(__name__)

BACKLOG = 4096
FILES = 100_000
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# A database thread hands the interpreter back after each round trip; with the default of 5 ms
# it would wait that long for it again whenever the loop is busy.
SWITCH_SECONDS = 0.0005


class DrainingServer(uvicorn.Server):
    """Closes the node's sockets before uvicorn closes everything else."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, but an orderly end is a success: the signal is not raised again."""
        for signum in STOP_SIGNALS:
            signal.signal(signum, self.handle_exit)
        try:
            yield
        finally:
            for signum in STOP_SIGNALS:
                signal.signal(signum, signal.SIG_IGN)  # what is ending needs no second word

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from realtime.node import drain_node

        for server in self.servers:
            server.close()
        await drain_node()
        await super().shutdown(sockets)


def build_config(host: str, port: int, **options: Any) -> uvicorn.Config:
    """How Stoa is served. Django is set up by the application's import, so that comes first."""
    from config.asgi import application
    from realtime.limits import limits
    from realtime.server import StoaHttp, StoaWebSocket

    bounds = limits()
    defaults: dict[str, Any] = {
        "host": host,
        "port": port,
        "loop": "asyncio",
        "http": StoaHttp,
        "ws": StoaWebSocket,
        "ws_max_size": bounds.frame_bytes,
        "ws_ping_interval": bounds.ping_seconds,
        "ws_ping_timeout": bounds.pong_seconds,
        "ws_per_message_deflate": False,
        "lifespan": "on",
        "backlog": BACKLOG,
        "access_log": False,
        "server_header": False,
        "log_config": None,
        "proxy_headers": False,
        "timeout_graceful_shutdown": int(bounds.drain_seconds),
    }
    return uvicorn.Config(application, **{**defaults, **options})


def raise_file_limit() -> None:
    """Every socket is a file; the default soft limit of 1024 is a school's first lesson."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _end_in_order(_signum: int, _frame: object) -> None:
    """Before there is a server to stop."""
    raise SystemExit(0)


def serve(listener: socket.socket | None, host: str, port: int) -> None:
    """Serve until a signal says otherwise."""
    for signum in STOP_SIGNALS:
        signal.signal(signum, _end_in_order)
    sys.setswitchinterval(SWITCH_SECONDS)
    server = DrainingServer(build_config(host, port))
    # What is loaded by now lives as long as the process: the collector need not look at it.
    gc.collect()
    gc.freeze()
    # Thousands of idle sockets are not garbage: look through them seldom.
    gc.set_threshold(10_000, 20, 50)
    server.run(sockets=[listener] if listener is not None else None)


def serve_many(host: str, port: int, processes: int) -> int:
    """Fork processes that share one port; if one ends, all end, and the exit code says so."""
    listener = socket.create_server((host, port), backlog=BACKLOG, reuse_port=False)
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            serve(listener, host, port)
            os._exit(0)
        children.append(child)
    return _wait_for(children)


def _wait_for(children: list[int]) -> int:
    """Until all have ended; the first end, asked for or not, is the signal for all. Told once."""
    told: list[int] = []

    def end_all(signum: int, _frame: object = None) -> None:
        for child in children:
            if child not in told:
                told.append(child)
                os.kill(child, signum)

    for signum in STOP_SIGNALS:
        signal.signal(signum, end_all)
    worst = 0
    while children:
        child, status = os.wait()
        children.remove(child)
        worst = max(worst, int(os.waitstatus_to_exitcode(status) != 0))
        end_all(signal.SIGTERM)
    return worst


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())
    env = load_or_exit()
    raise_file_limit()
    if env.web_processes > 1:
        return serve_many(env.host, env.port, env.web_processes)
    serve(None, env.host, env.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
