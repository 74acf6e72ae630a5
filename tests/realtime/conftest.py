"""Two nodes on one bus for the whole run, and the people and places most tests need."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lms.accounts.models import User
from lms.messaging.models import Conversation
from tenants.context import in_tenant
from tests.factories.accounts import access_token, create_user
from tests.factories.messaging import create_closed_circle
from tests.realtime.processes import Process, start_bus, start_server
from tests.realtime.wire import EchoApp


@pytest.fixture(params=["asgi", "attached"])
def app(request):
    return EchoApp(attach=request.param == "attached")


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("realtime")


@pytest.fixture(scope="session")
def nodes(schemas, django_db_blocker, folder) -> Iterator[list[Process]]:
    """Two server processes that share the bus and the tests' database."""
    with django_db_blocker.unblock():
        started = [start_server(folder) for _ in range(2)]
    yield started
    for process in started:
        process.stop()


@pytest.fixture(scope="session")
def daphne(schemas, django_db_blocker, folder) -> Iterator[Process]:
    with django_db_blocker.unblock():
        process = start_server(folder, server="daphne")
    yield process
    process.stop()


@pytest.fixture(scope="session")
def strict_node(schemas, django_db_blocker, folder) -> Iterator[Process]:
    """A node with small limits and quick pings, for the tests of limits."""
    with django_db_blocker.unblock():
        process = start_server(
            folder,
            ping_seconds=1,
            pong_seconds=1,
            sockets_per_user=3,
            waiting_commands=4,
            running_handlers=2,
        )
    yield process
    process.stop()


@pytest.fixture
def server(request, nodes) -> Process:
    """The server a smoke test runs on: parametrize indirectly with "uvicorn" and "daphne"."""
    if getattr(request, "param", "uvicorn") == "daphne":
        process: Process = request.getfixturevalue("daphne")
        return process
    return nodes[0]


@dataclass(frozen=True)
class Circle:
    """A conversation of sam and tara in alpha. Ada is its tenant's admin, sven a stranger."""

    schema: str
    id: str
    conversation: Conversation
    sam: User
    tara: User
    sven: User
    tokens: dict[str, str]


@pytest.fixture
def circle(alpha_committed) -> Circle:
    sam, tara, sven = (create_user(name) for name in ("sam", "tara", "sven"))
    conversation = create_closed_circle(sam, tara)
    tokens = {
        person.full_name.split()[0].lower(): access_token(person) for person in (sam, tara, sven)
    }
    return Circle(alpha_committed, str(conversation.pk), conversation, sam, tara, sven, tokens)


@dataclass(frozen=True)
class Beta:
    schema: str
    id: str
    token: str


@pytest.fixture
def beta_circle(alpha_committed, beta) -> Beta:
    """Bea's own conversation in the other tenant."""
    with in_tenant(beta):
        bea = create_user("bea", email="bea@beta.school")
        conversation = create_closed_circle(bea)
        return Beta(beta, str(conversation.pk), access_token(bea))


@pytest.fixture
def own_bus(schemas, folder) -> Iterator[Process]:
    process = start_bus(folder)
    yield process
    process.stop()


@pytest.fixture
def own_nodes(own_bus, django_db_blocker, folder) -> Iterator[list[Process]]:
    """Two nodes on a bus that the test may harm."""
    with django_db_blocker.unblock():
        started = [
            start_server(folder, redis_url=f"redis://127.0.0.1:{own_bus.port}/0") for _ in range(2)
        ]
    yield started
    for process in started:
        process.stop()
