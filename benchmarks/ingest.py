"""How many messages one process keeps for good, and how long their acknowledgement takes.

Twice: at the writer, without sockets, beside one ORM insert for each message; and end to end
through sockets, beside a Channels consumer that keeps each message with one ORM insert. Stoa
pushes each message to all members of its conversation meanwhile; that consumer pushes nothing.
A second one does, by a group send; it shows what a stock chat does under the same load.
"""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from benchmarks import machine, peers, writer
from benchmarks.errors import BenchmarkError
from benchmarks.loadgen import Connection, Load, LoadGenerator, Result
from benchmarks.programs import ROOT, Program, child_env
from benchmarks.report import Goal, Report, median, ratio, spread
from benchmarks.school import School, open_conversations, open_school, stoa
from benchmarks.stage import Stage

SENDERS = 50
CONVERSATIONS = 10
WARM_UP_SECONDS = 0.5
CONTENT = "{t} " + "word " * 20
MESSAGE = (
    f'{{"id":{{n}},"type":"message.send","payload":{{"client_id":"{{id}}","content":"{CONTENT}"}}}}'
)

GOAL_RATIO = Goal(at_least=10)
GOAL_P99 = Goal(at_most=50)
GOAL_NONE_LOST = Goal(at_most=0)


@dataclass(frozen=True, slots=True)
class Measured:
    result: Result
    per_second: float
    server: float  # µs of CPU for each message
    postgres: float


def run(stage: Stage) -> Report:
    report = Report("ingest")
    school = open_school(SENDERS)
    conversations = open_conversations(school, CONVERSATIONS)
    _run_writer(stage, report, school, conversations)
    _run_sockets(stage, report, school, conversations)
    return report


# -- at the writer -----------------------------------------------------------------------------


def _run_writer(
    stage: Stage, report: Report, school: School, conversations: list[uuid.UUID]
) -> None:
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in writer.WAYS}
    for _ in range(stage.rounds):
        for way, rounds in found.items():
            rounds.append(_write(stage, way, school, conversations))
    for way, rounds in found.items():
        what = f"writer, {way}"
        rates = [one["per_second"] for one in rounds]
        report.add(f"{what}: kept", median(rates), "a second")
        report.add(f"{what}: Python CPU", median(one["python_us"] for one in rounds), "µs each")
        report.add(f"{what}: PostgreSQL", median(one["postgres_us"] for one in rounds), "µs each")
        report.add(f"{what}: kept after, p50", median(one["p50_ms"] for one in rounds), "ms")
        report.add(f"{what}: kept after, p99", median(one["p99_ms"] for one in rounds), "ms")
        report.notes.append(f"{what}: rounds {spread(rates)} a second")
    for way, goal in (("acreate", GOAL_RATIO), ("threads", None)):
        times = [
            ratio(mine["per_second"], other["per_second"])
            for mine, other in zip(found["ingest"], found[way], strict=True)
        ]
        report.add(f"writer, ingest over {way}", median(times), "times", goal)


