import threading

import pytest
from django.db import IntegrityError, connection, transaction

from lms.core.errors import NotFound
from lms.courses.errors import CourseInUse
from lms.courses.models import Announcement, Course
from lms.courses.services.courses import delete_course
from lms.enrollments.models import Enrollment
from lms.enrollments.services import drop_enrollment, join_course
from lms.messaging.models import Audience, Member
from tenants.context import in_tenant
from tests.factories.accounts import create_user
from tests.factories.courses import create_announcement, create_course, enroll
from tests.lms.courses.doors import door


def test_a_course_nobody_took_goes_with_all_that_is_its_own(tara):
    course = create_course(tara)
    create_announcement(course)

    assert door(tara).delete(f"/api/courses/{course.slug}/").status_code == 204

    assert Course.objects.count() == Announcement.objects.count() == 0
    assert Audience.objects.count() == Member.objects.count() == 0
    assert door(tara).delete(f"/api/courses/{course.slug}/").status_code == 404


def test_a_course_that_was_taken_stays_even_when_all_have_left(tara, sam):
    course = create_course(tara)
    enrollment = enroll(sam, course)
    drop_enrollment(actor=sam, enrollment_id=enrollment.pk)

    response = door(tara).delete(f"/api/v1/courses/{course.pk}/")

    assert (response.status_code, response.json()["code"]) == (409, "course_in_use")
    assert Course.objects.count() == Enrollment.objects.count() == 1
    assert Member.objects.get().user_id == tara.pk


def _deleting(schema, actor, course, outcome):
    with in_tenant(schema):
        try:
            outcome.append(delete_course(actor=actor, course=course.pk))
        except Exception as error:
            outcome.append(error)
        finally:
            connection.close()


def _wait_until_someone_waits_for_a_lock():
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute(
                "SELECT count(*), pg_sleep(0.005) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waited")


def test_who_deletes_waits_for_who_joins_and_then_may_not(alpha_committed):
    tara, sam = create_user("tara", role="instructor"), create_user("sam")
    course = create_course(tara)
    outcome: list[object] = []
    other = threading.Thread(target=_deleting, args=(alpha_committed, tara, course, outcome))

    with transaction.atomic():
        join_course(actor=sam, course=course.pk)
        other.start()
        _wait_until_someone_waits_for_a_lock()
    other.join()

    assert isinstance(outcome[0], CourseInUse)
    assert Enrollment.objects.get().course == course


def test_without_the_courses_lock_who_joins_loses(alpha_committed):
    """The control of the test above: the row alone, as if nobody locked the course."""
    tara, sam = create_user("tara", role="instructor"), create_user("sam")
    course = create_course(tara)
    outcome: list[object] = []
    other = threading.Thread(target=_deleting, args=(alpha_committed, tara, course, outcome))

    @transaction.atomic
    def join_without_a_lock():
        Enrollment.objects.create(user=sam, course=course)
        other.start()
        other.join()

    with pytest.raises(IntegrityError):
        join_without_a_lock()

    assert outcome == [None]


def test_who_joins_after_the_deletion_finds_nothing(tara, sam):
    course = create_course(tara)
    delete_course(actor=tara, course=course.pk)

    with pytest.raises(NotFound):
        join_course(actor=sam, course=course.pk)
