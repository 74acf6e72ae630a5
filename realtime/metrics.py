"""What this process's sockets cost and do, for `/metrics`. By node, never by tenant."""

from collections.abc import Iterator

from lms.core import metrics
from lms.core.metrics import Reading
from realtime.node import Node, find_node


def read_node() -> Iterator[Reading]:
    """Asked in another thread: only numbers and copies, nothing that the loop could change."""
    node = find_node()
    if node is not None:
        yield from _gauges(node)
        yield from _counters(node)


def _gauges(node: Node) -> Iterator[Reading]:
    sessions = node.all_sessions()
    for name, text, value in (
        ("sockets", "Open sockets.", len(sessions)),
        ("topics", "Topics with a listener on this node.", node.hub.rooms),
        ("outbox_bytes", "Not yet taken by clients.", sum(s.buffered for s in sessions)),
        ("ingest_waiting", "Messages that wait to be kept.", node.ingest.waiting),
        ("bus_connected", "1 while the bus answers.", node.broker.is_connected),
        ("loop_lag_seconds", "How late the loop was last.", node.counters.lag_seconds),
        ("loop_lag_worst_seconds", "How late it ever was.", node.counters.worst_lag_seconds),
    ):
        yield Reading(name=f"stoa_realtime_{name}", help=text, value=float(value))


def _counters(node: Node) -> Iterator[Reading]:
    hub, ingest, own = node.hub.counters, node.ingest.counters, node.counters
    for name, text, value in (
        ("sockets_opened", "Sockets opened.", own.opened),
        ("sockets_refused", "Sockets refused after the handshake.", own.refused),
        ("deliveries", "Publications handed to sockets.", hub.deliveries),
        ("publications", "Durable publications passed on.", hub.publications),
        ("gaps", "Gaps that a publication showed.", hub.gaps),
        ("recovered", "Publications read from the log to close a gap.", hub.recovered),
        ("resets", "Topics whose gap the log could not close.", hub.resets),
        ("recovery_failures", "Readings of the log that failed.", hub.failures),
        ("slow_consumers", "Sockets cut off because they did not read.", own.slow_consumers),
        ("bad_frames", "Frames that were no commands.", own.bad_frames),
        ("rate_limited", "Commands refused by a limit.", own.rate_limited),
        ("ingest_messages", "Messages handed to the writer.", ingest.items),
        ("ingest_batches", "Transactions they took.", ingest.batches),
        ("ingest_refused", "Messages refused because too many waited.", ingest.refused),
    ):
        yield Reading(
            name=f"stoa_realtime_{name}_total", help=text, value=float(value), kind="counter"
        )


def register() -> None:
    metrics.register(read_node)
