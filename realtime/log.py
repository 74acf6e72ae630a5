"""The hub's durable log: lms.streams, read in the database threads."""

from collections.abc import Sequence

from lms.streams import selectors
from lms.streams.entries import Appended
from realtime.hub import Place
from realtime.protocol import Publication
from tenants.context import run_in_tenant


def to_publication(entry: Appended) -> Publication:
    return Publication(entry.stream, entry.type, entry.payload, entry.offset, entry.epoch)


class StreamLog:
    async def place(self, schema: str, topic: str) -> Place:
        position = await run_in_tenant(schema, selectors.get_position, topic)
        return Place(position.epoch, position.offset, position.floor)

    async def places(self, schema: str, topics: Sequence[str]) -> dict[str, Place]:
        heads = await run_in_tenant(schema, selectors.get_heads, topics)
        return {
            topic: Place(position.epoch, position.offset, position.floor)
            for topic, position in heads.items()
        }

    async def after(self, schema: str, topic: str, offset: int, limit: int) -> list[Publication]:
        entries = await run_in_tenant(schema, selectors.entries_after, topic, offset, limit)
        return [to_publication(entry) for entry in entries]
