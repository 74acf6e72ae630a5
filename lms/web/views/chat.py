"""Conversations: the list, one of them, its earlier messages, and beginning new ones."""

import json
import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from lms.core.errors import BadRequest
from lms.forum.permissions import can_create_forum
from lms.forum.services.forums import create_forum
from lms.groups.permissions import can_create_group
from lms.groups.policy import group_creation
from lms.groups.services.groups import create_group
from lms.messaging.models import Conversation
from lms.messaging.selectors import history
from lms.web.forms import ForumForm, GroupForm, errors_into
from lms.web.pages import page, person_of, render_page, swaps_main
from lms.web.selectors import PAGE_OF_HISTORY, conversation_rows, open_conversation

SECTIONS = (
    (Conversation.Kind.FORUM, "Forums"),
    (Conversation.Kind.GROUP, "Groups"),
    (Conversation.Kind.DIRECT, "Direct messages"),
)


@page
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return _render_chat(request, {"open": None})


@page
@require_GET
def conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    found = open_conversation(user=person_of(request), conversation_id=conversation_id)
    return _render_chat(request, {"open": found, "open_state": json.dumps(found.state)})


def moved(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """A group's id is its conversation's: every name of it leads to one page."""
    return redirect(f"/c/{conversation_id}/")


def _render_chat(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    user = person_of(request)
    if not swaps_main(request):
        context |= {"list_shown": True, "sections": _sections(request)}
    context |= {
        "may_create_forum": can_create_forum(user),
        "may_create_group": can_create_group(user, group_creation()),
    }
    return render_page(request, "web/chat.html", context)


def _sections(request: HttpRequest) -> list[dict[str, object]]:
    rows = conversation_rows(person_of(request))
    return [
        {"label": label, "rows": [row for row in rows if row.kind == kind]}
        for kind, label in SECTIONS
    ]


@page
@require_GET
def conversation_list(request: HttpRequest) -> HttpResponse:
    """The list alone, for refreshing it."""
    context = {"sections": _sections(request)}
    return render(request, "web/partials/conversations.html", context)


@page
@require_GET
def older_messages(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """JSON: `{"messages", "has_more"}`; without `before` the newest."""
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise BadRequest
    messages = history(
        user=person_of(request),
        conversation_id=conversation_id,
        before=int(before) if before else None,
        limit=PAGE_OF_HISTORY,
    )
    return JsonResponse({"messages": messages, "has_more": len(messages) == PAGE_OF_HISTORY})


@page
@require_http_methods(["GET", "POST"])
def new_group(request: HttpRequest) -> HttpResponseBase:
    form = GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with errors_into(form):
            group = create_group(actor=person_of(request), **form.cleaned_data)
            return redirect(f"/c/{group.pk}/about/")
    return _render_new(request, form, "New group", "Create group")


@page
@require_http_methods(["GET", "POST"])
def new_forum(request: HttpRequest) -> HttpResponseBase:
    form = ForumForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with errors_into(form):
            forum = create_forum(actor=person_of(request), **form.cleaned_data)
            return redirect(f"/c/{forum.pk}/")
    return _render_new(request, form, "New forum", "Create forum")


def _render_new(request: HttpRequest, form: object, title: str, action: str) -> HttpResponse:
    context = {"form": form, "title": title, "action": action}
    return render_page(request, "web/new.html", context)
