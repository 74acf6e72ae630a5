"""What measured experiments showed to mix tenants is not written at all (docs/tenancy.md)."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import called, calls, imported, name_of, place, rooms, tree_of

ASYNC_ORM = {
    "aget", "acreate", "aupdate", "adelete", "afirst", "alast", "acount", "aexists", "aiterator",
    "abulk_create", "abulk_update", "aget_or_create", "aupdate_or_create", "asave", "aaggregate",
    "arefresh_from_db", "ain_bulk", "alatest", "aearliest", "aexplain", "acontains",
}  # fmt: skip
SCHEMA_SETTERS = {"set_tenant", "set_schema", "set_schema_to_public"}
QUERY_METHODS = {"filter", "exclude", "get", "order_by", "annotate", "aggregate", "update"}

Rule = Callable[[Path], Iterator[str]]


def set_schema_outside_tenants(path: Path) -> Iterator[str]:
    """Use in_tenant or run_in_tenant: they come back, also after an exception."""
    if not name_of(path).startswith("tenants/"):
        yield from (place(path, c) for c in calls(path) if called(c) in SCHEMA_SETTERS)


def tenant_as_context_manager(path: Path) -> Iterator[str]:
    """TenantMixin remembers the last tenant in a list that all threads share."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                word = getattr(item.context_expr, "id", getattr(item.context_expr, "attr", ""))
                if word in ("tenant", "tenants"):
                    yield place(path, node)


def async_orm(path: Path) -> Iterator[str]:
    """Runs on a connection whose schema is somebody else's."""
    yield from (place(path, c) for c in calls(path) if called(c) in ASYNC_ORM)


def thread_insensitive(path: Path) -> Iterator[str]:
    """Runs in the public schema. Only run_in_tenant reaches the database from coroutines."""
    for call in calls(path):
        for keyword in call.keywords:
            if keyword.arg == "thread_sensitive" and not getattr(keyword.value, "value", True):
                yield place(path, call)


def database_sync_to_async(path: Path) -> Iterator[str]:
    if any(name.endswith("database_sync_to_async") for name in imported(path)):
        yield name_of(path)


def delay(path: Path) -> Iterator[str]:
    """Use lms.core.tasks.enqueue: it waits for the commit and knows the tenant."""
    yield from (place(path, c) for c in calls(path) if called(c) == "delay")


def apply_async_outside_its_rooms(path: Path) -> Iterator[str]:
    if name_of(path) not in ("tenants/tasks.py", "lms/core/tasks.py"):
        yield from (place(path, c) for c in calls(path) if called(c) == "apply_async")


def django_cache(path: Path) -> Iterator[str]:
    """A cached value needs a key from tenants.keys; nobody needs the cache itself yet."""
    if any(name.startswith("django.core.cache") for name in imported(path)):
        yield name_of(path)


def channel_layer_outside_realtime(path: Path) -> Iterator[str]:
    if not name_of(path).startswith("realtime/"):
        yield from (place(path, c) for c in calls(path) if called(c) == "get_channel_layer")


def redis_outside_its_rooms(path: Path) -> Iterator[str]:
    name = name_of(path)
    allowed = ("realtime/", "stack/", "lms/core/throttling.py", "lms/core/health.py")
    if not name.startswith(allowed) and any(n.split(".")[0] == "redis" for n in imported(path)):
        yield name


def django_tenants_cache_key(path: Path) -> Iterator[str]:
    """Takes the schema from a connection that coroutines do not have."""
    if any(name.startswith("django_tenants.cache") for name in imported(path)):
        yield name_of(path)


def request_unpacked_into_a_query(path: Path) -> Iterator[str]:
    """`filter(**request.data)` lets the client write the query."""
    for call in calls(path):
        if called(call) not in QUERY_METHODS:
            continue
        for keyword in call.keywords:
            if keyword.arg is None and "request" in ast.dump(keyword.value):
                yield place(path, call)


def environment_outside_env(path: Path) -> Iterator[str]:
    """The environment is read once, in config/env.py. Entry points may set a default first."""
    if name_of(path) == "config/env.py" or name_of(path).startswith("stack/"):
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute) and node.attr == "environ":
            parent_call = ast.unparse(node)
            if parent_call == "os.environ" and "setdefault" not in _line(path, node):
                yield place(path, node)


def _line(path: Path, node: ast.Attribute) -> str:
    return path.read_text().splitlines()[node.lineno - 1]


RULES: list[Rule] = [
    set_schema_outside_tenants,
    tenant_as_context_manager,
    async_orm,
    thread_insensitive,
    database_sync_to_async,
    delay,
    apply_async_outside_its_rooms,
    django_cache,
    channel_layer_outside_realtime,
    redis_outside_its_rooms,
    django_tenants_cache_key,
    request_unpacked_into_a_query,
    environment_outside_env,
]

OFFENCES = {
    set_schema_outside_tenants: "connection.set_schema('x')",
    tenant_as_context_manager: "with tenant:\n    pass",
    async_orm: "async def f():\n    await User.objects.aget(pk=1)",
    thread_insensitive: "sync_to_async(f, thread_sensitive=False)",
    database_sync_to_async: "from channels.db import database_sync_to_async",
    delay: "task.delay(1)",
    apply_async_outside_its_rooms: "task.apply_async()",
    django_cache: "from django.core.cache import cache",
    channel_layer_outside_realtime: "get_channel_layer()",
    redis_outside_its_rooms: "import redis.asyncio",
    django_tenants_cache_key: "from django_tenants.cache import make_key",
    request_unpacked_into_a_query: "User.objects.filter(**request.data)",
    environment_outside_env: "import os\nos.environ['X']",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nobody_writes_it(rule):
    found = [offence for path in rooms() for offence in rule(path)]

    assert found == [], rule.__doc__


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_control_the_rule_sees_it_when_somebody_does(rule, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.architecture.sources.ROOT", tmp_path)
    offender = tmp_path / "lms" / "offender.py"
    offender.parent.mkdir()
    offender.write_text(OFFENCES[rule])

    assert list(rule(offender))
