"""Reads that start from what the person may see: what they may not see does not exist."""

import uuid

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery

from lms.accounts.models import User
from lms.core.errors import NotFound
from lms.forum.models import Forum
from lms.messaging.models import Audience, Conversation, Member, Message
from lms.messaging.selectors import conversations_visible_to, get_message


def forums_visible_to(
    user: User,
    *,
    search: str = "",
    is_active: bool | None = None,
    group_id: uuid.UUID | None = None,
) -> QuerySet[Forum]:
    """Newest first, with `my_role`, and the audiences they are shared with loaded."""
    visible = conversations_visible_to(user).filter(kind=Conversation.Kind.FORUM)
    if is_active is not None:
        visible = visible.filter(closed_at__isnull=is_active)
    if group_id is not None:
        visible = visible.filter(shared_with__conversation=group_id)
    forums = Forum.objects.filter(conversation__in=visible.values("pk"))
    if search:
        forums = forums.filter(
            Q(conversation__title__icontains=search) | Q(description__icontains=search)
        )
    mine = Member.objects.filter(user=user, audience_id=OuterRef("conversation__audience_id"))
    shared = Prefetch("conversation__shared_with", Audience.objects.select_related("conversation"))
    return (
        forums.select_related("conversation")
        .prefetch_related(shared)
        .annotate(my_role=Subquery(mine.values("role")[:1]))
        .order_by("-created_at", "-pk")
    )


def get_forum(*, user: User, forum_id: uuid.UUID) -> Forum:
    """One forum the person can read. Raises NotFound."""
    forum = forums_visible_to(user).filter(pk=forum_id).first()
    if forum is None:
        raise NotFound
    return forum


def group_ids_of(forum: Forum) -> list[uuid.UUID]:
    """The groups it is shared with; a group's id is its conversation's."""
    shared = forum.conversation.shared_with.all()
    return [audience.conversation.pk for audience in shared if hasattr(audience, "conversation")]


def get_post(*, user: User, post_id: uuid.UUID) -> Message:
    """One message of a forum the person can read. Raises NotFound."""
    post = get_message(user=user, message_id=post_id)
    if post.conversation.kind != Conversation.Kind.FORUM:
        raise NotFound
    return post


def moderators_of(forum: Forum) -> QuerySet[Member]:
    """Its owner too."""
    members = Member.objects.filter(audience_id=forum.conversation.audience_id)
    return members.select_related("user").order_by("joined_at", "pk")