def _write(
    stage: Stage, way: str, school: School, conversations: list[uuid.UUID]
) -> dict[str, Any]:
    """What benchmarks.writer printed, with the CPU for each message."""
    command = [sys.executable, "-m", "benchmarks.writer"]
    options = [way, school.schema, str(SENDERS), str(stage.seconds)]
    pairs = "".join(
        f"{conversations[n % CONVERSATIONS]} {person.id}\n"
        for n, person in enumerate(school.people)
    )
    postgres = stage.postgres_cpu()
    with machine.pinned(stage.cores.server):
        done = subprocess.run(
            [*command, *options],
            cwd=ROOT,
            env=child_env(),
            input=pairs,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise BenchmarkError(f"the writer ended with {done.returncode}:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    found["python_us"] = found["cpu_seconds"] * 1e6 / found["messages"]
    # Its warm-up is in it: a few per cent too much, for every way alike.
    found["postgres_us"] = (stage.postgres_cpu() - postgres) * 1e6 / found["messages"]
    return found


# -- end to end --------------------------------------------------------------------------------

IN_GROUPS = f"Stoa, {CONVERSATIONS} conversations"
TOGETHER = "Stoa, one conversation"
STOCK = "stock consumer"
STOCK_CHAT = "stock consumer that also pushes"
HALF = f"{IN_GROUPS}, half of the peak"


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    serve: Callable[[], AbstractContextManager[Program]]
    load: Callable[[int], Load]


def _contenders(stage: Stage, school: School, conversations: list[uuid.UUID]) -> list[Contender]:
    everyones = open_conversations(school, 1)

    def stock() -> AbstractContextManager[Program]:
        return peers.stock_consumer(stage.folder, stage.cores.server)

    return [
        Contender(
            IN_GROUPS, lambda: stoa(stage), lambda port: _our_load(port, school, conversations)
        ),
        Contender(STOCK, stock, lambda port: _their_load(port, "keep", fan=0)),
        Contender(TOGETHER, lambda: stoa(stage), lambda port: _our_load(port, school, everyones)),
        Contender(
            STOCK_CHAT,
            stock,
            lambda port: _their_load(port, "chat", fan=SENDERS // CONVERSATIONS),
        ),
    ]


def _run_sockets(
    stage: Stage, report: Report, school: School, conversations: list[uuid.UUID]
) -> None:
    found: dict[str, list[Measured]] = {}
    contenders = _contenders(stage, school, conversations)
    for _ in range(stage.rounds):
        for contender in contenders:
            for name, measured in _round(stage, contender):
                found.setdefault(name, []).append(measured)
    for name, rounds in found.items():
        _report_rounds(report, name, rounds, GOAL_P99 if name == HALF else None)
    for name, goal in ((IN_GROUPS, GOAL_RATIO), (TOGETHER, None)):
        times = [
            ratio(mine.per_second, other.per_second)
            for mine, other in zip(found[name], found[STOCK], strict=True)
        ]
        report.add(f"{name}, over the stock consumer", median(times), "times", goal)


def _round(stage: Stage, contender: Contender) -> Iterator[tuple[str, Measured]]:
    """As fast as it goes; then, where latency is promised, at half of that."""
    with (
        contender.serve() as program,
        LoadGenerator(
            stage.loadgen,
            contender.load(program.port),
            folder=stage.folder,
            core=stage.cores.load,
        ) as generator,
    ):
        generator.run("acked", 1, WARM_UP_SECONDS)
        peak = _measure(stage, program, generator, "acked", 1)
        yield contender.name, peak
        if contender.name == IN_GROUPS:
            yield HALF, _measure(stage, program, generator, "rate", peak.per_second / 2)


def _our_load(port: int, school: School, conversations: list[uuid.UUID]) -> Load:
    """Each person in one conversation; what is said there goes to all of its sockets."""
    count = len(conversations)
    return Load(
        port=port,
        connections=[
            school.connection(f"/ws/lms/conversation/{conversations[n % count]}/", person)
            for n, person in enumerate(school.people)
        ],
        message=MESSAGE,
        publishers=SENDERS,
        fan=SENDERS // count,
        welcome=True,
        replies=True,
    )


def _their_load(port: int, kind: str, *, fan: int) -> Load:
    connections = [
        Connection(path=f"/ws/{kind}/room{n % CONVERSATIONS}/", headers={"Host": "localhost"})
        for n in range(SENDERS)
    ]
    return Load(
        port=port,
        connections=connections,
        message=MESSAGE,
        publishers=SENDERS,
        fan=fan,
        replies=True,
        patience=2,  # what its layer has dropped never comes
    )


def _measure(
    stage: Stage, program: Program, generator: LoadGenerator, pace: str, amount: float
) -> Measured:
    server, postgres = program.cpu_seconds(), stage.postgres_cpu()
    result = generator.run(pace, amount, stage.seconds)
    if not result.acked:
        raise BenchmarkError(f"{program.name} acknowledged nothing: {result.refusal}")
    return Measured(
        result,
        result.acked / result.seconds,
        (program.cpu_seconds() - server) * 1e6 / result.acked,
        (stage.postgres_cpu() - postgres) * 1e6 / result.acked,
    )


def _report_rounds(
    report: Report, name: str, rounds: list[Measured], goal: Goal | None = None
) -> None:
    rates = [one.per_second for one in rounds]
    results = [one.result for one in rounds]
    report.add(f"{name}: acknowledged", median(rates), "a second")
    report.add(f"{name}: server CPU", median(one.server for one in rounds), "µs each")
    report.add(f"{name}: PostgreSQL", median(one.postgres for one in rounds), "µs each")
    report.add(f"{name}: acknowledged, p50", median(r.reply_p50_ms for r in results), "ms")
    report.add(f"{name}: acknowledged, p99", median(r.reply_p99_ms for r in results), "ms", goal)
    report.add(
        f"{name}: load generator",
        median(r.cpu_seconds * 1e6 / r.acked for r in results),
        "µs each",
    )
    if name == STOCK_CHAT:
        lost = sum(r.missing for r in results) * 100 / sum(r.expected for r in results)
        report.add(f"{name}: deliveries lost", lost, "per cent")
    if name.startswith("Stoa"):
        lost = sum(r.refused + abs(r.missing) + (r.sent - r.acked - r.refused) for r in results)
        report.add(f"{name}: refused, lost or doubled", lost, "", GOAL_NONE_LOST)
    report.notes.append(f"{name}: rounds {spread(rates)} a second")
