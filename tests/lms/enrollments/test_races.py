import threading
from functools import partial

from django.db import IntegrityError

from lms.courses.selectors import get_course
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
    """The control of the test above: nobody locks the course, so all look before any joins."""
    tara, sam = create_user("tara", role="instructor"), create_user("sam")
    course = create_course(tara)
    all_have_looked, find = threading.Barrier(6), services._find

    def look(user, course):
        found = find(user, course)
        all_have_looked.wait()
        return found

    monkeypatch.setattr(services, "_find", look)
    monkeypatch.setattr(services, "lock_course", get_course)

    outcomes = at_once(alpha_committed, *[partial(join_course, actor=sam, course=course.pk)] * 6)

    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 5
