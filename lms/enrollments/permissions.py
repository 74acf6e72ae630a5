from lms.accounts.models import User
from lms.courses.models import Course
from lms.courses.permissions import can_edit_course
from lms.enrollments.models import Enrollment


def can_list_enrollments(user: User, course: Course) -> bool:
    return can_edit_course(user, course)


def can_drop_enrollment(user: User, enrollment: Enrollment) -> bool:
    return enrollment.user_id == user.pk or can_edit_course(user, enrollment.course)


def is_entitled(user: User, course: Course) -> bool:
    """Needs no payment: the course is free, or the person works for the school."""
    return course.is_free or can_edit_course(user, course)
