"""A program of its own: how fast one process keeps messages, without any socket.

    python -m benchmarks.writer WAY SCHEMA SENDERS SECONDS < conversation and sender ids

Each sender waits for its message to be committed and sends the next. The ways:

    ingest    realtime's writer: what waits is one transaction
    acreate   `await Message.objects.acreate(…)`, what an async view would do
    threads   `Message.objects.create(…)` in 20 threads of a pool, as sync views would do

All three write the same rows of the same table; only `ingest` also keeps the stream, asks who
may post and tells the other nodes. Prints one line of JSON.
"""

import asyncio
import itertools
import json
import resource
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

CONTENT = "word " * 20
THREADS = 20
# The ORM's rows need some offset that no other has; the database is not asked for one.
_offsets = itertools.count(time.time_ns())

Pair = tuple[uuid.UUID, uuid.UUID]
Keep = Callable[[Pair], Awaitable[Any]]


async def measure(
    keep: Keep, pairs: Sequence[Pair], senders: int, seconds: float
) -> dict[str, Any]:
    """Messages a second, seconds of CPU and latencies of `senders` that send one by one."""
    latencies: list[float] = []
    started, cpu = time.perf_counter(), _cpu_seconds()
    deadline = started + seconds

    async def send(pair: Pair) -> None:
        while (before := time.perf_counter()) < deadline:
            await keep(pair)
            latencies.append(time.perf_counter() - before)

    await asyncio.gather(*(send(pairs[n % len(pairs)]) for n in range(senders)))
    took = time.perf_counter() - started
    latencies.sort()
    return {
        "messages": len(latencies),
        "per_second": len(latencies) / took,
        "cpu_seconds": _cpu_seconds() - cpu,
        "p50_ms": latencies[len(latencies) // 2] * 1e3,
        "p99_ms": latencies[len(latencies) * 99 // 100] * 1e3,
    }


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _ingest(schema: str) -> Keep:
    from lms.messaging.services.sending import Outgoing, Sent
    from realtime.ingest import Ingest
    from realtime.limits import limits
    from realtime.writing import write_batch

    bounds = limits()
    writer: Ingest[Outgoing, Sent] = Ingest(
        write_batch, max_batch=bounds.ingest_batch, max_waiting=bounds.ingest_waiting
    )

    async def keep(pair: Pair) -> Sent:
        outgoing = Outgoing(
            conversation_id=pair[0],
            sender_id=pair[1],
            sender_name="Somebody",
            sender_avatar="",
            client_id=str(uuid.uuid4()),
            content=CONTENT,
        )
        return await writer.submit(schema, outgoing)

    return keep


def _row(pair: Pair) -> dict[str, Any]:
    return {
        "conversation_id": pair[0],
        "sender_id": pair[1],
        "offset": next(_offsets),
        "client_id": str(uuid.uuid4()),
        "content": CONTENT,
        "created_at": datetime.now(UTC),
    }


def _acreate(schema: str) -> Keep:
    from asgiref.sync import sync_to_async

    from lms.messaging.models import Message
    from tenants.context import in_tenant

    def create(pair: Pair) -> None:
        # What `acreate` does inside, with the tenant entered in the thread.
        with in_tenant(schema):
            Message.objects.create(**_row(pair))

    return sync_to_async(create)


def _threads(schema: str) -> Keep:
    from lms.messaging.models import Message
    from tenants.context import in_tenant

    pool = ThreadPoolExecutor(THREADS)

    def create(pair: Pair) -> None:
        with in_tenant(schema):
            Message.objects.create(**_row(pair))

    async def keep(pair: Pair) -> None:
        await asyncio.get_running_loop().run_in_executor(pool, create, pair)

    return keep


WAYS: dict[str, Callable[[str], Keep]] = {
    "ingest": _ingest,
    "acreate": _acreate,
    "threads": _threads,
}


def main(arguments: Sequence[str]) -> int:
    import django

    django.setup()
    way, schema, senders, seconds = arguments
    pairs = [
        (uuid.UUID(conversation), uuid.UUID(sender))
        for conversation, sender in (line.split() for line in sys.stdin)
    ]
    keep = WAYS[way](schema)

    async def run() -> dict[str, Any]:
        await measure(keep, pairs, int(senders), 0.3)
        return await measure(keep, pairs, int(senders), float(seconds))

    print(json.dumps(asyncio.run(run())), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
