"""The same school twice, every text of it marked, so that a leak can be seen in any answer."""

import uuid
from dataclasses import dataclass

from django.db import connection
from django.test import Client

from lms.accounts.models import User
from lms.auditlog.models import AuditEntry
from lms.courses.services.categories import create_category
from lms.forum.services.moderators import add_moderator
from lms.messaging.services.conversations import find_or_create_direct
from tenants.context import in_tenant
from tests.factories.accounts import PASSWORD, bearer, create_user
from tests.factories.courses import create_announcement, create_course, enroll
from tests.factories.forum import create_forum
from tests.factories.groups import create_group
from tests.factories.messaging import send
from tests.factories.notifications import create_notification

NAMES = ("alpha", "beta")


@dataclass(frozen=True)
class World:
    """One tenant. `ids` are of things that its administrator may all see, by kind."""

    name: str
    schema: str
    canary: str
    ids: dict[str, str]
    headers: dict[str, dict[str, str]]
    cookies: dict[str, str]

    @property
    def host(self) -> str:
        return f"{self.name}.test"

    def is_in(self, content: bytes | str) -> bool:
        text = content.decode(errors="replace") if isinstance(content, bytes) else content
        return self.canary in text.lower()

    def client(self) -> Client:
        """The administrator's browser."""
        client = Client(headers={"host": self.host}, raise_request_exception=False)
        client.cookies.load(self.cookies)
        return client

    def api(self, who: str = "admin", host: str | None = None) -> Client:
        headers = {**self.headers[who], "host": host or self.host}
        return Client(headers=headers, raise_request_exception=False)


def plant(name: str, schema: str, tenant_id: uuid.UUID) -> World:
    """Call with commits wanted: other processes and later transactions see it."""
    canary = f"cnry-{name}-{uuid.uuid4().hex[:12]}"
    with in_tenant(schema):
        people = {
            role: create_user(
                role, role=role, email=f"{role}@{canary}.school", full_name=f"{role} {canary}"
            )
            for role in ("admin", "instructor", "student")
        }
        ids = {**_talk(people, canary), **_teaching(people, canary)}
        headers = {role: bearer(person) for role, person in people.items()}
    world = World(name, schema, canary, {**ids, "tenant": str(tenant_id)}, headers, {})
    return World(name, schema, canary, world.ids, headers, _sign_in(world, people["admin"]))


def _talk(people: dict[str, User], canary: str) -> dict[str, str]:
    admin, student = people["admin"], people["student"]
    group = create_group(admin, student, name=f"Group {canary}", description=canary)
    forum = create_forum(admin, f"Forum {canary}", description=canary)
    add_moderator(actor=admin, forum_id=forum.pk, user_id=str(people["instructor"].pk))
    message = send(group.conversation, student, f"Message {canary}")
    post = send(forum.conversation, student, f"Post {canary}")
    direct = find_or_create_direct(actor=student, recipient_id=admin.pk)
    send(direct, student, f"Direct {canary}")
    notification = create_notification(admin, f"News {canary}", body=canary)
    member = group.audience.members.get(user=student)
    return {
        "user": str(student.pk),
        "group": str(group.pk),
        "audience": str(group.audience_id),
        "member": str(member.pk),
        "forum": str(forum.pk),
        "moderator": str(people["instructor"].pk),
        "conversation": str(direct.pk),
        "message": str(message.message_id),
        "post": str(post.message_id),
        "notification": str(notification.pk),
        "audit": str(AuditEntry.objects.latest("created_at").pk),
    }


def _teaching(people: dict[str, User], canary: str) -> dict[str, str]:
    admin = people["admin"]
    course = create_course(admin, f"Course {canary}", description=canary)
    announcement = create_announcement(course, f"Announcement {canary}", canary)
    enrollment = enroll(people["student"], course)
    category = create_category(actor=admin, name=f"Category {canary}")
    return {
        "course": str(course.pk),
        "slug": course.slug,
        "announcement": str(announcement.pk),
        "enrollment": str(enrollment.pk),
        "category": str(category.pk),
    }


def _sign_in(world: World, admin: User) -> dict[str, str]:
    client = Client(headers={"host": world.host})
    answer = client.post("/login/", {"email": admin.email, "password": PASSWORD})
    assert answer.status_code in (200, 302), answer.content
    assert "stoa_session" in client.cookies, answer.content
    return {name: morsel.value for name, morsel in client.cookies.items()}


_TABLES = """
    SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = %s
    AND tablename NOT IN ('django_migrations', 'django_session', 'accounts_tokenfamily')
    ORDER BY tablename
"""


def fingerprint(schema: str) -> dict[str, tuple[int, int]]:
    """Rows and a sum over their content, for each table."""
    with in_tenant(schema), connection.cursor() as cursor:
        cursor.execute(_TABLES, [schema])
        tables = [row[0] for row in cursor.fetchall()]
        parts = [
            # The names come from the catalogue, quoted there.
            f"SELECT '{table}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text"  # noqa: S608
            f" FROM {table} t"
            for table in tables
        ]
        cursor.execute(" UNION ALL ".join(parts))
        return {name: (count, total) for name, count, total in cursor.fetchall()}


def rows_naming(schema: str, words: list[str]) -> list[str]:
    """Tables of the schema with a row that contains any of the words."""
    with in_tenant(schema), connection.cursor() as cursor:
        cursor.execute(_TABLES, [schema])
        tables = [row[0] for row in cursor.fetchall()]
        parts = [
            # The names come from the catalogue, quoted there.
            f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table} t"  # noqa: S608
            " WHERE t::text LIKE ANY (%s))"
            for table in tables
        ]
        patterns = [f"%{word}%" for word in words]
        cursor.execute(" UNION ALL ".join(parts), [patterns] * len(tables))
        return [row[0] for row in cursor.fetchall()]
