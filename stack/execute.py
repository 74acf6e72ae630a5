"""`stack exec`: one command beside servers of its own."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack import linux, signals
from stack.child import Child
from stack.console import say
from stack.errors import StackError, StopRequested
from stack.services import Services

# What a command left behind gets to end by itself.
_STRAY_GRACE_SECONDS = 2.0


def execute(command: Sequence[str], var_dir: Path, env: Mapping[str, str]) -> int:
    """Start the servers, run the command, stop all. Returns the command's exit code."""
    services = Services(var_dir, env)
    try:
        services.start(signals.pause)
        return _run_beside(services, command, child_env(services.urls, var_dir, env))
    except StopRequested as request:
        return 128 + request.signum
    finally:
        services.stop()


def _run_beside(services: Services, command: Sequence[str], env: Mapping[str, str]) -> int:
    child = Child(name=command[0], command=command, env=env, log=None)
    try:
        child.start()
    except OSError as error:
        raise StackError(f"{command[0]} cannot be run: {error.strerror}") from error
    try:
        _wait_for(child, services)
    finally:
        child.stop()
        _end_strays(services)
    code = child.returncode or 0
    return code if code >= 0 else 128 - code


def child_env(urls: Mapping[str, str], var_dir: Path, env: Mapping[str, str]) -> dict[str, str]:
    """`env` with the servers' addresses, and `pytest` meaning this Python's pytest."""
    programs = str(Path(sys.executable).parent)
    path = os.pathsep.join([programs, env.get("PATH", os.defpath)])
    return {**env, **urls, "VAR_DIR": str(var_dir), "PATH": path}


def _wait_for(child: Child, services: Services) -> None:
    while child.is_running:
        try:
            signals.pause()
        except StopRequested as request:
            # Ctrl-C reached the command too: it decides, as it would without us.
            if not (request.from_terminal and request.signum == signal.SIGINT):
                child.stop_signal = request.signum
                child.stop()
        linux.reap_strangers([child.pid, *(service.pid for service in services.children)])
        services.check()


def _end_strays(services: Services) -> None:
    """A command that leaves processes behind must not keep ports and files busy."""
    ours = [service.pid for service in services.children]
    names = {
        pid: linux.describe(pid) for pid in linux.descendants(os.getpid(), except_families_of=ours)
    }
    killed = linux.end_descendants(grace_seconds=_STRAY_GRACE_SECONDS, except_families_of=ours)
    for pid in sorted(killed):
        say(f"killed what the command left behind: {names.get(pid, pid)}")
