"""`stack run` as a user meets it: up with one line, down with one signal, back after a fall."""

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from stack import linux, ports
from tests.stack.conftest import Stack, wait_until


def health(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready/", timeout=2) as answer:
            return answer.status
    except (OSError, urllib.error.URLError):
        return 0


def child_named(stack: Stack, words: str) -> int | None:
    """A child of the supervisor; its grandchildren may have the same command."""
    supervisor = stack.supervisor()
    for pid, parent in linux.parents().items():
        if parent == supervisor and words in linux.describe(pid):
            return pid
    return None


def kill_and_await_successor(stack: Stack, words: str) -> None:
    fallen = child_named(stack, words)
    assert fallen
    os.kill(fallen, signal.SIGKILL)
    wait_until(lambda: child_named(stack, words) not in (None, fallen))


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture
def serve(run_dir) -> Iterator:
    """A running stack, its port, and the seconds it took."""
    started = []

    def begin(**env: str) -> tuple[Stack, int, float]:
        port = next(ports.free_ports(21000))
        began = time.monotonic()
        stack = Stack(run_dir, "run", PORT=str(port), **env)
        started.append(stack)
        line = stack.line()
        if not line:
            pytest.fail(f"it did not start: {stack.finish()[2]}")
        assert line == f"ready http://localhost:{port}"
        return stack, port, time.monotonic() - began

    yield begin
    for stack in started:
        stack.end()


def test_one_command_serves_and_one_signal_ends_it(serve, run_dir):
    stack, port, _ = serve()
    assert health(port) == 200
    assert json.loads((run_dir / "stack.json").read_text()).keys() == {"DATABASE_URL", "REDIS_URL"}
    assert {path.name for path in (run_dir / "log").iterdir()} >= {
        "postgres.log", "valkey.log", "setup.log", "web.log", "worker.log"
    }  # fmt: skip

    stack.process.send_signal(signal.SIGTERM)

    code, _, err = stack.finish()
    assert code == 0
    assert "stoa: stopping" in err
    assert stack.family() == set()
    assert not (run_dir / "stack.json").exists()


@pytest.mark.parametrize("victim", ["keeper", "supervisor"])
def test_killing_either_process_of_a_serving_stack_leaves_nothing(serve, victim):
    stack, _, _ = serve()

    os.kill(stack.process.pid if victim == "keeper" else stack.supervisor(), signal.SIGKILL)

    wait_until(lambda: not stack.family(), seconds=60.0)


def test_whatever_falls_comes_back_and_is_named_and_ctrl_c_still_ends_it(serve):
    stack, port, _ = serve()
    victims = {
        "PostgreSQL": "postgres -D",
        "Valkey": "valkey-server",
        "web": "config.serve",
        "worker": "celery",
    }

    for words in victims.values():
        kill_and_await_successor(stack, words)
        wait_until(lambda: health(port) == 200)

    stack.process.send_signal(signal.SIGINT)
    code, _, err = stack.finish()
    assert code == 0
    for name in victims:
        assert f"stoa: {name} ended with signal SIGKILL; it starts again in 1 s" in err
    assert stack.family() == set()


def test_a_port_in_use_is_said_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", next(ports.free_ports(21000)))) as holder:
        port = holder.getsockname()[1]

        code, out, err = Stack(tmp_path, "run", PORT=str(port)).finish()

    assert (code, out) == (1, "")
    assert err == f"stoa: port {port} is in use: stop what uses it, or choose another PORT\n"
    assert not (tmp_path / "pg").exists()


def test_a_setup_step_that_fails_is_named_with_the_end_of_its_log(run_dir):
    given = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    stack = Stack(run_dir, "run", PORT=str(next(ports.free_ports(21000))), **given)

    code, out, err = stack.finish()

    assert (code, out) == (1, "")
    assert "stoa: migrate_tenants ended with exit code 1" in err
    assert "OperationalError" in err
    assert stack.family() == set()
