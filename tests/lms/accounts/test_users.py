"""Administration of people."""

import threading
import uuid

import pytest
from django.core import mail
from django.db import transaction

from lms.accounts.models import User
from lms.accounts.services.login import log_in
from lms.accounts.services.mailing import send_waiting
from lms.accounts.services.users import update_user
from lms.auditlog.models import AuditEntry
from tenants.context import in_tenant
from tests.factories.accounts import PASSWORD, bearer, create_user
from tests.lms.accounts.api import Api
from tests.lms.accounts.races import at_once
from tests.lms.accounts.test_profile import KEYS

NOBODY = str(uuid.uuid4())


@pytest.fixture
def admin(ada) -> Api:
    return Api(**bearer(ada))


REQUESTS = [
    ("get", "users/", None),
    ("post", "users/", {"email": "x@alpha.school", "password": PASSWORD, "full_name": "X Y"}),
    ("get", "users/{sam}/", None),
    ("patch", "users/{sam}/", {"role": "admin"}),
    ("delete", "users/{sam}/", None),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
@pytest.mark.parametrize(
    ("who", "status"),
    [("anonymous", 401), ("student", 403), ("instructor", 403), ("other school", 401)],
)
def test_only_administrators_administer(who, status, method, path, body, sam, beta):
    if who == "other school":
        with in_tenant(beta):
            headers = bearer(create_user("bea", role="admin", email="bea@beta.school"))
    elif who == "anonymous":
        headers = {}
    else:
        headers = bearer(create_user("ina", role=who))
    arguments = [path.format(sam=sam.pk), *([body] if body else [])]

    response = getattr(Api(**headers), method)(*arguments)

    assert response.status_code == status
    sam.refresh_from_db()
    assert (sam.role, sam.is_active) == ("student", True)
    assert not User.objects.filter(email="x@alpha.school").exists()


def test_the_list_is_paged_filtered_and_bounded(admin, sam, django_assert_num_queries):
    for number in range(30):
        create_user(f"p{number:02d}", role="instructor", is_active=number % 2 == 0)
    admin.get("users/")

    # search path, login, count, page
    with django_assert_num_queries(4):
        page = admin.get("users/").json()
    assert (page["count"], len(page["results"])) == (32, 20)
    assert set(page["results"][0]) >= KEYS
    assert page["next"].startswith("http://alpha.test/api/v1/users/?page=2")
    for query, count in (
        ("role=Learner", 1),
        ("role=instructor", 30),
        ("role=instructor&is_active=false", 15),
        ("search=P07", 1),
        ("search=alpha.school", 32),
        ("search=%25", 0),
        ("page_size=1000&role=tenant_admin", 1),
    ):
        assert admin.get(f"users/?{query}").json()["count"] == count, query


@pytest.mark.parametrize("query", ["role=king", "search=%00", "is_active=perhaps"])
def test_odd_filters_are_field_errors(query, admin):
    assert admin.get(f"users/?{query}").status_code == 400


def test_searching_uses_the_index(alpha):
    from django.db import connection

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = User.objects.filter(full_name__icontains="sam tester").explain()

    assert "user_search" in plan


def test_an_administrator_creates_a_person_as_doc_003_does(admin):
    body = {
        "email": "new.user@alpha.school",
        "first_name": "New",
        "last_name": "User",
        "role": "learner",
        "password": "securepassword123",
    }

    response = admin.post("/api/users/", body)

    assert response.status_code == 201
    made = response.json()
    assert (made["role"], made["full_name"]) == ("student", "New User")
    assert log_in(email=body["email"], password=body["password"])
    entry = AuditEntry.objects.get(action="user.created")
    assert entry.target == f"accounts.user:{made['id']}"
    assert admin.post("/api/users/", body).json()["errors"].keys() == {"email"}


def test_people_are_found_by_id_and_by_external_id(admin, sam):
    admin.patch(f"users/{sam.pk}", {"external_id": "user-123"})

    for key in (sam.pk, sam.pk.hex, "user-123"):
        assert admin.get(f"users/{key}/").json()["id"] == str(sam.pk)
    taken = admin.post(
        "users/",
        {
            "email": "y@alpha.school",
            "password": PASSWORD,
            "full_name": "Y Z",
            "external_id": "user-123",
        },
    )
    assert list(taken.json()["errors"]) == ["external_id"]


@pytest.mark.parametrize("key", ["1", "user-9", NOBODY, "%00", "x" * 300, "%F0%9F%98%80"])
@pytest.mark.parametrize("method", ["get", "delete"])
def test_any_other_id_is_nobody(key, method, admin):
    assert getattr(admin, method)(f"users/{key}/").status_code == 404


def test_a_person_of_another_school_is_nobody(admin, beta):
    with in_tenant(beta):
        bea = create_user("bea", email="bea@beta.school")

    assert admin.get(f"users/{bea.pk}/").status_code == 404
    assert admin.delete(f"users/{bea.pk}/").status_code == 404


def test_deleting_deactivates_and_keeps_the_person(admin, sam, tokens):
    assert admin.delete(f"users/{sam.pk}/").status_code == 204

    sam.refresh_from_db()
    assert not sam.is_active
    assert Api(token=tokens.access_token).get("users/me/").status_code == 401
    assert admin.get(f"users/{sam.pk}/").json()["is_active"] is False


def test_a_new_role_is_written_down_and_ends_the_logins(admin, sam, tokens):
    response = admin.patch(f"users/{sam.pk}/", {"role": "INSTRUCTOR"})

    assert response.json()["role"] == "instructor"
    assert Api(token=tokens.access_token).get("users/me/").status_code == 401
    entry = AuditEntry.objects.get(action="user.updated")
    assert entry.details == {"fields": ["role"], "role": "instructor"}


def test_writing_what_is_there_already_ends_nothing(admin, sam, tokens):
    admin.patch(f"users/{sam.pk}/", {"role": "student", "is_active": True, "email": sam.email})

    assert Api(token=tokens.access_token).get("users/me/").status_code == 200
    assert not AuditEntry.objects.filter(action="user.updated").exists()


def test_a_changed_address_is_unconfirmed_and_the_old_one_is_told(admin, sam):
    admin.patch(f"users/{sam.pk}/", {"email": "Other@alpha.school"})
    send_waiting()

    sam.refresh_from_db()
    assert (sam.email, sam.email_verified_at) == ("other@alpha.school", None)
    assert mail.outbox[-1].to == ["sam@alpha.school"]


@pytest.mark.parametrize("change", [{"role": "student"}, {"is_active": False}, "delete"])
def test_the_last_administrator_stays(change, admin, ada):
    create_user("former", role="admin", is_active=False)
    path = f"users/{ada.pk}/"

    response = admin.delete(path) if change == "delete" else admin.patch(path, change)

    assert (response.status_code, response.json()["code"]) == (409, "last_admin")
    ada.refresh_from_db()
    assert (ada.role, ada.is_active) == ("admin", True)


def test_two_administrators_cannot_remove_each_other_at_once(alpha_committed):
    one, two = (create_user(name, role="admin") for name in ("ada", "bob"))

    def remove(actor, other):
        return update_user(actor=actor, user=str(other.pk), changes={"is_active": False})

    outcomes = at_once(alpha_committed, [lambda: remove(one, two), lambda: remove(two, one)])

    assert User.objects.filter(role="admin", is_active=True).count() == 1
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastAdmin", "User"]


def test_without_the_lock_nobody_would_be_left(alpha_committed):
    """The control: both see the other and both go."""
    people = [create_user(name, role="admin") for name in ("ada", "bob")]
    both_counted = threading.Barrier(2, timeout=10)

    def count_then_remove(person):
        others = User.objects.filter(role="admin", is_active=True).exclude(pk=person.pk).count()
        both_counted.wait()
        if others:
            User.objects.filter(pk=person.pk).update(is_active=False)

    at_once(alpha_committed, [lambda p=person: count_then_remove(p) for person in people])

    assert not User.objects.filter(role="admin", is_active=True).exists()
