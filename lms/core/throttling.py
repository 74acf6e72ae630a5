"""Limits by token bucket in Redis, one atomic script per question.

Reads stay open when Redis is away (a limit is not worth an outage); what protects passwords
asks `require_budget` with Unavailable as the answer, so it stays closed.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from lms.core.errors import TooManyRequests, Unavailable
from lms.core.request_facts import request_facts_var
from tenants.context import current_schema
from tenants.keys import scoped_key

if TYPE_CHECKING:  # the views module imports this one through the settings
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

# Tokens refill at `rate` a second up to `burst`. Answers 0, or the milliseconds to wait.
_BUCKET = """
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local rate, burst = tonumber(ARGV[1]) / 1000, tonumber(ARGV[2])
local before, at = tonumber(bucket[1]) or burst, tonumber(bucket[2]) or now
local tokens = math.min(burst, before + (now - at) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) / rate) end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate) + 1000)
return wait
"""
_GIVE_BACK = """
local tokens = tonumber(redis.call('HGET', KEYS[1], 'tokens'))
if tokens then
    redis.call('HSET', KEYS[1], 'tokens', math.min(tonumber(ARGV[1]), tokens + 1))
end
"""
# Counts this try; after ARGV[1] of them each has to wait twice as long as the one before, from
# ARGV[2] up to ARGV[3] milliseconds. Answers 0, or the milliseconds that are left to wait.
_DELAY = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local before = redis.call('HMGET', KEYS[1], 'tries', 'open_at')
local left = (tonumber(before[2]) or 0) - now
if left > 0 then return left end
local tries, free, most = (tonumber(before[1]) or 0) + 1, tonumber(ARGV[1]), tonumber(ARGV[3])
local delay = 0
if tries >= free then delay = math.min(most, ARGV[2] * 2 ^ math.min(tries - free, 30)) end
redis.call('HSET', KEYS[1], 'tries', tries, 'open_at', now + delay)
redis.call('PEXPIRE', KEYS[1], most * 4)
return 0
"""


@lru_cache(maxsize=1)
def redis_client() -> redis.Redis:
    """Short time-outs and one new connection at most: an absent Redis may not hold a request."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=1,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        decode_responses=True,
    )


def take(key: str, *, per_second: float, burst: int) -> float:
    """Seconds to wait before one more is allowed; 0.0 means allowed and counted.

    Raises redis.RedisError when Redis is away.
    """
    wait = redis_client().eval(_BUCKET, 1, key, per_second, burst)
    return float(wait) / 1000


def require_budget(name: str, subject: str, *, per_second: float, burst: int) -> None:
    """For what must not be guessed. Raises TooManyRequests, or Unavailable without Redis."""
    with _closed_without_redis():
        wait = take(_key(name, subject), per_second=per_second, burst=burst)
    if wait > 0:
        raise TooManyRequests(retry_after=wait)


def give_back(name: str, subject: str, *, burst: int) -> None:
    """The try was a good one and shall not count."""
    with _closed_without_redis():
        redis_client().eval(_GIVE_BACK, 1, _key(name, subject), burst)


def require_patience(
    name: str, subject: str, *, free: int, first_seconds: float, longest_seconds: float
) -> None:
    """Count a try; after `free` of them every next one waits twice as long as the last.

    The longest wait bounds it, so nobody is ever shut out for good. Raises TooManyRequests,
    or Unavailable without Redis. `forget_tries` starts afresh.
    """
    with _closed_without_redis():
        wait = redis_client().eval(
            _DELAY, 1, _key(name, subject), free, first_seconds * 1000, longest_seconds * 1000
        )
    if wait > 0:
        raise TooManyRequests(retry_after=float(wait) / 1000)


def forget_tries(name: str, subject: str) -> None:
    with _closed_without_redis():
        redis_client().delete(_key(name, subject))


def remember(name: str, subject: str, *, seconds: int) -> None:
    with _closed_without_redis():
        redis_client().set(_key(name, subject), 1, ex=seconds)


def is_remembered(name: str, subject: str) -> bool:
    with _closed_without_redis():
        return bool(redis_client().exists(_key(name, subject)))


def _key(name: str, subject: str) -> str:
    return scoped_key("limit", name, subject, schema=current_schema())


@contextmanager
def _closed_without_redis() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise Unavailable from error


class DefaultThrottle(BaseThrottle):
    """Every API request: by person, or by address for the anonymous."""

    per_second, burst = 50.0, 300

    def allow_request(self, request: Request, view: "APIView") -> bool:
        user = request.user
        who = str(user.pk) if user and user.is_authenticated else f"ip:{request_facts_var.get().ip}"
        try:
            self._wait = take(_key("api", who), per_second=self.per_second, burst=self.burst)
        except redis.RedisError:
            logger.warning("limit_not_checked")
            return True
        return self._wait == 0

    def wait(self) -> float | None:
        return getattr(self, "_wait", None)
