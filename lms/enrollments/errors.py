from lms.core.errors import Conflict


class CourseNotOpen(Conflict):
    code, message = "course_not_open", "Nobody can join this course now."


class TeachesCourse(Conflict):
    code, message = "teaches_course", "Who teaches a course does not take it."


class EnrollmentSuspended(Conflict):
    code, message = "enrollment_suspended", "This enrolment is suspended."


class EnrollmentOver(Conflict):
    """Completed or expired: there is nothing left to drop."""

    code, message = "enrollment_over", "This enrolment is over already."
