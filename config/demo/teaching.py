"""Published courses with people in them and announcements in their inboxes."""

from collections.abc import Mapping

from config.demo.content import COURSES
from lms.accounts.models import User
from lms.courses.models import Course
from lms.courses.services.announcements import post_announcement
from lms.courses.services.courses import create_course
from lms.enrollments.services import enroll_user


def seed_courses(people: Mapping[str, User]) -> None:
    for each in COURSES:
        teacher = people[each.teacher]
        course = create_course(
            actor=teacher,
            fields={
                "title": each.title,
                "code": each.code,
                "category": each.category,
                "level": each.level,
                "short_description": each.short,
                "description": each.description,
                "status": Course.Status.PUBLISHED,
            },
        )
        for number in each.learners:
            enroll_user(user=people[f"L{number}"], course_id=course.pk)
        for title, body in each.announcements:
            post_announcement(actor=teacher, course=course.pk, title=title, body=body)
