"""Whoever is killed, whatever the command was doing: no process stays, and the data opens again."""

import os
import signal
import subprocess
import sys

import pytest

from stack import linux
from tests.stack.conftest import ROOT, Stack, wait_until

# A backend that computes without waiting, and a process that left its family: the two that
# do not notice by themselves that nobody needs them.
BUSY = """
import os, signal, subprocess, threading, psycopg
subprocess.Popen(["sleep", "1000"], start_new_session=True)
connection = psycopg.connect(os.environ["DATABASE_URL"])
query = "SELECT count(*) FROM generate_series(1, 100000000000)"
threading.Thread(target=connection.execute, args=[query], daemon=True).start()
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
    while not other.execute(
        "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = %s", [query]
    ).fetchone():
        pass
print("busy", flush=True)
signal.pause()
"""
QUICK = "import os, psycopg; print(psycopg.connect(os.environ['DATABASE_URL']).info.status.name)"


def begin(start) -> Stack:
    stack = start("exec", "--", "python", "-c", BUSY)
    assert stack.line() == "busy"
    assert len(stack.family()) > 8
    return stack


def opens_again(start) -> bool:
    return start("exec", "--", "python", "-c", QUICK).finish()[1] == "OK\n"


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_stack_leaves_nothing(start, signum):
    stack = begin(start)

    stack.process.send_signal(signum)

    stack.finish()
    assert stack.family() == set()


@pytest.mark.parametrize("victim", ["keeper", "supervisor"])
def test_killing_either_process_leaves_nothing(start, victim):
    stack = begin(start)

    os.kill(stack.process.pid if victim == "keeper" else stack.supervisor(), signal.SIGKILL)

    wait_until(lambda: not stack.family())
    assert opens_again(start)


def test_killing_both_at_once_leaves_no_server(start):
    stack = begin(start)
    supervisor = stack.supervisor()
    stray = {pid for pid in stack.family() if "sleep" in linux.describe(pid)}

    # Stopped first: neither can see the other's end.
    os.kill(stack.process.pid, signal.SIGSTOP)
    os.kill(supervisor, signal.SIGKILL)
    os.kill(stack.process.pid, signal.SIGKILL)

    # The kernel's death signals reach all that we started ourselves.
    wait_until(lambda: stack.family() <= stray)
    assert opens_again(start)


def test_killing_every_postgres_process_loses_nothing(start):
    stack = begin(start)
    postmaster = next(pid for pid in stack.family() if "postgres -D" in linux.describe(pid))
    family = {postmaster} | linux.descendants(postmaster)

    for pid in family:
        linux.send_signal(pid, signal.SIGKILL)

    assert stack.finish()[0] == 1
    assert stack.family() == set()
    assert opens_again(start)


def test_a_lock_file_that_names_a_stranger_does_not_stop_a_start(start, shared_var_dir):
    assert opens_again(start)
    # A number that was PostgreSQL's before a reboot may be anybody's now: ours, here.
    pid_file = shared_var_dir / "pg" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{shared_var_dir / 'pg'}\n1\n15432\n\n127.0.0.1\n\nready\n")
    pid_file.chmod(0o600)

    assert opens_again(start)


def test_a_stack_can_end_with_the_process_that_started_it(shared_var_dir, start):
    assert opens_again(start)
    parent_code = (
        "import subprocess, sys; "
        "p = subprocess.Popen([sys.executable, '-m', 'stack', '--with-parent', 'exec', '--',"
        " 'python', '-c', 'print(1, flush=True); import signal; signal.pause()']); p.wait()"
    )
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code],
        env={**env, "VAR_DIR": str(shared_var_dir), "PYTHONPATH": str(ROOT)},
        cwd=shared_var_dir,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    with parent, parent.stdout as output:
        assert output.readline() == b"1\n"

        parent.kill()

        parent.wait()
        watched = start("exec")  # only to look at the family; it ends at once
        watched.finish()
        wait_until(lambda: not watched.family())


def test_a_start_waits_for_the_end_of_a_killed_stack(start):
    """The lock is free only when the last process is gone, so a start in between is refused."""
    stack = begin(start)
    os.kill(stack.process.pid, signal.SIGKILL)

    wait_until(lambda: opens_again(start))

    assert stack.family() == set()
