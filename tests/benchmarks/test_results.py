"""Reading what the load generator says, and saying what came of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import machine
from benchmarks.errors import BenchmarkError
from benchmarks.loadgen import Connection, parse_result
from benchmarks.publish import MARK, publish
from benchmarks.report import Figure, Goal, Report, median, ratio

RESULT = {
    "phase": "result", "sent": 10, "acked": 9, "refused": 1, "delivered": 44, "expected": 45,
    "other": 2, "least": 8, "most": 9, "bytes_in": 4400, "seconds": 0.5, "cpu_seconds": 0.0002,
    "stalled": False, "delivery_p50_ms": 1.0, "delivery_p99_ms": 2.0, "delivery_p999_ms": 3.0,
    "reply_p50_ms": 0.5, "reply_p99_ms": 0.6, "reply_p999_ms": 0.7, "refusal": "busy", "open": 5,
    "closed": 0, "complaint": "",
}  # fmt: skip


def test_a_result_is_read_and_what_is_missing_is_counted() -> None:
    result = parse_result(json.dumps(RESULT))

    assert (result.sent, result.acked, result.refusal) == (10, 9, "busy")
    assert result.missing == 1
    assert result.cpu_us_per_delivery == pytest.approx(200 / 44)


@pytest.mark.parametrize(
    ("_case", "line"),
    [
        ("no JSON", "Segmentation fault"),
        ("no object", "[]"),
        ("another phase", json.dumps({**RESULT, "phase": "ready"})),
        ("a key is not there", json.dumps({k: v for k, v in RESULT.items() if k != "acked"})),
    ],
)
def test_anything_else_is_an_error_and_not_a_result(_case: str, line: str) -> None:
    with pytest.raises(BenchmarkError):
        parse_result(line)


def test_a_connection_is_one_line() -> None:
    connection = Connection(path="/ws/", headers={"Host": "a.test", "Cookie": "b=c; d=e"})

    assert connection.as_line() == "/ws/\tHost: a.test\tCookie: b=c; d=e"


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (Goal(at_most=9), 9.0, "pass"),
        (Goal(at_most=9), 9.1, "FAIL"),
        (Goal(at_least=25), 25.0, "pass"),
        (Goal(at_least=25), 24.9, "FAIL"),
        (None, 24.9, ""),
    ],
)
def test_a_figure_meets_its_goal_or_does_not(goal: Goal | None, value: float, verdict: str) -> None:
    assert Figure("cost", value, "µs", goal).verdict == verdict


def test_a_report_shows_each_figure_beside_its_goal_and_keeps_all(tmp_path: Path) -> None:
    report = Report("fanout")
    report.add("cost", 11.6, "µs", Goal(at_most=9))
    report.add("rate", 74191.0, "a second")
    report.notes.append("without Node ws: not installed")

    table = report.as_table().splitlines()
    kept = json.loads(report.write(tmp_path, {"rounds": 3}).read_text())

    assert table[1].split() == ["cost", "11.6", "µs", "≤", "9", "µs", "FAIL"]
    assert "74,191 a second" in table[2]
    assert "without Node ws" in table[3]
    assert [figure.what for figure in report.missed] == ["cost"]
    assert (kept["benchmark"], kept["rounds"]) == ("fanout", 3)
    assert [figure["verdict"] for figure in kept["figures"]] == ["FAIL", None]
    assert kept["figures"][0]["goal"] == {"at_most": 9, "at_least": None}


CIRCUMSTANCES = {
    "machine": {
        "cores": "2",
        "cpu": "Some CPU",
        "memory": "23 GiB",
        "kernel": "6.1",
        "python": "3",
    },
    "versions": {"django": "5.2"},
    "revision": "abc1234",
    "rounds": 3,
    "seconds": 5.0,
    "load": 0.1,
}


def test_published_figures_take_the_place_of_the_last_ones(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(f"# How\n\n{MARK}\n\n| old | 1 |\n")
    report = Report("tenant")
    report.add("creating", 0.3, "s", Goal(at_most=1))
    report.add("dropping", 2.0, "s", Goal(at_most=1))
    report.write(tmp_path, CIRCUMSTANCES)

    publish(document, tmp_path)

    text = document.read_text()
    assert text.startswith("# How\n")
    assert "old" not in text
    assert "| creating | 0.3 s | ≤ 1 | met |" in text
    assert "| dropping | 2 s | ≤ 1 | **missed** |" in text
    assert "2 cores of Some CPU" in text
    assert "rounds of 5 s: 3" in text
    assert "Other work" not in text


def test_figures_of_a_busy_machine_say_so(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(MARK)
    Report("tenant").write(tmp_path, {**CIRCUMSTANCES, "load": 8.0})

    publish(document, tmp_path)

    assert "Other work was going on (load 8.0)" in document.read_text()


def test_nothing_is_published_where_nothing_was_measured(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(f"{MARK}\n| old | 1 |\n")

    with pytest.raises(BenchmarkError, match="make bench"):
        publish(document, tmp_path)

    assert "old" in document.read_text()


def test_medians_and_ratios() -> None:
    assert median([3.0, 1.0, 2.0]) == 2.0
    assert ratio(10.0, 4.0) == 2.5
    assert ratio(10.0, 0.0) == 0.0, "nothing to compare with is not a thousandfold win"


BURN = "import time\nwhile time.process_time() < 0.3: pass"
WAIT = "print(1, flush=True); input()"


def test_the_cpu_of_a_process_holds_that_of_its_children_that_ended() -> None:
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}]); {WAIT}"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        family, cpu = machine.family_of(process.pid), machine.cpu_seconds(process.pid)
        memory = machine.memory_kb(process.pid)
        process.communicate(b"\n")

    assert family == [process.pid]
    assert cpu > 0.25, "0.3 less what rounding down to ticks takes"
    assert memory > 1000


def test_a_family_is_the_process_and_all_below_it() -> None:
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WAIT!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        family = machine.family_of(process.pid)
        process.communicate(b"\n")

    assert family[0] == process.pid
    assert len(family) == 2
    assert family[1] not in (process.pid, os.getpid())


def test_programs_started_inside_run_on_the_one_core() -> None:
    usable = os.sched_getaffinity(0)
    core = min(usable)

    with machine.pinned(core):
        inside = subprocess.run(
            [sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"],
            capture_output=True,
            text=True,
            check=True,
        )

    assert inside.stdout.strip() == str({core})
    assert os.sched_getaffinity(0) == usable
