import pytest

from lms.accounts.models import User
from lms.auditlog.models import AuditEntry
from lms.courses.errors import CourseIsArchived
from lms.courses.events import CourseArchived, CoursePublished, CourseUnpublished
from lms.courses.models import Course
from lms.courses.services.publication import archive_course
from lms.messaging.models import Member
from tests.factories.courses import create_course, enroll
from tests.lms.courses.doors import door, entries


def test_publishing_is_told_audited_and_announced(tara, heard, django_capture_on_commit_callbacks):
    course = create_course(tara, status="draft")
    facts = heard(CoursePublished)

    with django_capture_on_commit_callbacks(execute=True):
        response = door(tara).post(f"/api/v1/courses/{course.slug}/publish/")

    assert response.status_code == 200
    assert (response.json()["status"], response.json()["is_published"]) == ("published", True)
    assert response.json()["published_at"]
    [(type_, payload)] = entries(course.stream)
    assert (type_, payload["id"], payload["status"]) == (
        "course.published",
        str(course.pk),
        "published",
    )
    assert facts == [CoursePublished(course_id=str(course.pk), instructor_id=str(tara.pk))]
    assert AuditEntry.objects.filter(action="course.published").count() == 1


def test_a_course_made_as_published_takes_the_same_step(
    tara, heard, django_capture_on_commit_callbacks
):
    facts = heard(CoursePublished)

    with django_capture_on_commit_callbacks(execute=True):
        course = create_course(tara, status="published")

    assert [type_ for type_, _ in entries(course.stream)] == ["course.published"]
    assert len(facts) == 1


@pytest.mark.parametrize(
    ("_case", "action", "status", "who", "refusal"),
    [
        ("a draft does not exist for others", "publish", "draft", "ivan", (404, "not_found")),
        ("nor for students", "publish", "draft", "sam", (404, "not_found")),
        (
            "a published one is not theirs",
            "publish",
            "published",
            "ivan",
            (403, "permission_denied"),
        ),
        ("twice", "publish", "published", "tara", (409, "course_not_draft")),
        ("an archived one", "publish", "archived", "tara", (409, "course_not_draft")),
        ("not theirs to withdraw", "unpublish", "published", "ivan", (403, "permission_denied")),
        ("a draft", "unpublish", "draft", "tara", (409, "course_not_published")),
        ("nor an archived one", "unpublish", "archived", "tara", (409, "course_not_published")),
    ],
)
def test_a_refused_step_changes_nothing(_case, action, status, who, refusal, request, tara):
    course = create_course(tara, status=status)
    told, audited = entries(course.stream), AuditEntry.objects.count()

    response = door(request.getfixturevalue(who)).post(f"/api/v1/courses/{course.pk}/{action}/")

    assert (response.status_code, response.json()["code"]) == refusal
    course.refresh_from_db()
    assert course.status == status
    assert (entries(course.stream), AuditEntry.objects.count()) == (told, audited)


def test_a_course_of_someone_who_left_cannot_be_published(ada, tara):
    course = create_course(tara, status="draft")
    User.objects.filter(pk=tara.pk).update(is_active=False)

    response = door(ada).post(f"/api/v1/courses/{course.pk}/publish/")

    assert (response.status_code, response.json()["code"]) == (409, "course_not_ready")
    assert response.json()["missing"] == ["instructor"]
    assert Course.objects.get().status == "draft"


def test_withdrawing_leaves_those_who_are_in_it(
    tara, sam, heard, django_capture_on_commit_callbacks
):
    course = create_course(tara)
    enroll(sam, course)
    facts = heard(CourseUnpublished)

    with django_capture_on_commit_callbacks(execute=True):
        response = door(tara).post(f"/api/v1/courses/{course.pk}/unpublish/")

    assert response.json()["status"] == "draft"
    assert door(sam).get(f"/api/v1/courses/{course.pk}/").status_code == 200
    assert Member.objects.filter(audience=course.audience, user=sam).exists()
    type_, payload = entries(course.stream)[-1]
    assert (type_, payload["changed"], payload["status"]) == ("course.updated", ["status"], "draft")
    assert facts == [CourseUnpublished(course_id=str(course.pk))]


def test_a_status_is_also_changed_by_the_field(tara, heard, django_capture_on_commit_callbacks):
    course = create_course(tara, status="draft")
    client, path = door(tara), f"/api/v1/courses/{course.pk}/"
    facts = heard(CourseArchived)

    assert client.patch(path, {"is_published": True}).json()["status"] == "published"
    assert client.patch(path, {"status": "Published"}).json()["status"] == "published"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.patch(path, {"status": "archived"}).json()["status"] == "archived"
    assert client.patch(path, {"is_published": False}).json()["status"] == "archived"
    refused = client.patch(path, {"status": "published", "title": "X"})
    assert (refused.status_code, refused.json()["code"]) == (409, "course_not_draft")
    assert Course.objects.get().title == "Python"
    assert client.patch(path, {"status": "draft"}).json()["status"] == "draft"
    assert facts == [CourseArchived(course_id=str(course.pk))]


def test_archiving_twice_is_a_conflict(tara):
    course = create_course(tara)
    archive_course(actor=tara, course=course.slug)

    with pytest.raises(CourseIsArchived):
        archive_course(actor=tara, course=course.slug)
