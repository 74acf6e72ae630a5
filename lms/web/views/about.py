"""What a conversation is, who is in it, coming in and leaving; and groups one may join."""

import uuid

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from lms.accounts.models import User
from lms.core.errors import LMSError, NotFound
from lms.groups.permissions import can_add_member, can_create_group
from lms.groups.policy import group_creation
from lms.groups.selectors import groups_listed_for
from lms.groups.services.members import add_group_member, leave_group
from lms.messaging.models import Conversation, Member
from lms.messaging.selectors import find_member, get_conversation
from lms.web.pages import page, person_of, render_page
from lms.web.selectors import people_to_meet

MOST_FOUND = 10
PAGE = 50


@page
@require_GET
def about(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    return _render_about(request, conversation_id)


@page
@require_POST
def add(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponseBase:
    user_id = request.POST.get("user", "")
    try:
        add_group_member(actor=person_of(request), group_id=conversation_id, user_id=user_id)
    except LMSError as error:
        return _render_about(request, conversation_id, problem=str(error))
    return redirect(f"/c/{conversation_id}/about/")


@page
@require_POST
def join(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponseBase:
    user = person_of(request)
    add_group_member(actor=user, group_id=conversation_id, user_id=str(user.pk))
    return redirect(f"/c/{conversation_id}/")


@page
@require_POST
def leave(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponseBase:
    try:
        leave_group(actor=person_of(request), group_id=conversation_id)
    except LMSError as error:
        return _render_about(request, conversation_id, problem=str(error))
    return redirect("/")


@page
@require_GET
def groups(request: HttpRequest) -> HttpResponse:
    """Groups one is in and groups one may join."""
    user = person_of(request)
    search = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    found = groups_listed_for(user, search=search)
    context = {
        "groups": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "q": search,
        "may_create": can_create_group(user, group_creation()),
    }
    return render_page(request, "web/groups.html", context)


def _render_about(
    request: HttpRequest, conversation_id: uuid.UUID, problem: str = ""
) -> HttpResponse:
    user = person_of(request)
    conversation = get_conversation(user=user, conversation_id=conversation_id)
    if conversation.kind not in (Conversation.Kind.GROUP, Conversation.Kind.FORUM):
        raise NotFound
    mine = find_member(user=user, audience_id=conversation.audience_id)
    is_group = conversation.kind == Conversation.Kind.GROUP
    may_add = is_group and can_add_member(user, mine, Member.Role.MEMBER)
    members = Member.objects.filter(audience_id=conversation.audience_id)
    everyone = members.select_related("user").order_by("joined_at", "pk")
    search = request.GET.get("q", "").strip()[:100]
    context = {
        "conversation": conversation,
        "is_group": is_group,
        "details": conversation.group if is_group else conversation.forum,
        "members": Paginator(everyone, PAGE).get_page(request.GET.get("page")),
        "mine": mine,
        "may_add": may_add,
        "q": search,
        "found": _not_members(user, conversation, search) if may_add and search else [],
        "problem": problem,
    }
    return render_page(request, "web/about.html", context, status=400 if problem else 200)


def _not_members(user: User, conversation: Conversation, search: str) -> list[User]:
    inside = Member.objects.filter(audience_id=conversation.audience_id).values("user_id")
    return list(people_to_meet(user, search).exclude(pk__in=inside)[:MOST_FOUND])
