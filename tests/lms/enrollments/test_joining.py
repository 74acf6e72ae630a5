import pytest

from lms.core.errors import NotFound
from lms.enrollments.errors import TeachesCourse
from lms.enrollments.events import UserEnrolled
from lms.enrollments.models import Enrollment
from lms.enrollments.services import drop_enrollment, enroll_user
from lms.messaging.models import Member
from tests.factories.courses import create_course, enroll
from tests.lms.courses.doors import door

DOORS = {
    "document 000": lambda client, course: client.post(f"/api/enrollments/{course.pk}/"),
    "document 000, by slug": lambda client, course: client.post(f"/api/enrollments/{course.slug}/"),
    "documents 001 and 004": lambda client, course: client.post(
        "/api/v1/enrollments", {"course_id": str(course.pk)}
    ),
    "document 002": lambda client, course: client.post(
        f"/api/lms/courses/enrollments/course/{course.pk}/"
    ),
    "document 003": lambda client, course: client.post(
        "/api/enrollments/", {"course": str(course.pk)}
    ),
}


@pytest.mark.parametrize("way", DOORS)
def test_every_documents_way_in_is_the_same_enrolment(
    way, tara, sam, heard, django_capture_on_commit_callbacks
):
    course = create_course(tara)
    facts = heard(UserEnrolled)

    with django_capture_on_commit_callbacks(execute=True):
        first = DOORS[way](door(sam), course)
        second = DOORS[way](door(sam), course)

    body = first.json()
    assert (first.status_code, second.status_code) == (201, 200)
    assert body == second.json()
    assert body["user"] == body["user_id"] == body["student_id"] == str(sam.pk)
    assert body["course"] == body["course_id"] == str(course.pk)
    assert (body["status"], body["is_active"]) == ("active", True)
    assert body["enrolled_at"].endswith("Z")
    assert Member.objects.get(audience=course.audience, user=sam).role == "member"
    assert facts == [
        UserEnrolled(enrollment_id=body["id"], course_id=str(course.pk), user_id=str(sam.pk))
    ]


@pytest.mark.parametrize(
    ("_case", "fields", "who", "refusal"),
    [
        ("a draft does not exist", {"status": "draft"}, "sam", (404, "not_found")),
        ("nor an archived one", {"status": "archived"}, "sam", (404, "not_found")),
        ("an admin sees it and cannot", {"status": "draft"}, "ada", (409, "course_not_open")),
        ("who teaches it does not take it", {}, "tara", (409, "teaches_course")),
        ("it has a price", {"price": "99.99"}, "sam", (402, "payment_required")),
        ("for other teachers too", {"price": "99.99"}, "ivan", (402, "payment_required")),
    ],
)
def test_a_refusal_leaves_nobody_in_the_course(_case, fields, who, refusal, request, tara):
    course = create_course(tara, **fields)

    response = door(request.getfixturevalue(who)).post(f"/api/v1/enrollments/{course.pk}/")

    assert (response.status_code, response.json()["code"]) == refusal
    assert Enrollment.objects.count() == 0
    assert Member.objects.get(audience=course.audience).user_id == tara.pk


def test_a_refusal_for_payment_says_the_price(tara, sam):
    course = create_course(tara, price="99.99")

    body = door(sam).post(f"/api/v1/enrollments/{course.pk}/").json()

    assert (body["price"], body["currency"], body["course"]) == ("99.99", "USD", str(course.pk))


def test_a_school_that_does_not_enforce_payment_lets_everyone_in(tara, sam, school):
    course = create_course(tara, price="99.99")
    school(enforce_payment=False)

    assert door(sam).post(f"/api/v1/enrollments/{course.pk}/").status_code == 201


def test_the_schools_staff_need_not_pay(tara, ada):
    course = create_course(tara, price="99.99")

    assert door(ada).post(f"/api/v1/enrollments/{course.pk}/").status_code == 201


def test_who_was_let_in_asks_again_without_paying(tara, sam):
    course = create_course(tara, price="99.99")
    enroll(sam, course)

    assert door(sam).post(f"/api/v1/enrollments/{course.pk}/").status_code == 200


def test_coming_back_after_dropping_is_the_same_row(tara, sam):
    course = create_course(tara)
    enrollment = enroll(sam, course)
    drop_enrollment(actor=sam, enrollment_id=enrollment.pk)

    response = door(sam).post(f"/api/v1/enrollments/{course.pk}/")

    assert (response.status_code, response.json()["id"]) == (201, str(enrollment.pk))
    again = Enrollment.objects.get()
    assert (again.status, again.dropped_at) == ("active", None)
    assert again.enrolled_at > enrollment.enrolled_at
    assert Member.objects.filter(audience=course.audience, user=sam).exists()


@pytest.mark.parametrize(
    ("status", "code", "now"),
    [
        ("completed", 200, "completed"),
        ("pending", 200, "pending"),
        ("suspended", 409, "suspended"),
        ("expired", 201, "active"),
    ],
)
def test_asking_again_depends_on_how_it_stands(tara, sam, status, code, now):
    course = create_course(tara)
    Enrollment.objects.create(user=sam, course=course, status=status)

    response = door(sam).post(f"/api/v1/enrollments/{course.pk}/")

    assert (response.status_code, Enrollment.objects.get().status) == (code, now)


@pytest.mark.parametrize("body", [{}, {"course": ""}, {"course": "1"}, {"course": "user-123"}])
def test_a_course_that_is_none_is_a_field_error(sam, body):
    response = door(sam).post("/api/v1/enrollments/", body)

    assert (response.status_code, list(response.json()["errors"])) == (400, ["course"])


def test_the_trusted_way_asks_for_no_money_and_no_publication(tara, sam):
    course = create_course(tara, status="draft", price="5")

    assert enroll_user(user=sam, course_id=course.pk).joined
    assert not enroll_user(user=sam, course_id=course.pk).joined
    with pytest.raises(TeachesCourse):
        enroll_user(user=tara, course_id=course.pk)
    with pytest.raises(NotFound):
        enroll_user(user=sam, course_id=sam.pk)


def test_joining_costs_the_same_however_many_are_in(
    tara, ivan, ada, sam, known_school, django_assert_num_queries
):
    course, empty = create_course(tara, "Full"), create_course(tara, "Empty")
    for person in (ivan, ada):
        enroll(person, course)
    client = door(sam)
    client.get("/api/v1/enrollments/")

    for found in (course, empty):
        with django_assert_num_queries(16):  # six of them are savepoints
            assert client.post(f"/api/v1/enrollments/{found.pk}/").status_code == 201
