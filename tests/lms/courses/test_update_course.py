import pytest

from lms.auditlog.models import AuditEntry
from lms.courses.models import Course
from tests.factories.courses import create_course
from tests.lms.courses.doors import door, entries


def test_what_is_given_changes_and_followers_hear_which(tara):
    course = create_course(tara, code="PY1", price="10")
    told = len(entries(course.stream))

    response = door(tara).patch(
        f"/api/v1/courses/{course.slug}/", {"title": "Python 3", "price": "12.50", "code": "PY1"}
    )

    assert response.status_code == 200
    assert (response.json()["title"], response.json()["price"]) == ("Python 3", "12.50")
    assert response.json()["slug"] == course.slug
    [(type_, payload)] = entries(course.stream, offset=told)
    assert (type_, payload["changed"]) == ("course.updated", ["title", "price_cents"])
    assert payload["title"] == "Python 3"
    entry = AuditEntry.objects.get(action="course.updated")
    assert entry.details == {"changed": ["title", "price_cents"]}


def test_nothing_new_is_told_to_nobody(tara):
    course = create_course(tara)
    told = entries(course.stream)

    assert door(tara).patch(f"/api/v1/courses/{course.pk}/", {"title": "Python"}).status_code == 200

    assert entries(course.stream) == told
    assert not AuditEntry.objects.filter(action="course.updated").exists()


def test_a_put_needs_a_title_and_leaves_what_it_does_not_name(tara):
    course = create_course(tara, code="PY1", category="Programming")
    client = door(tara)

    refused = client.put(f"/api/courses/{course.slug}/", {"description": "New"})
    response = client.put(f"/api/courses/{course.slug}/", {"title": "Python", "description": "New"})

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["title"])
    assert (response.json()["description"], response.json()["code"]) == ("New", "PY1")
    assert response.json()["category"] == "Programming"


@pytest.mark.parametrize(
    ("alias", "value", "field", "kept"),
    [
        ("difficulty_level", "advanced", "level", "advanced"),
        ("is_published", False, "status", "draft"),
        ("category_id", "music", "category", "music"),
        ("completion_hours", 2, "estimated_duration_minutes", 120),
        ("thumbnail", "/media/new.jpg", "thumbnail_url", "/media/new.jpg"),
    ],
)
def test_a_client_may_send_back_all_it_read_with_the_name_it_knows_changed(
    tara, alias, value, field, kept
):
    course = create_course(
        tara, level="beginner", category="art", duration_minutes=60, thumbnail_url="/old.jpg"
    )
    client = door(tara)
    body = client.get(f"/api/v1/courses/{course.pk}/").json()

    response = client.put(f"/api/v1/courses/{course.pk}/", {**body, alias: value})

    assert response.status_code == 200
    assert response.json()[field] == kept


def test_what_was_read_can_be_sent_back_and_nothing_happens(tara):
    for status in ("draft", "published", "archived"):
        course = create_course(tara, status=status, price="9.90", duration_minutes=7)
        client = door(tara)
        body = client.get(f"/api/v1/courses/{course.pk}/").json()
        told = entries(course.stream)

        response = client.put(f"/api/v1/courses/{course.pk}/", body)

        assert response.json() == body
        assert entries(course.stream) == told


def test_null_empties_what_may_be_empty(tara):
    course = create_course(tara, level="beginner", category="art", price="5", duration_minutes=60)
    body = {"difficulty_level": None, "category": None, "price": None, "completion_hours": None}

    shown = door(tara).patch(f"/api/v1/courses/{course.pk}/", body).json()

    assert (shown["level"], shown["category"], shown["category_id"]) == (None, None, None)
    assert (shown["price"], shown["estimated_duration_minutes"]) == ("0.00", None)


def test_a_course_keeps_its_instructor(tara, ivan):
    course = create_course(tara)

    response = door(tara).patch(
        f"/api/v1/courses/{course.pk}/", {"instructor_id": str(ivan.pk), "title": "Mine"}
    )

    assert (response.status_code, list(response.json()["errors"])) == (400, ["instructor_id"])
    course.refresh_from_db()
    assert (course.title, course.instructor) == ("Python", tara)


def test_a_price_must_fit_a_new_currency(tara):
    course = create_course(tara, price="9.99")

    response = door(tara).patch(f"/api/v1/courses/{course.pk}/", {"currency": "jpy"})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["price"])
    assert Course.objects.get().currency == "USD"


@pytest.mark.parametrize(("status", "code"), [("draft", 404), ("published", 403)])
def test_a_stranger_changes_nothing(tara, ivan, sam, status, code):
    course = create_course(tara, status=status)

    for user in (ivan, sam):
        client = door(user)
        assert client.patch(f"/api/v1/courses/{course.pk}/", {"title": "X"}).status_code == code
        assert client.delete(f"/api/v1/courses/{course.pk}/").status_code == code

    assert Course.objects.get().title == "Python"


def test_an_admin_changes_any_course(ada, tara):
    course = create_course(tara, status="draft")

    response = door(ada).patch(f"/api/v1/courses/{course.pk}/", {"title": "Better"})

    assert response.json()["title"] == "Better"
