"""Who may do what with a course. Who may see one is in selectors.py."""

from lms.accounts.models import User
from lms.courses.models import Course
from lms.messaging.models import Member


def can_create_course(user: User) -> bool:
    return user.is_instructor


def can_create_category(user: User) -> bool:
    return user.is_instructor


def can_edit_course(user: User, course: Course) -> bool:
    return user.is_tenant_admin or course.instructor_id == user.pk


def can_teach(user: User) -> bool:
    return user.is_active and user.is_instructor


def can_follow_course(user: User, course: Course, member: Member | None) -> bool:
    """Hears what is said in the course. A published course is seen by all, heard by its people."""
    return member is not None or can_edit_course(user, course)
