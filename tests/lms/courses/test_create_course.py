import json
import threading
from functools import partial
from itertools import count

import pytest
from django.db import IntegrityError

from lms.auditlog.models import AuditEntry
from lms.courses.models import Category, Course
from lms.courses.selectors import get_course
from lms.courses.services import courses as services
from lms.courses.services.categories import find_or_create_category
from lms.messaging.models import Audience, Member
from tenants.context import in_tenant
from tests.factories.accounts import create_user
from tests.factories.courses import create_course
from tests.lms.courses.doors import at_once, door

DOC_002 = {
    "title": "Python Programming Fundamentals",
    "code": "PY101",
    "description": "Learn Python from basics to advanced concepts",
    "short_description": "Complete Python course for beginners",
    "category_id": 1,
    "level": "Beginner",
    "status": "Published",
    "price": "99.99",
    "currency": "USD",
    "completion_hours": 40,
}
DOC_003 = {
    "title": "Advanced Python",
    "description": "Deep dive into Python",
    "category": "programming",
    "difficulty_level": "advanced",
}


def test_the_literal_body_of_document_002_makes_a_published_course(tara):
    response = door(tara).post("/api/lms/courses/courses/", DOC_002)

    body = response.json()
    assert response.status_code == 201
    assert body["slug"] == "python-programming-fundamentals"
    assert (body["code"], body["current_price"], body["currency"]) == ("PY101", "99.99", "USD")
    assert (body["level"], body["difficulty_level"]) == ("beginner", "beginner")
    assert (body["status"], body["is_published"]) == ("published", True)
    assert (body["completion_hours"], body["estimated_duration_minutes"]) == (40, 2400)
    assert body["created_at"].endswith("Z")
    course = Course.objects.get()
    assert (str(course.pk), course.price_cents) == (body["id"], 9999)
    assert Category.objects.get(courses=course).slug == "1"


def test_the_literal_body_of_document_003_makes_a_draft_in_a_new_category(tara):
    response = door(tara).post("/api/courses/", DOC_003)

    body = response.json()
    assert response.status_code == 201
    assert (body["status"], body["category"], body["level"]) == ("draft", "programming", "advanced")
    assert (body["price"], body["published_at"]) == ("0.00", None)
    assert body["category_id"] == str(Category.objects.get().pk)
    assert body["instructor_id"] == str(tara.pk)


def test_the_instructor_owns_the_audience_and_the_making_is_audited(tara):
    course = create_course(tara, status="draft")

    member = Member.objects.get(audience_id=course.audience_id)
    assert (member.user_id, member.role) == (tara.pk, "owner")
    entry = AuditEntry.objects.get(action="course.created")
    assert entry.target == f"courses.course:{course.pk}"


def test_a_student_is_refused_and_nothing_is_left(sam):
    response = door(sam).post("/api/v1/courses/", DOC_003)

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert Course.objects.count() == Category.objects.count() == Audience.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("price", "9.999"),
        ("price", "-1"),
        ("price", "NaN"),
        ("currency", "dollars"),
        ("level", "impossible"),
        ("level", "\ud800"),
        ("level", ["beginner"]),
        ("title", "\ud800"),
        ("status", "secret"),
        ("category_id", "01890000-0000-7000-8000-000000000000"),
        ("completion_hours", -1),
        ("estimated_duration_minutes", "long"),
        ("metadata", []),
        ("metadata", {"a": {"b": ["\x00"]}}),
        ("metadata", {"\ud800": 1}),
        ("metadata", {"a": "x" * 20_000}),
        ("instructor_id", "1"),
        ("thumbnail", "x" * 501),
    ],
)
def test_a_field_that_cannot_be_is_named_and_nothing_is_left(tara, field, value):
    text = json.dumps({"title": "Python", field: value})  # escapes what UTF-8 cannot carry
    response = door(tara).post("/api/v1/courses/", text, content_type="application/json")

    body = response.json()
    assert (response.status_code, body["code"]) == (400, "invalid")
    assert {"category_id": "category"}.get(field, field) in body["errors"]
    assert Course.objects.count() == Audience.objects.count() == 0


def test_two_names_of_one_value_may_not_contradict_each_other(tara):
    body = {"title": "Python", "level": "beginner", "difficulty_level": "advanced"}

    response = door(tara).post("/api/v1/courses/", body)

    assert response.status_code == 400
    assert "difficulty_level" in response.json()["errors"]


