"""Numbers for Prometheus, of this process. Rooms above add theirs with `register`.

Labels are route patterns and status codes, never paths, tenants or people: their number is
bounded by the code.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number now. A counter's `name` ends in `_total`."""

    name: str
    help: str
    value: float
    kind: Literal["gauge", "counter"] = "gauge"
    labels: Mapping[str, str] = field(default_factory=dict)


Source = Callable[[], Iterable[Reading]]

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped
registry = CollectorRegistry(auto_describe=False)
ProcessCollector(registry=registry)
GCCollector(registry=registry)

_requests = Counter(
    "stoa_http_requests",
    "HTTP requests answered.",
    ("method", "route", "status"),
    registry=registry,
)
_seconds = Histogram(
    "stoa_http_request_seconds",
    "Time until the answer was ready.",
    ("method", "route"),
    buckets=BUCKETS,
    registry=registry,
)


def count_request(*, method: str, route: str, status: int, seconds: float) -> None:
    method = method if method in METHODS else "OTHER"
    _requests.labels(method, route, str(status)).inc()
    _seconds.labels(method, route).observe(seconds)


class _Sources(Collector):
    """What other rooms counted themselves, read when somebody asks."""

    def __init__(self) -> None:
        self.sources: list[Source] = []

    def collect(self) -> Iterator[Metric]:
        families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
        for source in self.sources:
            for reading in _read(source):
                family = families.get(reading.name)
                if family is None:
                    kind = CounterMetricFamily if reading.kind == "counter" else GaugeMetricFamily
                    family = kind(reading.name, reading.help, labels=list(reading.labels))
                    families[reading.name] = family
                family.add_metric(list(reading.labels.values()), reading.value)
        yield from families.values()


def _read(source: Source) -> list[Reading]:
    try:
        return list(source())
    except Exception:
        # One room's numbers must not hide the others'.
        logger.exception("metrics_source_failed")
        return []


_sources = _Sources()
registry.register(_sources)


def register(source: Source) -> None:
    """`source()` is asked at each scrape, in another thread; it must not wait."""
    if source not in _sources.sources:
        _sources.sources.append(source)


def unregister(source: Source) -> None:
    _sources.sources.remove(source)


def render() -> bytes:
    return generate_latest(registry)
