"""The one way to say "in this tenant": for requests, workers, sockets and commands."""

import asyncio
import contextvars
import select
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import connection
from django_tenants.utils import schema_context

from tenants.logcontext import tenant_var

P = ParamSpec("P")
T = TypeVar("T")

PUBLIC = "public"


class TenantMissing(RuntimeError):
    """Tenant work was asked for outside any tenant. A bug, never a fallback to public."""


def current_schema() -> str:
    # Put there by django-tenants' database backend, which ships no types.
    return str(getattr(connection, "schema_name", PUBLIC))


def require_tenant() -> str:
    """The current tenant's schema. Raises TenantMissing in the public schema."""
    schema = current_schema()
    if schema == PUBLIC:
        raise TenantMissing("this needs a tenant and there is none")
    return schema


@contextmanager
def in_tenant(schema: str) -> Iterator[None]:
    """Work in the schema; the one that was set before comes back, also after an exception."""
    token = tenant_var.set(schema)
    try:
        with schema_context(schema):
            yield
    finally:
        tenant_var.reset(token)


async def run_in_tenant(schema: str, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a sync function in a database thread, inside the tenant's schema.

    The schema lives on the thread's connection, so it is entered inside the thread; entering
    it before the await would have no effect there. The threads are few and bounded, so each
    keeps its connection from call to call; one that has failed, or that the server has ended,
    is given back and replaced. Log context (request id, user) goes along.
    """
    call = partial(_call_in_tenant, schema, partial(fn, *args, **kwargs))
    run = contextvars.copy_context().run
    return await asyncio.get_running_loop().run_in_executor(database_threads(), run, call)


def _call_in_tenant(schema: str, fn: Callable[[], T]) -> T:
    if _was_ended_by_server():
        connection.close()
    try:
        with in_tenant(schema):
            return fn()
    finally:
        if connection.errors_occurred or connection.in_atomic_block:
            connection.close()


def _was_ended_by_server() -> bool:
    """An idle connection has nothing to say: what can be read from it is its end."""
    raw = connection.connection
    if raw is None:
        return False
    if raw.closed:
        return True
    poll = select.poll()  # not select(): file numbers go far beyond its 1024
    poll.register(raw.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@lru_cache(maxsize=1)
def database_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.DATABASE_THREADS, thread_name_prefix="database")