@pytest.mark.parametrize("word", ["Novice", "BEGINNER", " basic ", "easy"])
def test_a_level_is_understood_in_the_words_people_use(tara, word):
    response = door(tara).post("/api/v1/courses/", {"title": "Python", "level": word})

    assert response.json()["level"] == "beginner"


def test_the_price_is_in_the_currency_of_the_school_and_with_its_digits(tara, school):
    school(currency="JPY")

    body = door(tara).post("/api/v1/courses/", {"title": "Python", "price": "500"}).json()

    assert (body["price"], body["currency"]) == ("500", "JPY")
    assert Course.objects.get().price_cents == 500


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Python", "python"),
        ("2026", "course-2026"),
        ("Categories", "course-categories"),
        ("01890000-0000-7000-8000-000000000000", "course-01890000-0000-7000-8000-000000000000"),
        ("数学", "untitled"),
        ("x" * 255, "x" * 235),
    ],
)
def test_a_slug_is_readable_and_never_looks_like_an_id(tara, title, slug):
    assert create_course(tara, title).slug == slug


def test_courses_of_the_same_title_have_slugs_of_their_own(tara):
    slugs = [create_course(tara, "Python").slug for _ in range(7)]

    assert slugs[:5] == ["python", "python-2", "python-3", "python-4", "python-5"]
    assert len(set(slugs)) == 7
    assert get_course(user=tara, course="python-2").slug == "python-2"


def test_an_admin_makes_a_course_for_a_teacher(ada, tara):
    body = {"title": "Python", "instructor_id": str(tara.pk)}

    response = door(ada).post("/api/v1/courses/", body)

    assert response.json()["instructor"] == str(tara.pk)
    assert Member.objects.get().user_id == tara.pk


def test_a_teacher_makes_courses_for_themselves_only(tara, ivan):
    body = {"title": "Python", "instructor_id": str(ivan.pk)}

    response = door(tara).post("/api/v1/courses/", body)

    assert (response.status_code, Course.objects.count()) == (403, 0)


def test_a_student_cannot_be_made_the_teacher(ada, sam):
    body = {"title": "Python", "instructor_id": str(sam.pk)}

    response = door(ada).post("/api/v1/courses/", body)

    assert (response.status_code, Course.objects.count()) == (400, 0)


def test_a_category_is_found_by_id_slug_and_name_before_one_is_made(tara):
    category = find_or_create_category(reference="Data Science")
    assert category

    for reference in (str(category.pk), "data-science", "DATA science"):
        assert find_or_create_category(reference=reference) == category
    assert Category.objects.count() == 1


def test_the_same_title_at_once_makes_two_courses(alpha_committed):
    tara = create_user("tara", role="instructor")

    outcomes = at_once(alpha_committed, *[partial(create_course, tara)] * 4)

    assert sorted(course.slug for course in outcomes) == [
        "python",
        "python-2",
        "python-3",
        "python-4",
    ]


def test_without_a_second_try_the_same_title_at_once_fails(alpha_committed, monkeypatch):
    """The control of the test above: only one slug to try."""
    tara = create_user("tara", role="instructor")
    monkeypatch.setattr(services, "course_slugs", lambda title: iter([title.lower()]))

    outcomes = at_once(alpha_committed, *[partial(create_course, tara)] * 4)

    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 3


def test_the_same_new_category_at_once_is_one(alpha_committed):
    find = partial(find_or_create_category, reference="Music")

    outcomes = at_once(alpha_committed, *[find] * 4)

    assert {category.pk for category in outcomes} == {Category.objects.get().pk}


def test_without_the_constraints_care_the_same_new_category_at_once_fails(alpha_committed):
    """The control of the test above: all look, then each inserts, and nobody looks again."""
    numbers, all_have_looked = count(), threading.Barrier(4)

    def insert():
        assert not Category.objects.filter(name="Music").exists()
        all_have_looked.wait()
        Category.objects.create(name="Music", slug=f"music-{next(numbers)}")

    outcomes = at_once(alpha_committed, *[insert] * 4)

    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 3


def test_what_one_school_makes_the_other_does_not_have(tara, beta):
    create_course(tara)

    with in_tenant(beta):
        bea = create_user("bea", role="admin", email="bea@beta.school")
        response = door(bea, host="beta.test").get("/api/v1/courses/python/")
        assert (response.status_code, Course.objects.count()) == (404, 0)
