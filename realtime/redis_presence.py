"""Presence shared by all nodes, in Redis: entries that a dead node cannot keep alive.

For each topic a sorted set of people by expiry and a hash of what to show of them; for each
person in it a sorted set of the nodes they are on, by expiry.
"""

import json
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import redis.asyncio as redis

from realtime.presence import ENTRY_SECONDS, Person
from realtime.room import Key
from tenants.keys import tenant_key

# Whole keys outlive their entries, so that who expired can still be told.
KEY_SECONDS = 600

# KEYS: people, shown, nodes of the person. ARGV: user, node, now, expiry, shown, seconds.
_JOIN = """
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[3])
local known = redis.call('ZCARD', KEYS[3])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[2])
redis.call('ZADD', KEYS[1], ARGV[4], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[5])
for i = 1, 3 do redis.call('EXPIRE', KEYS[i], ARGV[6]) end
return known
"""
_LEAVE = """
redis.call('ZREM', KEYS[3], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[3])
if redis.call('ZCARD', KEYS[3]) > 0 then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
"""


class RedisPresence:
    def __init__(self, url: str) -> None:
        # A hung Redis costs a second, and then the node goes by what it sees itself.
        # Its types name every shape that any option could give back.
        self._redis: Any = redis.Redis.from_url(
            url, socket_timeout=1, socket_connect_timeout=1, decode_responses=True
        )
        self._node = uuid4().hex

    async def close(self) -> None:
        await self._redis.aclose()

    async def join(self, key: Key, person: Person) -> bool:
        now, seconds = time.time(), KEY_SECONDS
        arguments = [
            person["id"],
            self._node,
            now,
            now + ENTRY_SECONDS,
            json.dumps(person),
            seconds,
        ]
        known = await self._eval(_JOIN, _keys(key, person["id"]), arguments)
        return int(known) == 0

    async def leave(self, key: Key, user_id: str) -> bool:
        gone = await self._eval(_LEAVE, _keys(key, user_id), [user_id, self._node, time.time()])
        return int(gone) == 1

    async def refresh(self, key: Key, people: Sequence[Person]) -> None:
        for start in range(0, len(people), 500):
            await self._refresh(key, people[start : start + 500])

    async def _refresh(self, key: Key, people: Sequence[Person]) -> None:
        expiry, seconds = time.time() + ENTRY_SECONDS, KEY_SECONDS
        async with self._redis.pipeline(transaction=False) as pipeline:
            for person in people:
                listed, shown, nodes = _keys(key, person["id"])
                pipeline.zadd(nodes, {self._node: expiry})
                pipeline.expire(nodes, seconds)
                pipeline.zadd(listed, {person["id"]: expiry}, gt=True)
                pipeline.hset(shown, person["id"], json.dumps(person))
                pipeline.expire(listed, seconds)
                pipeline.expire(shown, seconds)
            await pipeline.execute()

    async def expire(self, key: Key) -> list[str]:
        listed, shown, _ = _keys(key, "")
        dead = await self._redis.zrangebyscore(listed, "-inf", time.time(), start=0, num=500)
        # Of several nodes that look at once, the one whose removal counts tells.
        gone = [user_id for user_id in dead if await self._redis.zrem(listed, user_id)]
        if gone:
            await self._redis.hdel(shown, *gone)
        return gone

    async def count(self, key: Key) -> int:
        return int(await self._redis.zcount(_keys(key, "")[0], time.time(), "+inf"))

    async def members(self, key: Key, limit: int) -> list[Person]:
        listed, shown, _ = _keys(key, "")
        ids = await self._redis.zrangebyscore(listed, time.time(), "+inf", start=0, num=limit)
        if not ids:
            return []
        found = await self._redis.hmget(shown, ids)
        return [json.loads(person) for person in found if person]

    async def _eval(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        return await self._redis.eval(script, len(keys), *keys, *arguments)


def _keys(key: Key, user_id: str) -> tuple[str, str, str]:
    schema, topic = key
    base = ("presence", topic)
    return (
        tenant_key(*base, schema=schema),
        tenant_key(*base, "shown", schema=schema),
        tenant_key(*base, "nodes", user_id, schema=schema),
    )
