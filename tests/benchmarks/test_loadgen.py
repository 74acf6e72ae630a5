"""The load generator counts right. Nothing here says how fast anything is."""

import json
import struct
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from benchmarks.errors import BenchmarkError
from benchmarks.loadgen import Connection, Load, LoadGenerator, compile_loadgen
from tests.benchmarks.rooms import Room, serving, speaking

pytestmark = pytest.mark.compiler

MESSAGE = '{"id":{n},"type":"message.send","payload":{"client_id":"{id}","content":"{t} hello"}}'
Connect = Callable[..., AbstractContextManager[LoadGenerator]]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_loadgen(tmp_path_factory.mktemp("loadgen"), flags=["-Werror"])


@pytest.fixture
def connect(program: Path, tmp_path: Path) -> Connect:
    def start(port: int, people: int = 5, **options: Any) -> LoadGenerator:
        connections = [
            Connection(
                path=f"/room/{n}/",
                headers={"Host": "school.test", "Authorization": f"Bearer token-{n}"},
            )
            for n in range(people)
        ]
        defaults = {"message": MESSAGE, "welcome": True, "replies": True, "patience": 1}
        load = Load(port=port, connections=connections, **{**defaults, **options})
        return LoadGenerator(program, load, folder=tmp_path, core=None)

    return start


def test_every_reply_and_every_delivery_is_counted(connect: Connect) -> None:
    with serving(Room()) as room, connect(room.port, publishers=3, fan=5) as generator:
        result = generator.run("acked", 2, 0.3)
        kept = len(room.commands)

    assert result.sent == result.acked == kept > 0
    assert result.delivered == result.expected == kept * 5
    assert (result.least, result.most) == (kept, kept)
    assert (result.missing, result.refused, result.stalled) == (0, 0, False)
    assert (result.open, result.closed, result.complaint) == (5, 0, "")


def test_a_run_does_not_count_what_an_earlier_one_sent(connect: Connect) -> None:
    with serving(Room()) as room, connect(room.port, fan=5) as generator:
        first = generator.run("delivered", 1, 0.1)
        second = generator.run("delivered", 4, 0.1)
        kept = len(room.commands)

    assert first.sent + second.sent == kept
    assert (first.delivered, second.delivered) == (first.sent * 5, second.sent * 5)


def test_messages_carry_their_number_and_an_id_of_their_own(connect: Connect) -> None:
    with serving(Room()) as room, connect(room.port, publishers=2, fan=5) as generator:
        generator.run("acked", 1, 0.2)

    numbers = Counter(command["id"] for command in room.commands)
    assert set(numbers) == set(range(1, max(numbers) + 1))
    assert numbers[1] == 2, "each publisher counts its own"
    ids = [command["payload"]["client_id"] for command in room.commands]
    assert len(set(ids)) == len(ids)
    assert {len(one) for one in ids} == {36}


def test_each_connection_sends_its_own_path_and_headers(connect: Connect) -> None:
    with serving(Room()) as room, connect(room.port, people=3) as generator:
        generator.run("idle", 0, 0.0)

    seen = {(path, headers["Authorization"]) for path, headers in room.requests}
    assert seen == {(f"/room/{n}/", f"Bearer token-{n}") for n in range(3)}
    assert {headers["Host"] for _, headers in room.requests} == {"school.test"}


def test_latencies_are_in_order(connect: Connect) -> None:
    with serving(Room()) as room, connect(room.port, fan=5) as generator:
        result = generator.run("delivered", 2, 0.3)

    assert 0 < result.delivery_p50_ms <= result.delivery_p99_ms <= result.delivery_p999_ms
    assert 0 < result.reply_p50_ms <= result.reply_p99_ms <= result.reply_p999_ms
    assert result.cpu_seconds > 0
    assert result.bytes_in > result.delivered


def test_a_rate_is_not_exceeded_and_all_of_it_is_answered(connect: Connect) -> None:
    with serving(Room()) as room, connect(room.port, publishers=5) as generator:
        result = generator.run("rate", 200, 0.5)

    assert 0 < result.sent <= 101
    assert result.acked == result.sent


class Refusing(Room):
    async def answer(self, socket: ServerConnection, command: dict[str, Any]) -> None:
        error = {"code": "rate_limited", "message": "Slow down."}
        await socket.send(json.dumps({"id": command["id"], "type": "error", "error": error}))


