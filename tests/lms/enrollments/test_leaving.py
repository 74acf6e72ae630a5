import pytest

from lms.auditlog.models import AuditEntry
from lms.enrollments.events import EnrollmentDropped
from lms.enrollments.models import Enrollment
from lms.messaging.events import MemberRemoved
from lms.messaging.models import Member
from tenants.context import in_tenant
from tests.factories.accounts import create_user
from tests.factories.courses import create_course, enroll
from tests.lms.courses.doors import door


def test_dropping_keeps_the_row_and_takes_the_person_out_of_the_audience(
    tara, sam, heard, django_capture_on_commit_callbacks
):
    course = create_course(tara)
    enrollment = enroll(sam, course)
    dropped, removed = heard(EnrollmentDropped), heard(MemberRemoved)

    with django_capture_on_commit_callbacks(execute=True):
        first = door(sam).delete(f"/api/v1/enrollments/{enrollment.pk}/")
        second = door(sam).delete(f"/api/v1/enrollments/{enrollment.pk}/")

    assert (first.status_code, second.status_code) == (204, 204)
    enrollment.refresh_from_db()
    assert (enrollment.status, enrollment.is_active) == ("dropped", False)
    assert enrollment.dropped_at
    assert list(Member.objects.filter(audience=course.audience)) == [Member.objects.get(user=tara)]
    ids = {"course_id": str(course.pk), "user_id": str(sam.pk)}
    assert dropped == [EnrollmentDropped(enrollment_id=str(enrollment.pk), **ids)]
    assert removed == [MemberRemoved(audience_id=str(course.audience_id), user_id=str(sam.pk))]
    assert AuditEntry.objects.filter(action="enrollment.dropped").count() == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("completed", "enrollment_over"),
        ("expired", "enrollment_over"),
        ("suspended", "enrollment_suspended"),
    ],
)
def test_what_is_over_or_suspended_cannot_be_dropped(tara, sam, status, code):
    enrollment = Enrollment.objects.create(user=sam, course=create_course(tara), status=status)

    response = door(sam).delete(f"/api/v1/enrollments/{enrollment.pk}/")

    assert (response.status_code, response.json()["code"]) == (409, code)
    enrollment.refresh_from_db()
    assert (enrollment.status, enrollment.dropped_at) == (status, None)


@pytest.mark.parametrize(
    ("method", "anonymous", "stranger", "teacher_of_another", "elsewhere"),
    [("get", 401, 404, 404, 404), ("delete", 401, 404, 404, 404)],
)
def test_an_enrolment_does_not_exist_for_others(
    method, anonymous, stranger, teacher_of_another, elsewhere, tara, ivan, sam, beta
):
    enrollment = enroll(sam, create_course(tara))
    path = f"/api/v1/enrollments/{enrollment.pk}/"
    tom = create_user("tom")

    outcomes = [getattr(door(user), method)(path).status_code for user in (None, tom, ivan)]
    with in_tenant(beta):
        bea = create_user("bea", role="admin", email="bea@beta.school")
        outcomes.append(getattr(door(bea, host="beta.test"), method)(path).status_code)

    assert outcomes == [anonymous, stranger, teacher_of_another, elsewhere]
    enrollment.refresh_from_db()
    assert enrollment.status == "active"


def test_the_learner_the_teacher_and_the_admin_see_it_and_may_end_it(tara, sam, ada):
    course = create_course(tara)

    for user in (sam, tara, ada):
        path = f"/api/v1/enrollments/{enroll(sam, course).pk}/"
        assert door(user).get(path).json()["status"] == "active"
        assert door(user).delete(path).status_code == 204
        assert Enrollment.objects.get().status == "dropped"


@pytest.mark.parametrize("reference", ["1", "python", "01890000-0000-7000-8000-000000000000"])
def test_any_other_reference_is_not_found(tara, sam, reference):
    create_course(tara)

    for method in ("get", "delete"):
        assert getattr(door(sam), method)(f"/api/v1/enrollments/{reference}/").status_code == 404


def test_lists_show_ones_own_and_to_teachers_everyone_in_their_course(tara, ivan, sam):
    mine, other = create_course(tara, "Mine"), create_course(ivan, "Other")
    tom = create_user("tom")
    for person, course in ((sam, mine), (tom, mine), (sam, other)):
        enroll(person, course)

    def people(user, query):
        results = door(user).get(f"/api/v1/enrollments/{query}").json()["results"]
        return sorted((row["student_name"][:3], row["course_title"]) for row in results)

    assert people(sam, "") == [("Sam", "Mine"), ("Sam", "Other")]
    assert people(sam, "my/") == people(sam, "my-courses/") == people(sam, "")
    assert people(sam, f"?course={mine.slug}") == [("Sam", "Mine")]
    assert people(tara, "") == []
    assert people(tara, f"?course={mine.pk}") == [("Sam", "Mine"), ("Tom", "Mine")]
    assert people(ivan, f"?course={mine.pk}") == []
    assert people(tara, f"?course={mine.pk}&status=dropped") == []
    assert door(tara).get("/api/v1/enrollments/?course=nothing").status_code == 404
    assert door(tara).get("/api/v1/enrollments/?status=nothing").status_code == 400
    assert door(None).get("/api/v1/enrollments/my/").status_code == 401


def test_a_page_costs_the_same_whatever_it_holds(
    tara, sam, known_school, django_assert_num_queries
):
    for number in range(6):
        enroll(sam, create_course(tara, f"Course {number}"))
    client = door(sam)
    client.get("/api/v1/enrollments/")

    with django_assert_num_queries(4):  # the schema, who asks, how many, the page
        assert len(client.get("/api/v1/enrollments/").json()["results"]) == 6
