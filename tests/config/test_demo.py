"""`manage.py seed_demo_data`: doc 003's credentials work, twice is once, never in production."""

import dataclasses
import time

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from config.demo import school
from lms.accounts.models import User
from lms.courses.models import Announcement, Course
from lms.enrollments.models import Enrollment
from lms.forum.models import Forum
from lms.groups.models import Group
from lms.messaging.models import Message
from tenants.context import in_tenant
from tenants.models import Tenant

CREDENTIALS = [
    ("admin@lms.local", "admin"),
    *[
        (f"{name}@{slug}.local", role)
        for slug in ("acme", "techu")
        for name, role in (
            ("admin", "admin"),
            ("john.smith", "instructor"),
            ("alice.williams", "student"),
        )
    ],
]


@pytest.fixture
def demo(schemas, django_db_blocker):
    with django_db_blocker.unblock():
        try:
            call_command("seed_demo_data", verbosity=0)
            yield
        finally:
            for each in school.SCHOOLS:
                school.remove(each)
            # Not by the ORM: it would look for the operator's messages, which no operator has.
            with in_tenant("public"), connection.cursor() as cursor:
                cursor.execute("TRUNCATE accounts_user CASCADE")


def login(email: str):
    return Client().post(
        "/api/auth/login/",
        {"email": email, "password": "password123"},
        content_type="application/json",
        headers={"host": "localhost"},
    )


def test_doc_003s_people_sign_in_on_bare_localhost(demo):
    for email, role in CREDENTIALS:
        answer = login(email)
        assert answer.status_code == 200, (email, answer.content)
        me = Client().get(
            "/api/users/me/",
            headers={"Authorization": f"Bearer {answer.json()['access']}", "host": "localhost"},
        )
        assert (me.json()["email"], me.json()["role"]) == (email, role)


def test_each_school_has_its_people_groups_forums_and_courses(demo):
    for each in school.SCHOOLS:
        with in_tenant("public"):
            schema = Tenant.objects.get(slug=each.slug).schema_name
        with in_tenant(schema):
            roles = list(User.objects.values_list("role", flat=True))
            assert sorted({(role, roles.count(role)) for role in roles}) == [
                ("admin", 1),
                ("instructor", 3),
                ("student", 12),
            ]
            assert Group.objects.count() == 3
            assert 2 <= Forum.objects.count() <= 3
            assert Course.objects.filter(status="published").count() >= 2
            assert Enrollment.objects.count() >= 20
            assert Announcement.objects.count() == 4
            assert Message.objects.filter(reply_to__isnull=False).exists()


def test_seeding_again_changes_nothing_and_clear_makes_it_new(demo):
    def ids():
        with in_tenant("public"):
            return set(
                Tenant.objects.filter(slug__in=["acme", "techu"]).values_list("id", flat=True)
            )

    before = ids()
    call_command("seed_demo_data", verbosity=0)
    call_command("seed_demo_data", "--if-empty", verbosity=0)
    assert ids() == before

    began = time.monotonic()
    call_command("seed_demo_data", "--clear", verbosity=0)
    assert time.monotonic() - began < 10
    assert len(ids()) == 2
    assert not ids() & before
    assert login("alice.williams@techu.local").status_code == 200


def test_a_school_that_fails_half_way_is_taken_away_again(schemas, django_db_blocker, monkeypatch):
    """Left as it is, it would pass for a whole one the next time."""

    def fail(_people):
        raise ZeroDivisionError

    monkeypatch.setattr("config.demo.teaching.seed_courses", fail)
    with django_db_blocker.unblock():
        with pytest.raises(ZeroDivisionError):
            school.make(school.SCHOOLS[0], password_hash="!")

        assert not school.exists(school.SCHOOLS[0])


def test_production_refuses(settings):
    settings.ENV = dataclasses.replace(django_settings.ENV, environment="production")

    with pytest.raises(CommandError, match="production"):
        call_command("seed_demo_data")
