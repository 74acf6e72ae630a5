"""Reads that start from what the person may see: what they may not see does not exist."""

import re
import uuid
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q, QuerySet

from lms.accounts.models import User
from lms.core.errors import NotFound
from lms.core.ids import parse_uuid
from lms.courses.models import Announcement, Category, Course, search_vector
from lms.courses.slugs import SLUG, category_slug
from lms.messaging.models import Member

WORDS_SEARCHED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseFilter:
    """Empty means: do not filter. `scope` is mine (taught or taken), catalog (published) or all."""

    status: str = ""
    level: str = ""
    search: str = ""
    scope: str = ""


def courses_visible_to(user: User) -> QuerySet[Course]:
    """Published ones, one's own, and those one is in; admins see all. Newest first."""
    courses = Course.objects.select_related("category", "instructor").order_by("-id")
    if user.is_tenant_admin:
        return courses
    return courses.filter(Q(status=Course.Status.PUBLISHED) | _mine(user))


def courses_matching(*, user: User, wanted: CourseFilter) -> QuerySet[Course]:
    courses = courses_visible_to(user)
    if wanted.scope == "mine":
        courses = courses.filter(_mine(user))
    if wanted.scope == "catalog":
        courses = courses.filter(status=Course.Status.PUBLISHED)
    if wanted.status:
        courses = courses.filter(status=wanted.status)
    if wanted.level:
        courses = courses.filter(level=wanted.level)
    if wanted.search:
        courses = _searched(courses, wanted.search)
    return courses


def get_course(*, user: User, course: str | uuid.UUID) -> Course:
    """One course the person can see, by id or slug. Raises NotFound."""
    return _one(courses_visible_to(user), course)


def lock_course(*, user: User, course: str | uuid.UUID) -> Course:
    """The same, locked until the caller's transaction ends."""
    return _one(courses_visible_to(user).select_for_update(of=("self",)), course)


def audience_of_course(course_id: uuid.UUID) -> uuid.UUID:
    """Whose members follow the course. Raises NotFound."""
    audience_id = Course.objects.filter(pk=course_id).values_list("audience_id", flat=True).first()
    if audience_id is None:
        raise NotFound
    return audience_id


def announcements_of(course: Course) -> QuerySet[Announcement]:
    return course.announcements.select_related("author").order_by("-id")


def categories() -> QuerySet[Category]:
    return Category.objects.order_by("name", "id")


def find_category(reference: str) -> Category | None:
    """By id, slug or name, in this order; the oldest of those with the same name."""
    category_id = parse_uuid(reference)
    if category_id is not None:
        return Category.objects.filter(pk=category_id).first()
    found = Category.objects.filter(slug=category_slug(reference)).first()
    return found or Category.objects.filter(name__iexact=reference).order_by("id").first()


def _mine(user: User) -> Q:
    member = Member.objects.filter(user=user, audience_id=OuterRef("audience_id"))
    return Q(instructor=user) | Q(Exists(member))


def _one(courses: QuerySet[Course], reference: str | uuid.UUID) -> Course:
    course_id = parse_uuid(reference)
    found = None
    if course_id is not None:
        found = courses.filter(pk=course_id).first()
    elif SLUG.match(str(reference)):
        found = courses.filter(slug=str(reference)).first()
    if found is None:
        raise NotFound
    return found


def _searched(courses: QuerySet[Course], text: str) -> QuerySet[Course]:
    """Every word must begin a word of the course."""
    words = re.findall(r"[^\W_]+", text)[:WORDS_SEARCHED]
    if not words:
        return courses.none()
    query = SearchQuery(
        " & ".join(f"{word}:*" for word in words), search_type="raw", config="simple"
    )
    return courses.annotate(found=search_vector()).filter(found=query)
