"""One writer per process and tenant: what waits while a batch commits is the next batch.

Never by a timer, so a lone sender waits for nobody. An outcome is given only after the
commit: that is what an acknowledgement means.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from lms.core.errors import LMSError, Unavailable

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


@dataclass(slots=True)
class IngestCounters:
    items: int = 0
    batches: int = 0
    refused: int = 0
    failed: int = 0
    retried_alone: int = 0


@dataclass(slots=True)
class _Queue(Generic[Item, Outcome]):
    waiting: list[tuple[Item, "asyncio.Future[Outcome]"]] = field(default_factory=list)
    writer: "asyncio.Task[None] | None" = None


class Ingest(Generic[Item, Outcome]):
    """`write(schema, items)` keeps a batch in one transaction and returns an outcome for each.

    Outcomes that are LMSErrors are raised to their senders. If `write` raises, the items are
    tried one by one, so that one that cannot be kept fails alone.
    """

    def __init__(
        self,
        write: Callable[[str, Sequence[Item]], Awaitable[Sequence[Outcome | LMSError]]],
        *,
        max_batch: int,
        max_waiting: int,
        tenants_at_once: int = 4,
    ) -> None:
        self._write = write
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._turns = asyncio.Semaphore(tenants_at_once)
        self._queues: dict[str, _Queue[Item, Outcome]] = {}
        self._waiting = 0
        self._is_closed = False
        self.counters = IngestCounters()

    @property
    def waiting(self) -> int:
        return self._waiting

    def submit(self, schema: str, item: Item) -> "asyncio.Future[Outcome]":
        """The future of the outcome. Items of one schema are kept in the order they came.

        Raises Unavailable at once when too much waits already.
        """
        if self._is_closed or self._waiting >= self._max_waiting:
            self.counters.refused += 1
            raise Unavailable(retry_after=1.0)
        queue = self._queues.get(schema)
        if queue is None:
            queue = self._queues[schema] = _Queue()
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        queue.waiting.append((item, future))
        self._waiting += 1
        if queue.writer is None:
            queue.writer = asyncio.create_task(self._write_all(schema, queue))
        return future

    async def drain(self) -> None:
        """Take nothing more, and return when everything taken has its outcome."""
        self._is_closed = True
        writers = [queue.writer for queue in self._queues.values() if queue.writer is not None]
        await asyncio.gather(*writers, return_exceptions=True)

    async def _write_all(self, schema: str, queue: _Queue[Item, Outcome]) -> None:
        try:
            while queue.waiting:
                async with self._turns:
                    batch = queue.waiting[: self._max_batch]
                    del queue.waiting[: self._max_batch]
                    try:
                        await self._write_batch(schema, batch)
                    finally:
                        self._waiting -= len(batch)
        finally:
            queue.writer = None
            if self._queues.get(schema) is queue:
                del self._queues[schema]

    async def _write_batch(
        self, schema: str, batch: "list[tuple[Item, asyncio.Future[Outcome]]]"
    ) -> None:
        self.counters.batches += 1
        self.counters.items += len(batch)
        try:
            outcomes = await self._write(schema, [item for item, _ in batch])
        except Exception as error:
            await self._write_alone(schema, batch, error)
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            _settle(future, outcome)

    async def _write_alone(
        self,
        schema: str,
        batch: "list[tuple[Item, asyncio.Future[Outcome]]]",
        error: Exception,
    ) -> None:
        """Nothing of the batch was kept: find out which item is to blame."""
        if len(batch) == 1 or isinstance(error, Unavailable):
            self.counters.failed += len(batch)
            if isinstance(error, Unavailable):
                logger.warning("ingest_unavailable", extra={"items": len(batch)})
            else:
                logger.error("ingest_failed", extra={"items": len(batch)}, exc_info=error)
            for _, future in batch:
                _settle(future, error if isinstance(error, LMSError) else Unavailable())
            return
        for pair in batch:
            self.counters.retried_alone += 1
            await self._write_batch(schema, [pair])


def _settle(future: "asyncio.Future[Outcome]", outcome: Outcome | LMSError) -> None:
    if future.done():
        return
    if isinstance(outcome, LMSError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
