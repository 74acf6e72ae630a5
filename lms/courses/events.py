from dataclasses import dataclass

from lms.activitylog.events import Event


@dataclass(frozen=True, kw_only=True)
class CoursePublished(Event):
    course_id: str
    instructor_id: str


@dataclass(frozen=True, kw_only=True)
class CourseUnpublished(Event):
    course_id: str


@dataclass(frozen=True, kw_only=True)
class CourseArchived(Event):
    course_id: str


@dataclass(frozen=True, kw_only=True)
class AnnouncementPosted(Event):
    announcement_id: str
    course_id: str
    author_id: str
