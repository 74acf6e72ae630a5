from lms.core.errors import Conflict


class CourseNotDraft(Conflict):
    code, message = "course_not_draft", "Only a draft can be published."


class CourseNotPublished(Conflict):
    code, message = "course_not_published", "This course is not published."


class CourseIsArchived(Conflict):
    code, message = "course_archived", "This course is archived."


class CourseNotReady(Conflict):
    """`missing` names what a published course must have."""

    code, message = "course_not_ready", "The course cannot be published yet."


class CourseInUse(Conflict):
    """Enrolments, orders or certificates speak of it: archive it instead."""

    code = "course_in_use"
    message = "People have taken this course, so it cannot be deleted. Archive it instead."


class CategoryExists(Conflict):
    code, message = "category_exists", "There is a category with this name already."
