from functools import partial

from django.db import IntegrityError

from lms.courses.models import Course
from lms.enrollments import services
from lms.enrollments.models import Enrollment
from lms.enrollments.services import join_course
from lms.messaging.models import Member
from tests.factories.accounts import create_user
from tests.factories.courses import create_course
from tests.lms.courses.doors import at_once


def test_joining_many_times_at_once_is_one_enrolment(alpha_committed):
    tara, sam = create_user("tara", role="instructor"), create_user("sam")
    course = create_course(tara)

    outcomes = at_once(alpha_committed, *[partial(join_course, actor=sam, course=course.pk)] * 6)

    assert sorted(outcome.joined for outcome in outcomes) == [False] * 5 + [True]
    assert {outcome.enrollment.pk for outcome in outcomes} == {Enrollment.objects.get().pk}
    assert Member.objects.filter(user=sam).count() == 1


def test_without_the_courses_lock_joining_at_once_fails(alpha_committed, monkeypatch):
    """The control of the test above: the course is read and not locked."""
    tara, sam = create_user("tara", role="instructor"), create_user("sam")
    course = create_course(tara)
    monkeypatch.setattr(services, "lock_course", lambda user, course: Course.objects.get(pk=course))

    outcomes = at_once(alpha_committed, *[partial(join_course, actor=sam, course=course.pk)] * 6)

    assert any(isinstance(outcome, IntegrityError) for outcome in outcomes)
