"""What followers of a course read in its stream."""

from typing import Any

from lms.courses.models import Announcement, Course
from lms.messaging.rendering import wire_time


def render_course(course: Course) -> dict[str, Any]:
    return {
        "id": str(course.pk),
        "title": course.title,
        "slug": course.slug,
        "code": course.code,
        "short_description": course.short_description,
        "status": course.status,
        "thumbnail_url": course.thumbnail_url,
        "instructor_id": str(course.instructor_id),
        "published_at": wire_time(course.published_at),
    }


def render_announcement(announcement: Announcement) -> dict[str, Any]:
    """`author` must be loaded."""
    author = announcement.author
    return {
        "id": str(announcement.pk),
        "course_id": str(announcement.course_id),
        "author": {"id": str(author.pk), "name": author.full_name, "avatar": author.avatar_url},
        "title": announcement.title,
        "body": announcement.body,
        "created_at": wire_time(announcement.created_at),
    }