def test_a_refused_message_is_refused_and_nothing_else(connect: Connect) -> None:
    with serving(Refusing()) as room, connect(room.port, fan=5) as generator:
        result = generator.run("acked", 1, 0.1)

    assert result.refused == result.sent > 0
    assert (result.acked, result.expected, result.delivered) == (0, 0, 0)
    assert "rate_limited" in result.refusal


class Forgetting(Room):
    def readers(self) -> list[ServerConnection]:
        return self.sockets[:-1]


def test_a_delivery_that_never_comes_is_missing(connect: Connect) -> None:
    with serving(Forgetting()) as room, connect(room.port, fan=5) as generator:
        result = generator.run("acked", 1, 0.1)

    assert result.stalled
    assert result.missing == result.sent > 0
    assert (result.least, result.most) == (0, result.sent)


class Doubling(Room):
    def readers(self) -> list[ServerConnection]:
        return [*self.sockets, self.sockets[0]]


def test_a_doubled_delivery_shows(connect: Connect) -> None:
    with serving(Doubling()) as room, connect(room.port, fan=5) as generator:
        result = generator.run("acked", 1, 0.1)

    assert result.most > result.least


class Hostile(Room):
    async def welcome(self, socket: ServerConnection) -> None:
        await socket.send('{"type":"error","error":{"code":"not_found"}}')
        await socket.close(4504, "not_found")


def test_who_is_turned_away_learns_why(connect: Connect) -> None:
    with serving(Hostile()) as room, pytest.raises(BenchmarkError, match="not_found"):
        connect(room.port).__enter__()


def test_a_port_where_nobody_listens_is_named_so(connect: Connect) -> None:
    with serving(Room()) as room:
        port = room.port

    with pytest.raises(BenchmarkError, match="0 of 5 connections opened: .*refused"):
        connect(port).__enter__()


def test_idle_connections_answer_pings(connect: Connect) -> None:
    async def ping_all(sockets: list[ServerConnection]) -> int:
        for socket in sockets:
            await (await socket.ping())
        return len(sockets)

    with serving(Room()) as room, connect(room.port):
        assert room.call(ping_all(room.sockets)) == 5


class Closing(Room):
    async def answer(self, socket: ServerConnection, command: dict[str, Any]) -> None:
        await socket.close(4008, "too slow")


def test_a_connection_that_is_closed_is_counted_with_its_reason(connect: Connect) -> None:
    with serving(Closing()) as room, connect(room.port, people=1, fan=1) as generator:
        result = generator.run("acked", 1, 0.1)

    assert (result.open, result.closed) == (0, 1)
    assert "closed with 4008 too slow" in result.complaint


def _frame(text: bytes) -> bytes:
    length = len(text)
    if length < 126:
        return bytes((0x81, length)) + text
    if length < 65536:
        return struct.pack("!BBH", 0x81, 126, length) + text
    return struct.pack("!BBQ", 0x81, 127, length) + text


# The time takes 23 bytes where TIME stands, so the lengths in the headers are those of 23.
SMALL = _frame(b"-" * 23).replace(b"-" * 23, b"TIME")
MIDDLE = _frame(b"-" * 300).replace(b"-" * 23, b"TIME", 1)
LARGE = _frame(b"-" * 70_000).replace(b"-" * 23, b"TIME", 1)


HEADER = [MIDDLE[i : i + 1] for i in range(4)]
CUTS = {
    "three frames in one write": [SMALL + MIDDLE + LARGE],
    "a header by single bytes": [*HEADER, MIDDLE[4:] + LARGE + SMALL],
    "an end with the next beginning": [
        LARGE[:40_000],
        LARGE[40_000:] + SMALL + MIDDLE[:3],
        MIDDLE[3:],
    ],
}


@pytest.mark.parametrize("cut", CUTS)
def test_frames_count_once_wherever_they_are_cut(connect: Connect, cut: str) -> None:
    with (
        speaking(*CUTS[cut]) as port,
        connect(port, people=1, message="{t}", fan=3, welcome=False, replies=False) as generator,
    ):
        result = generator.run("delivered", 1, 0.0001)

    assert (result.sent, result.delivered, result.missing) == (1, 3, 0)


def test_a_machine_without_a_compiler_is_told_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BenchmarkError, match="apt-get install gcc"):
        compile_loadgen(tmp_path)


def test_the_same_sources_are_compiled_once(program: Path) -> None:
    made = program.stat().st_mtime_ns

    assert compile_loadgen(program.parent) == program
    assert program.stat().st_mtime_ns == made
