import pytest
from django.db import connection

from lms.core.errors import NotFound
from lms.courses.models import Course
from lms.courses.selectors import CourseFilter, audience_of_course, courses_matching
from lms.enrollments.services import drop_enrollment
from tests.factories.courses import create_course, enroll
from tests.lms.courses.doors import door


@pytest.fixture
def catalogue(tara, ivan, sam):
    """What there is: by two teachers, in all states; sam takes one that was withdrawn later."""
    taken = create_course(tara, "Taken")
    enroll(sam, taken)
    Course.objects.filter(pk=taken.pk).update(status="draft")
    create_course(tara, "Draft", status="draft")
    create_course(tara, "Open", level="advanced", code="PY101", short_description="Snakes")
    create_course(ivan, "Other")
    create_course(ivan, "Hidden", status="draft")
    create_course(ivan, "Old", status="archived")


def titles(user, query=""):
    response = door(user).get(f"/api/v1/courses/{query}")
    assert response.status_code == 200
    return [course["title"] for course in response.json()["results"]]


@pytest.mark.parametrize(
    ("who", "query", "seen"),
    [
        ("sam", "", "Other Open Taken"),
        ("tara", "", "Other Open Draft Taken"),
        ("ivan", "", "Old Hidden Other Open"),
        ("ada", "", "Old Hidden Other Open Draft Taken"),
        ("sam", "?scope=mine", "Taken"),
        ("tara", "?scope=mine", "Open Draft Taken"),
        ("tara", "?scope=catalog", "Other Open"),
        ("ada", "?scope=all&status=Archived", "Old"),
        ("sam", "?status=published", "Other Open"),
        ("tara", "?status=DRAFT", "Draft Taken"),
        ("sam", "?page=1&level=Advanced", "Open"),
        ("sam", "?search=py101", "Open"),
        ("sam", "?search=snak ope", "Open"),
        ("sam", "?search=nak", ""),
        ("sam", "?search=hidden", ""),
        ("sam", "?search=%27%3A*%20%26%20%21", ""),
        ("sam", "?search=op%00en", None),
    ],
)
def test_a_list_shows_what_the_person_may_see(catalogue, request, who, query, seen):
    user = request.getfixturevalue(who)

    if seen is None:
        assert door(user).get(f"/api/v1/courses/{query}").status_code == 400
    else:
        assert titles(user, query) == seen.split()


@pytest.mark.parametrize("query", ["?level=hard-boiled", "?status=x", "?scope=yours"])
def test_a_filter_that_means_nothing_is_a_field_error(sam, query):
    response = door(sam).get(f"/api/v1/courses/{query}")

    assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_who_dropped_a_withdrawn_course_sees_it_no_more(tara, sam):
    course = create_course(tara, "Taken")
    enrollment = enroll(sam, course)
    Course.objects.filter(pk=course.pk).update(status="draft")
    assert titles(sam) == ["Taken"]

    drop_enrollment(actor=sam, enrollment_id=enrollment.pk)

    assert titles(sam) == []


def test_pages_have_the_shape_of_document_002(tara, sam):
    for number in range(3):
        create_course(tara, f"Course {number}")

    body = door(sam).get("/api/lms/courses/courses/?page=2&page_size=1").json()

    assert (body["count"], len(body["results"])) == (3, 1)
    assert body["next"].endswith("?page=3&page_size=1")
    assert body["previous"].endswith("?page_size=1")
    shown = {"id", "title", "level", "current_price", "thumbnail", "created_at"}
    assert shown <= body["results"][0].keys()


def test_a_page_costs_the_same_whatever_it_holds(
    tara, ivan, sam, known_school, django_assert_num_queries
):
    for number in range(12):
        create_course((tara, ivan)[number % 2], f"Course {number}", category=f"Topic {number}")
    client = door(sam)
    client.get("/api/v1/courses/")

    with django_assert_num_queries(4):  # the schema, who asks, how many, the page
        assert len(client.get("/api/v1/courses/").json()["results"]) == 12


def test_the_search_uses_its_index(alpha, sam):
    wanted = courses_matching(user=sam, wanted=CourseFilter(search="python"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")

    assert "course_search" in wanted.order_by().explain()


def test_a_course_is_read_by_id_and_by_slug_in_one_query(
    tara, sam, known_school, django_assert_num_queries
):
    course = create_course(tara, category="Programming")
    client = door(sam)
    client.get("/api/v1/courses/")

    for reference in (course.pk, course.slug):
        with django_assert_num_queries(3):  # the schema, who asks, the course
            response = client.get(f"/api/v1/courses/{reference}/")
        assert response.json()["id"] == str(course.pk)


def test_the_audience_of_a_course_is_found_without_asking_who_asks(tara):
    course = create_course(tara, status="draft")

    assert audience_of_course(course.pk) == course.audience_id
    with pytest.raises(NotFound):
        audience_of_course(tara.pk)


@pytest.mark.parametrize(
    "reference",
    ["1", "nothing", "user-123", "Py%20thon", "%00", "01890000-0000-7000-8000-000000000000"],
)
def test_any_other_reference_is_a_clean_not_found(sam, reference):
    response = door(sam).get(f"/api/v1/courses/{reference}/")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_categories_are_listed_by_name_and_made_below_others(tara, sam):
    client = door(tara)
    top = client.post("/api/v1/courses/categories/", {"name": "Science"}).json()
    below = client.post("/api/v1/courses/categories/", {"name": "Biology", "parent": "science"})
    again = client.post("/api/v1/courses/categories/", {"name": "SCIENCE"})
    orphan = client.post("/api/v1/courses/categories/", {"name": "Art", "parent": "nothing"})
    refused = door(sam).post("/api/v1/courses/categories/", {"name": "Fun"})

    assert (below.status_code, below.json()["parent"]) == (201, top["id"])
    assert (again.status_code, again.json()["code"]) == (409, "category_exists")
    assert (orphan.status_code, list(orphan.json()["errors"])) == (400, ["parent"])
    assert refused.status_code == 403
    listed = door(sam).get("/api/v1/courses/categories/").json()["results"]
    assert [category["name"] for category in listed] == ["Biology", "Science"]
