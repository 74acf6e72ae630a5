"""Figures with their goals: printed as a table, kept as JSON."""

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure is good when it is not above `at_most` and not below `at_least`."""

    at_most: float | None = None
    at_least: float | None = None

    def is_met_by(self, value: float) -> bool:
        return (self.at_most is None or value <= self.at_most) and (
            self.at_least is None or value >= self.at_least
        )

    def __str__(self) -> str:
        bounds = (("≤", self.at_most), ("≥", self.at_least))
        return " ".join(f"{sign} {number(bound)}" for sign, bound in bounds if bound is not None)


@dataclass(frozen=True, slots=True)
class Figure:
    what: str
    value: float
    unit: str
    goal: Goal | None = None

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        return "pass" if self.goal.is_met_by(self.value) else "FAIL"


@dataclass(slots=True)
class Report:
    """What one benchmark found. `notes` say what a reader must know, such as what was left out."""

    name: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, value: float, unit: str, goal: Goal | None = None) -> None:
        self.figures.append(Figure(what, value, unit, goal))

    @property
    def missed(self) -> list[Figure]:
        return [figure for figure in self.figures if figure.verdict == "FAIL"]

    def as_table(self) -> str:
        width = max([len(figure.what) for figure in self.figures], default=0)
        lines = [f"{self.name} ".ljust(_WIDTH, "-")]
        lines += [_row(figure, width) for figure in self.figures]
        lines += [f"  ({note})" for note in self.notes]
        return "\n".join(lines)

    def write(self, folder: Path, circumstances: Mapping[str, object]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.json"
        content = {
            "benchmark": self.name,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            **circumstances,
            "figures": [_as_json(figure) for figure in self.figures],
            "notes": self.notes,
        }
        file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        return file


def median(values: Iterable[float]) -> float:
    return float(statistics.median(values))


def ratio(value: float, beside: float) -> float:
    """How many times `beside` is in `value`; 0 when there is nothing to divide by."""
    return value / beside if beside else 0.0


def spread(values: Sequence[float]) -> str:
    """The rounds behind a median, so that a reader sees how steady it is."""
    return " ".join(number(value) for value in values)


def _row(figure: Figure, width: int) -> str:
    goal = f"{figure.goal} {figure.unit}" if figure.goal else ""
    value = f"{number(figure.value):>10} {figure.unit}"
    return f"  {figure.what:<{width}} {value:<24} {goal:<24} {figure.verdict}".rstrip()


def number(value: float) -> str:
    """With as many digits as mean something."""
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def _as_json(figure: Figure) -> dict[str, object]:
    return {**asdict(figure), "verdict": figure.verdict or None}
