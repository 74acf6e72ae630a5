"""Puts the figures of the last runs into docs/benchmarks.md: `python -m benchmarks.publish`.

Everything below the mark is replaced; what no run has measured yet is left out.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.machine import QUIET_LOAD
from benchmarks.programs import ROOT
from benchmarks.report import Goal, number

MARK = "<!-- Below: written by `python -m benchmarks.publish`. -->"
ORDER = ("fanout", "memory", "ingest", "tenant")


def publish(document: Path, results: Path) -> None:
    """Raises BenchmarkError when there is no result, or no mark in the document."""
    found = [results / f"{name}.json" for name in ORDER]
    contents = [json.loads(file.read_text()) for file in found if file.exists()]
    if not contents:
        raise BenchmarkError(f"there are no results in {results}: run `make bench`")
    above, mark, _ = document.read_text().partition(MARK)
    if not mark:
        raise BenchmarkError(f"{document.name} has no line {MARK}")
    sections = [_section(content) for content in contents]
    document.write_text(f"{above}{mark}\n\n" + "\n".join(sections))


def _section(content: dict[str, Any]) -> str:
    rows = [_row(figure) for figure in content["figures"]]
    return "\n".join(
        [
            f"### {content['benchmark']}",
            "",
            _circumstances(content),
            "",
            "| what | value | goal | |",
            "|---|--:|---|---|",
            *rows,
            "",
        ]
    )


def _row(figure: dict[str, Any]) -> str:
    goal = Goal(**figure["goal"]) if figure["goal"] else ""
    verdict = {"pass": "met", "FAIL": "**missed**"}.get(figure["verdict"], "")
    return f"| {figure['what']} | {number(figure['value'])} {figure['unit']} | {goal} | {verdict} |"


def _circumstances(content: dict[str, Any]) -> str:
    where, versions = content["machine"], content["versions"]
    text = (
        f"{content['at'][:10]}, revision {content['revision'] or 'unknown'}; {where['cores']} "
        f"cores of {where['cpu']}, {where['memory']}, Linux {where['kernel']}, "
        f"Python {where['python']}, "
        f"{', '.join(f'{name} {value}' for name, value in versions.items())}; "
        f"median of rounds of {content['seconds']:g} s: {content['rounds']}."
    )
    if content["load"] > QUIET_LOAD:
        text += (
            f" **Other work was going on (load {content['load']:.1f}): "
            "rates and latencies say little, CPU times are too high.**"
        )
    return text


def main() -> int:
    var_dir = Path(os.environ.get("VAR_DIR", "").strip() or ROOT / "var").absolute()
    try:
        publish(ROOT / "docs" / "benchmarks.md", var_dir / "bench")
    except BenchmarkError as error:
        sys.stderr.write(f"benchmarks: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
