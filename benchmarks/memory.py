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


Loads = Callable[[int, int], Load]
"""From a port and a number of sockets."""


def run(stage: Stage) -> Report:
    report = Report("memory")
    school = open_school(PEOPLE)
    path = open_forum(school)

    def ours(port: int, count: int) -> Load:
        people = [school.people[n % PEOPLE] for n in range(count)]
        connections = [school.connection(path, person) for person in people]
        return Load(port=port, connections=connections, welcome=True)

    idle, grown = _measure(stage, lambda: stoa(stage), ours, SOCKETS)
    report.add(f"Stoa, {SOCKETS:,} sockets: each", grown, "KiB", GOAL)
    report.add("Stoa: sockets lost while idle", idle.closed, "", GOAL_OPEN)

    def serve() -> AbstractContextManager[Program]:
        return peers.tutorial_chat(stage.folder, stage.cores.server)

    _, grown = _measure(stage, serve, _tutorial_load, PEER_SOCKETS)
    report.add(f"Channels tutorial on daphne, {PEER_SOCKETS:,} sockets: each", grown, "KiB")
    return report


def _tutorial_load(port: int, count: int) -> Load:
    headers = {"Host": "localhost", "Origin": "http://localhost"}
    return Load(port=port, connections=[Connection(path="/ws/chat/room/", headers=headers)] * count)


def _measure(
    stage: Stage, serve: Callable[[], AbstractContextManager[Program]], loads: Loads, count: int
) -> tuple[Result, float]:
    """The idle time as the sockets saw it, and KiB for each of them."""
    with serve() as program:
        with _connected(stage, loads(program.port, WARM_UP_SOCKETS)) as generator:
            generator.run("idle", 0, 0.5)
        time.sleep(SETTLE_SECONDS)
        before = program.memory_kb()
        with _connected(stage, loads(program.port, count)) as generator:
            idle = generator.run("idle", 0, max(stage.seconds, SETTLE_SECONDS))
            return idle, (program.memory_kb() - before) / count


def _connected(stage: Stage, load: Load) -> LoadGenerator:
    return LoadGenerator(stage.loadgen, load, folder=stage.folder, core=stage.cores.load)
