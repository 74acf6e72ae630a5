"""The command line: `python -m benchmarks [name …] [--seconds N] [--rounds N] [--check]`."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import fanout, ingest, machine, memory, peers, tenant
from benchmarks.errors import BenchmarkError
from benchmarks.programs import ROOT
from benchmarks.report import Report
from benchmarks.stage import Stage, set_stage

BENCHMARKS: dict[str, Callable[[Stage], Report]] = {
    "fanout": fanout.run,
    "memory": memory.run,
    "ingest": ingest.run,
    "tenant": tenant.run,
}


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    var_dir = Path(os.environ.get("VAR_DIR", "").strip() or ROOT / "var").absolute()
    try:
        reports = _run(options, var_dir)
    except BenchmarkError as error:
        sys.stderr.write(f"benchmarks: {error}\n")
        return 1
    missed = [f"{report.name}: {figure.what}" for report in reports for figure in report.missed]
    for what in missed:
        print(f"goal missed: {what}")
    return 1 if missed and options.check else 0


def _run(options: argparse.Namespace, var_dir: Path) -> list[Report]:
    load = os.getloadavg()[0]
    circumstances = {
        "machine": machine.describe(),
        "versions": peers.versions(),
        "revision": _revision(),
        "seconds": options.seconds,
        "rounds": options.rounds,
        "load": load,
    }
    described = ", ".join(f"{name} {value}" for name, value in machine.describe().items())
    print(f"{described}; {options.rounds} rounds of {options.seconds:g} s", flush=True)
    if load > machine.QUIET_LOAD:
        print(f"other work is going on (load {load:.1f}): trust no rate and no latency", flush=True)
    reports = []
    with set_stage(var_dir, seconds=options.seconds, rounds=options.rounds) as stage:
        for name in options.names or BENCHMARKS:
            report = BENCHMARKS[name](stage)
            print(report.as_table(), flush=True)
            file = report.write(stage.folder, circumstances)
            print(f"  written to {file}\n", flush=True)
            reports.append(report)
    return reports


def _revision() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="What Stoa costs, beside what others cost."
    )
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--seconds", type=float, default=5.0, help="of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of all contenders in turn")
    parser.add_argument("--check", action="store_true", help="fail when a goal is missed")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
