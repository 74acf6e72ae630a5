"""What an idle socket costs in memory: the growth of the server's proportional set size.

Measured from a server that has already opened and closed sockets, so that what it loads once
is not counted. The kernel's buffers belong to no process and are not in it.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from benchmarks import peers
from benchmarks.loadgen import Connection, Load, LoadGenerator, Result
from benchmarks.programs import Program
from benchmarks.report import Goal, Report
from benchmarks.school import open_forum, open_school, stoa
from benchmarks.stage import Stage

SOCKETS = 5000
PEOPLE = 500
PEER_SOCKETS = 1000
WARM_UP_SOCKETS = 100
SETTLE_SECONDS = 3.0

GOAL = Goal(at_most=25)
GOAL_OPEN = Goal(at_most=0)


def run(stage: Stage) -> Report:
    report = Report("memory")
    school = open_school(PEOPLE)
    path = open_forum(school)
    ours = [school.connection(path, school.people[n % PEOPLE]) for n in range(SOCKETS)]
    idle, grown = _measure(stage, lambda: stoa(stage), ours, welcomes=True)
    report.add(f"Stoa, {SOCKETS:,} sockets: each", grown, "KiB", GOAL)
    report.add("Stoa: sockets lost while idle", idle.closed, "", GOAL_OPEN)

    headers = {"Host": "localhost", "Origin": "http://localhost"}
    theirs = [Connection(path="/ws/chat/room/", headers=headers)] * PEER_SOCKETS
    _, grown = _measure(
        stage,
        lambda: peers.tutorial_chat(stage.folder, stage.cores.server),
        theirs,
        welcomes=False,
    )
    report.add(f"Channels tutorial on daphne, {PEER_SOCKETS:,} sockets: each", grown, "KiB")
    return report


def _measure(
    stage: Stage,
    serve: Callable[[], AbstractContextManager[Program]],
    connections: list[Connection],
    *,
    welcomes: bool,
) -> tuple[Result, float]:
    """The idle time as the sockets saw it, and KiB for each of them."""
    with serve() as program:
        first = Load(port=program.port, connections=connections[:WARM_UP_SOCKETS], welcome=welcomes)
        with _generator(stage, first) as generator:
            generator.run("idle", 0, 0.5)
        time.sleep(SETTLE_SECONDS)
        before = program.memory_kb()
        everyone = Load(port=program.port, connections=connections, welcome=welcomes)
        with _generator(stage, everyone) as generator:
            idle = generator.run("idle", 0, max(stage.seconds, SETTLE_SECONDS))
            return idle, (program.memory_kb() - before) / len(connections)


def _generator(stage: Stage, load: Load) -> LoadGenerator:
    return LoadGenerator(stage.loadgen, load, folder=stage.folder, core=stage.cores.load)
