"""What one delivery costs the server: 1,000 people in one forum, every message kept for good.

Beside it, in the same run and on the same core, the chat of the Channels tutorial and a
broadcast server on Node's `ws`; neither keeps anything.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from benchmarks import peers
from benchmarks.errors import BenchmarkError
from benchmarks.loadgen import Connection, Load, LoadGenerator, Result
from benchmarks.programs import Program
from benchmarks.report import Goal, Report, median, ratio, spread
from benchmarks.school import open_forum, open_school, stoa
from benchmarks.stage import Stage

SUBSCRIBERS = 1000
PUBLISHERS = 200
IN_FLIGHT = (1, 16)
WARM_UP_SECONDS = 0.5
CONTENT = "{t} " + "word " * 20

GOAL_ALONE = Goal(at_most=9)
GOAL_TOGETHER = Goal(at_most=2)
GOAL_TUTORIAL = Goal(at_least=25)
GOAL_NODE = Goal(at_most=1)
GOAL_NONE_MISSING = Goal(at_most=0)


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    serve: Callable[[], AbstractContextManager[Program]]
    load: Callable[[int], Load]


@dataclass(frozen=True, slots=True)
class Measured:
    result: Result
    server: float  # µs of CPU for each delivery
    kernel: float  # of it in the kernel: what sending itself costs
    postgres: float
    redis: float


def run(stage: Stage) -> Report:
    report = Report("fanout")
    contenders = [_stoa(stage), _tutorial(stage)]
    try:
        peers.install_ws(stage.folder)
    except BenchmarkError as error:
        report.notes.append(f"without Node ws: {error}")
    else:
        contenders.append(_node(stage))

    found: dict[tuple[str, int], list[Measured]] = {}
    for _ in range(stage.rounds):
        for contender in contenders:
            for in_flight, measured in _round(stage, contender):
                found.setdefault((contender.name, in_flight), []).append(measured)
    for in_flight in IN_FLIGHT:
        _report_costs(report, contenders, found, in_flight)
    _report_ratios(report, contenders, found)
    return report


def _round(stage: Stage, contender: Contender) -> Iterator[tuple[int, Measured]]:
    with contender.serve() as program, _connected(stage, contender, program) as generator:
        generator.run("delivered", 1, WARM_UP_SECONDS)
        for in_flight in IN_FLIGHT:
            yield in_flight, _measure(stage, program, generator, in_flight)


def _connected(stage: Stage, contender: Contender, program: Program) -> LoadGenerator:
    load = contender.load(program.port)
    return LoadGenerator(stage.loadgen, load, folder=stage.folder, core=stage.cores.load)


def _measure(stage: Stage, program: Program, generator: LoadGenerator, in_flight: int) -> Measured:
    clocks = (
        program.cpu_seconds,
        program.kernel_seconds,
        stage.postgres_cpu,
        stage.redis_cpu,
    )
    before = [clock() for clock in clocks]
    result = generator.run("delivered", in_flight, stage.seconds)
    used = [clock() - start for clock, start in zip(clocks, before, strict=True)]
    if not result.delivered:
        raise BenchmarkError(f"{program.name} delivered nothing: {result.complaint}")
    return Measured(result, *(seconds * 1e6 / result.delivered for seconds in used))


# -- the contenders ----------------------------------------------------------------------------


def _stoa(stage: Stage) -> Contender:
    school = open_school(SUBSCRIBERS)
    path = open_forum(school)
    message = (
        '{"id":{n},"type":"message.send","payload":'
        f'{{"client_id":"{{id}}","content":"{CONTENT}"}}}}'
    )

    def load(port: int) -> Load:
        return Load(
            port=port,
            connections=[school.connection(path, person) for person in school.people],
            message=message,
            publishers=PUBLISHERS,
            fan=SUBSCRIBERS,
            welcome=True,
            replies=True,
        )

    return Contender("Stoa", lambda: stoa(stage), load)


def _tutorial(stage: Stage) -> Contender:
    def load(port: int) -> Load:
        headers = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}
        return _plain_load(port, "/ws/chat/room/", headers)

    return Contender(
        "Channels tutorial", lambda: peers.tutorial_chat(stage.folder, stage.cores.server), load
    )


def _node(stage: Stage) -> Contender:
    def load(port: int) -> Load:
        return _plain_load(port, "/room", {"Host": f"localhost:{port}"})

    return Contender("Node ws", lambda: peers.node_ws(stage.folder, stage.cores.server), load)


def _plain_load(port: int, path: str, headers: dict[str, str]) -> Load:
    return Load(
        port=port,
        connections=[Connection(path=path, headers=headers)] * SUBSCRIBERS,
        message=f'{{"message":"{CONTENT}"}}',
        publishers=PUBLISHERS,
        fan=SUBSCRIBERS,
    )


# -- the report --------------------------------------------------------------------------------

Found = dict[tuple[str, int], list[Measured]]


def _report_costs(
    report: Report, contenders: list[Contender], found: Found, in_flight: int
) -> None:
    for contender in contenders:
        rounds = found[contender.name, in_flight]
        is_ours = contender.name == "Stoa"
        goal = (GOAL_ALONE if in_flight == 1 else GOAL_TOGETHER) if is_ours else None
        what = f"{contender.name}, {in_flight} in flight"
        costs = [measured.server for measured in rounds]
        report.add(f"{what}: server CPU", median(costs), "µs/delivery", goal)
        report.add(f"{what}: in the kernel", median(m.kernel for m in rounds), "µs/delivery")
        if is_ours:
            report.add(f"{what}: PostgreSQL", median(m.postgres for m in rounds), "µs/delivery")
        if contender.name != "Node ws":
            report.add(f"{what}: Redis", median(m.redis for m in rounds), "µs/delivery")
        _report_traffic(report, what, [measured.result for measured in rounds])
        report.notes.append(f"{what}: rounds {spread(costs)} µs")


def _report_traffic(report: Report, what: str, results: list[Result]) -> None:
    report.add(f"{what}: deliveries", median(r.delivered / r.seconds for r in results), "a second")
    report.add(f"{what}: delivered, p50", median(r.delivery_p50_ms for r in results), "ms")
    report.add(f"{what}: delivered, p99", median(r.delivery_p99_ms for r in results), "ms")
    report.add(f"{what}: size", median(r.bytes_in / r.delivered for r in results), "bytes")
    report.add(
        f"{what}: load generator", median(r.cpu_us_per_delivery for r in results), "µs/delivery"
    )
    if what.startswith("Stoa"):
        missing = sum(abs(r.missing) + (r.most - r.least) for r in results)
        report.add(f"{what}: missing or doubled", missing, "", GOAL_NONE_MISSING)


def _report_ratios(report: Report, contenders: list[Contender], found: Found) -> None:
    """Of one round each, then the median: what slows the machine slows both of a pair."""
    names = [contender.name for contender in contenders]
    ours = found["Stoa", 1]
    tutorial = [
        ratio(other.server, mine.server)
        for mine, other in zip(ours, found["Channels tutorial", 1], strict=True)
    ]
    report.add("tutorial costs, times Stoa", median(tutorial), "", GOAL_TUTORIAL)
    if "Node ws" in names:
        node = [
            ratio(mine.server, other.server)
            for mine, other in zip(ours, found["Node ws", 1], strict=True)
        ]
        report.add("Stoa costs, times Node ws", median(node), "", GOAL_NODE)
