import pytest

from lms.courses.events import AnnouncementPosted
from lms.courses.models import Announcement
from tests.factories.courses import create_announcement, create_course, enroll
from tests.lms.courses.doors import door, entries

WORDS = {"title": "Exam", "body": "On Monday, in room 5."}


def path(course):
    return f"/api/v1/courses/{course.pk}/announcements/"


def test_an_announcement_stands_in_the_stream_and_is_published(
    tara, heard, django_capture_on_commit_callbacks
):
    course = create_course(tara)
    facts = heard(AnnouncementPosted)

    with django_capture_on_commit_callbacks(execute=True):
        response = door(tara).post(path(course), WORDS)

    body = response.json()
    assert response.status_code == 201
    assert (body["title"], body["body"], body["course"]) == (*WORDS.values(), str(course.pk))
    type_, payload = entries(course.stream)[-1]
    assert (type_, payload["id"], payload["title"]) == ("announcement.posted", body["id"], "Exam")
    assert (
        payload["author"]
        == body["author"]
        == {
            "id": str(tara.pk),
            "name": "Tara Tester",
            "avatar": "",
        }
    )
    assert facts == [
        AnnouncementPosted(
            announcement_id=body["id"], course_id=str(course.pk), author_id=str(tara.pk)
        )
    ]


@pytest.mark.parametrize(
    ("_case", "who", "status", "refusal"),
    [
        ("a draft does not exist", "sam", "draft", (404, "not_found")),
        ("students only read", "sam", "published", (403, "permission_denied")),
        ("other teachers too", "ivan", "published", (403, "permission_denied")),
        ("nothing happens in an archived one", "tara", "archived", (409, "course_archived")),
    ],
)
def test_a_refused_announcement_is_nowhere(_case, who, status, refusal, request, tara):
    course = create_course(tara, status=status)
    told = entries(course.stream)

    response = door(request.getfixturevalue(who)).post(path(course), WORDS)

    assert (response.status_code, response.json()["code"]) == refusal
    assert Announcement.objects.count() == 0
    assert entries(course.stream) == told


@pytest.mark.parametrize(
    ("field", "value"), [("title", ""), ("title", "x" * 201), ("body", ""), ("body", "x" * 10_001)]
)
def test_an_announcement_needs_a_title_and_a_body_of_some_length(tara, field, value):
    course = create_course(tara)

    response = door(tara).post(path(course), {**WORDS, field: value})

    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_the_same_idempotency_key_announces_once(tara):
    course, client = create_course(tara), door(tara)

    first = client.post(path(course), WORDS, headers={"Idempotency-Key": "k1"})
    second = client.post(path(course), WORDS, headers={"Idempotency-Key": "k1"})

    assert first.json() == second.json()
    assert Announcement.objects.count() == 1


def test_the_people_of_the_course_read_and_others_do_not(tara, ivan, ada, sam):
    course = create_course(tara)
    create_announcement(course, "First")
    create_announcement(course, "Second")
    assert door(sam).get(path(course)).status_code == 403
    assert door(ivan).get(path(course)).status_code == 403
    enroll(sam, course)

    for user in (sam, tara, ada):
        results = door(user).get(path(course)).json()["results"]
        assert [announcement["title"] for announcement in results] == ["Second", "First"]


def test_a_page_of_announcements_costs_the_same_whatever_it_holds(
    tara, sam, known_school, django_assert_num_queries
):
    course = create_course(tara)
    enroll(sam, course)
    for number in range(8):
        create_announcement(course, f"Number {number}")
    client = door(sam)
    client.get(path(course))

    with django_assert_num_queries(6):  # schema, who asks, course, membership, how many, page
        assert len(client.get(path(course)).json()["results"]) == 8
