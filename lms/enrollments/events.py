from dataclasses import dataclass

from lms.activitylog.events import Event


@dataclass(frozen=True, kw_only=True)
class UserEnrolled(Event):
    """Joined, or came back after dropping."""

    enrollment_id: str
    course_id: str
    user_id: str


@dataclass(frozen=True, kw_only=True)
class EnrollmentDropped(Event):
    enrollment_id: str
    course_id: str
    user_id: str
