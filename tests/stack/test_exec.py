"""One command beside servers of its own: they answer, they keep their data, they go."""

import os
import signal
import socket
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from stack import linux

SHOW_URLS = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'], flush=True)"
PRINT_AND_WAIT = f"{SHOW_URLS}; import signal; signal.pause()"


def test_the_exit_code_of_the_command_is_ours(start):
    stack = start("exec", "--", "python", "-c", "raise SystemExit(7)")

    assert stack.finish()[0] == 7
    assert stack.family() == set()


def test_a_command_ended_by_a_signal_is_told_as_a_shell_tells_it(start):
    stack = start("exec", "--", "python", "-c", "import os; os.kill(os.getpid(), 9)")

    assert stack.finish()[0] == 128 + signal.SIGKILL


def test_both_servers_answer_on_loopback_below_the_outgoing_ports(start):
    stack = start("exec", "--", "python", "-c", PRINT_AND_WAIT)
    database, broker = map(urlsplit, stack.line().split())

    for url in (database, broker):
        assert url.hostname == "127.0.0.1"
        assert url.port is not None
        assert url.port < 32768
        assert url.password
    with psycopg.connect(database.geturl()) as connection:
        settings = {
            name: (connection.execute(f"SHOW {name}").fetchone() or [None])[0]
            for name in ("fsync", "synchronous_commit", "full_page_writes", "max_connections")
        }
    assert settings == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "max_connections": "200",
    }
    with redis.Redis.from_url(broker.geturl()) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_nobody_gets_in_without_the_password(start):
    stack = start("exec", "--", "python", "-c", PRINT_AND_WAIT)
    database, broker = map(urlsplit, stack.line().split())

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgres://stoa@127.0.0.1:{database.port}/stoa")
    with (
        redis.Redis(port=int(broker.port or 0), retry=Retry(NoBackoff(), 0)) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_the_application_is_no_superuser(start):
    stack = start("exec", "--", "python", "-c", PRINT_AND_WAIT)

    with psycopg.connect(stack.line().split()[0]) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()

    assert row == (False, False)


def test_rows_and_queued_work_survive_a_restart(start):
    write = (
        "import os, psycopg, redis\n"
        "with psycopg.connect(os.environ['DATABASE_URL']) as c:\n"
        "    c.execute('CREATE TABLE IF NOT EXISTS kept (n int)')\n"
        "    c.execute('INSERT INTO kept VALUES (42)')\n"
        "redis.Redis.from_url(os.environ['REDIS_URL']).set('kept', '42')\n"
    )
    read = (
        "import os, psycopg, redis\n"
        "c = psycopg.connect(os.environ['DATABASE_URL'])\n"
        "print(c.execute('SELECT max(n) FROM kept').fetchone()[0], end=' ')\n"
        "print(redis.Redis.from_url(os.environ['REDIS_URL']).get('kept'))\n"
    )

    assert start("exec", "--", "python", "-c", write).finish()[0] == 0

    assert start("exec", "--", "python", "-c", read).finish()[1] == "42 b'42'\n"


def test_the_stack_itself_says_nothing_when_all_is_well(start):
    code, out, err = start("exec", "--", "python", "-c", "print('mine')").finish()

    assert (code, out, err) == (0, "mine\n", "")


def test_given_addresses_are_used_and_nothing_is_embedded(start):
    given = {"DATABASE_URL": "postgres://else/where", "REDIS_URL": "redis://else/0"}
    stack = start("exec", "--", "python", "-c", PRINT_AND_WAIT, **given)

    assert stack.line() == "postgres://else/where redis://else/0"
    # The two processes of the stack and the command.
    assert len(stack.family()) == 3


def test_a_port_in_use_is_passed_over(start):
    holder = socket.socket()
    stack = start("exec", "--", "python", "-c", SHOW_URLS)
    port = urlsplit(stack.finish()[1].split()[0]).port
    with holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        holder.listen()

        other = urlsplit(start("exec", "--", "python", "-c", SHOW_URLS).finish()[1].split()[0])

    assert other.port != port


def test_a_second_stack_in_the_same_folder_is_refused_by_name(start):
    first = start("exec", "--", "python", "-c", PRINT_AND_WAIT)
    first.line()

    code, out, err = start("exec", "--", "python", "-c", SHOW_URLS).finish()

    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert f"in use by process {first.process.pid}" in err
    assert first.process.poll() is None


def test_manage_uses_the_servers_that_already_run(start):
    first = start("exec", "--", "python", "-c", PRINT_AND_WAIT)
    database = first.line().split()[0]

    code, out, err = start("manage", "--", "diffsettings", "--output=unified").finish()

    assert code == 0, err
    assert urlsplit(database).password in out


def test_a_command_that_does_not_exist_is_one_line(start):
    code, _, err = start("exec", "--", "no-such-program", PATH="/usr/bin:/bin").finish()

    assert code == 1
    assert err == "stoa: no-such-program cannot be run: No such file or directory\n"


def test_no_command_is_one_line(start):
    code, _, err = start("exec").finish()

    assert code == 1
    assert err == "stoa: say what to run: python -m stack exec -- COMMAND\n"


def test_a_server_that_falls_ends_the_command_and_says_why(start):
    stack = start("exec", "--", "python", "-c", PRINT_AND_WAIT)
    stack.line()
    valkey = next(pid for pid in stack.family() if "valkey-server" in linux.describe(pid))

    os.kill(valkey, signal.SIGKILL)

    code, _, err = stack.finish()
    assert code == 1
    assert "stoa: Valkey ended with signal SIGKILL" in err
    assert "Ready to accept connections" in err
    assert stack.family() == set()
