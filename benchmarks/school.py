"""A tenant with people, logins and conversations, made as the application makes them."""

import secrets
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.loadgen import Connection
from benchmarks.programs import Program, child_env, free_port, serving
from benchmarks.stage import Stage

_HOST = "bench.localhost"


@dataclass(frozen=True, slots=True)
class Person:
    id: uuid.UUID
    token: str


@dataclass(frozen=True, slots=True)
class School:
    schema: str
    host: str
    people: Sequence[Person]

    def connection(self, path: str, person: Person) -> Connection:
        headers = {"Host": self.host, "Authorization": f"Bearer {person.token}"}
        return Connection(path=path, headers=headers)


@contextmanager
def stoa(stage: Stage) -> Iterator[Program]:
    """The real server, one process."""
    port = free_port()
    env = child_env(PORT=str(port))
    command = [sys.executable, "-m", "config.serve"]
    log = stage.folder / "log" / "stoa.log"
    with serving("Stoa", command, port=port, env=env, log=log, core=stage.cores.server) as program:
        yield program


def open_school(people: int) -> School:
    """A tenant of its own with so many people, each logged in; the first is an instructor."""
    from tenants.services import NewTenant, create_tenant

    slug = f"bench-{secrets.token_hex(4)}"
    host = f"{slug}.{_HOST}"
    tenant = create_tenant(NewTenant(slug=slug, name="Benchmark school", domains=(host,)))
    return School(tenant.schema_name, host, _enrol(tenant.schema_name, people))


def _enrol(schema: str, count: int) -> list[Person]:
    from django.utils import timezone

    from lms.accounts.models import TokenFamily, User
    from lms.accounts.tokens import encode_access
    from tenants.context import in_tenant

    with in_tenant(schema):
        users = User.objects.bulk_create(
            User(
                email=f"person{n}@bench.school",
                full_name=f"Person {n}",
                password="!",
                role=User.Role.STUDENT if n else User.Role.INSTRUCTOR,
            )
            for n in range(count)
        )
        expires_at = timezone.now() + timedelta(days=1)
        logins = TokenFamily.objects.bulk_create(
            TokenFamily(user=user, expires_at=expires_at) for user in users
        )
        return [
            Person(
                user.pk,
                encode_access(
                    schema=schema,
                    user_id=user.pk,
                    family_id=login.pk,
                    version=user.session_version,
                ),
            )
            for user, login in zip(users, logins, strict=True)
        ]


def open_forum(school: School) -> str:
    """The path of the socket of a forum that the whole school may read and write."""
    from lms.accounts.models import User
    from lms.forum.services.forums import create_forum
    from tenants.context import in_tenant

    with in_tenant(school.schema):
        owner = User.objects.get(role=User.Role.INSTRUCTOR)
        forum = create_forum(actor=owner, title="Everyone")
    return f"/ws/lms/forum/{forum.pk}/"


def open_conversations(school: School, count: int) -> list[uuid.UUID]:
    """So many conversations; the people are members of them in turn."""
    from lms.messaging.models import Conversation, Member
    from lms.messaging.services.conversations import create_conversation
    from tenants.context import in_tenant

    with in_tenant(school.schema):
        conversations = [
            create_conversation(kind=Conversation.Kind.GROUP, title=f"Group {n}")
            for n in range(count)
        ]
        Member.objects.bulk_create(
            Member(audience_id=conversations[n % count].audience_id, user_id=person.id)
            for n, person in enumerate(school.people)
        )
    return [conversation.pk for conversation in conversations]
