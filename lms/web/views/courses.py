"""Courses: the list, one with its announcements, joining."""

import uuid

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from lms.core.errors import LMSError
from lms.courses.models import Course
from lms.courses.permissions import can_edit_course, can_follow_course
from lms.courses.selectors import (
    CourseFilter,
    announcements_of,
    courses_matching,
    get_course,
)
from lms.courses.services.announcements import post_announcement
from lms.enrollments.services import join_course
from lms.messaging.selectors import find_member
from lms.streams.selectors import get_position
from lms.web.forms import AnnouncementForm, errors_into
from lms.web.pages import page, person_of, render_page
from lms.web.selectors import enrolled_course_ids

PAGE = 24
MOST_ANNOUNCEMENTS = 50
SCOPES = (("", "All"), ("mine", "Mine"))


@page
@require_GET
def courses(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    search = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    scope = "mine" if request.GET.get("scope") == "mine" else ""
    found = courses_matching(user=user, wanted=CourseFilter(search=search, scope=scope))
    shown = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "courses": shown,
        "enrolled": enrolled_course_ids(user, list(shown)),
        "q": search,
        "scope": scope,
        "scopes": SCOPES,
    }
    return render_page(request, "web/courses.html", context)


@page
@require_GET
def course(request: HttpRequest, course: str) -> HttpResponse:
    found = get_course(user=person_of(request), course=course)
    return _render_course(request, found, AnnouncementForm())


@page
@require_POST
def enroll(request: HttpRequest, course: str) -> HttpResponseBase:
    user = person_of(request)
    found = get_course(user=user, course=course)
    try:
        join_course(actor=user, course=found.pk)
    except LMSError as error:
        return _render_course(request, found, AnnouncementForm(), problem=str(error))
    return redirect(f"/courses/{found.pk}/")


@page
@require_POST
def announce(request: HttpRequest, course: str) -> HttpResponseBase:
    user = person_of(request)
    found = get_course(user=user, course=course)
    form = AnnouncementForm(request.POST)
    if form.is_valid():
        with errors_into(form):
            post_announcement(actor=user, course=found.pk, **form.cleaned_data)
            return redirect(f"/courses/{found.pk}/")
    return _render_course(request, found, form)


def _render_course(
    request: HttpRequest, course: Course, form: AnnouncementForm, problem: str = ""
) -> HttpResponse:
    user = person_of(request)
    member = find_member(user=user, audience_id=course.audience_id)
    follows = can_follow_course(user, course, member)
    # Before the announcements: one that comes between the two only refreshes them.
    position = get_position(course.stream) if follows else None
    context = {
        "course": course,
        "follows": follows,
        "is_enrolled": course.pk in enrolled_course_ids(user, [course]),
        "may_enroll": _may_enroll(course, user.pk) and member is None,
        "may_announce": can_edit_course(user, course),
        "position": position,
        "announcements": announcements_of(course)[:MOST_ANNOUNCEMENTS] if follows else [],
        "form": form,
        "problem": problem,
    }
    failed = bool(problem or form.errors)
    return render_page(request, "web/course.html", context, status=400 if failed else 200)


def _may_enroll(course: Course, user_id: uuid.UUID) -> bool:
    return course.is_published and course.instructor_id != user_id
