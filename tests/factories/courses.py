"""Courses for tests, made as the API makes them. Call inside a tenant."""

from decimal import Decimal
from typing import Any, cast

from lms.accounts.models import User
from lms.courses.models import Announcement, Course
from lms.courses.services.announcements import post_announcement
from lms.courses.services.courses import CourseFields
from lms.courses.services.courses import create_course as create
from lms.enrollments.models import Enrollment
from lms.enrollments.services import enroll_user


def create_course(
    instructor: User, title: str = "Python", *, price: str = "0", **fields: Any
) -> Course:
    """Published and free unless the fields say otherwise."""
    given = {"title": title, "status": "published", "price": Decimal(price), **fields}
    return create(actor=instructor, fields=cast(CourseFields, given))


def create_announcement(course: Course, title: str = "Exam", body: str = "Monday") -> Announcement:
    return post_announcement(actor=course.instructor, course=course.pk, title=title, body=body)


def enroll(user: User, course: Course) -> Enrollment:
    return enroll_user(user=user, course_id=course.pk).enrollment
