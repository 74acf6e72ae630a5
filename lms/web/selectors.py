"""What the pages show, gathered from the domains. Each function makes a fixed number of queries."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Lower

from lms.accounts.models import User
from lms.courses.models import Course
from lms.enrollments.models import Enrollment
from lms.messaging.models import Conversation
from lms.messaging.selectors import get_conversation, history
from lms.messaging.summaries import conversations_listed_for, summarize
from lms.notifications.selectors import unread_of
from lms.streams.selectors import get_position

MOST_CONVERSATIONS = 100
PAGE_OF_HISTORY = 50
PREVIEW = 120


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame's own numbers: what the bell shows and where its stream stands."""

    unread: int
    epoch: str
    offset: int


@dataclass(frozen=True, slots=True)
class Face:
    """What it takes to show somebody's picture or initials, by a User's names."""

    pk: str
    full_name: str
    avatar_url: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the conversation list. `person` is the other one of a direct conversation."""

    id: str
    kind: str
    title: str
    person: Face | None
    preview: str
    at: str
    unread: int
    is_closed: bool


@dataclass(frozen=True, slots=True)
class OpenConversation:
    """A conversation as its page needs it; `state` is what the page's module starts from."""

    id: str
    kind: str
    title: str
    person: Face | None
    can_post: bool
    is_closed: bool
    state: dict[str, Any]


def shell_of(user: User) -> Shell:
    # The position first: what is counted twice is seen, what is counted never is not.
    position = get_position(f"user:{user.pk}")
    return Shell(unread_of(user).count(), position.epoch, position.offset)


def conversation_rows(user: User) -> list[Row]:
    """The person's conversations, the liveliest first, at most a hundred."""
    conversations = conversations_listed_for(user).exclude(kind=Conversation.Kind.AI)
    summaries = summarize(user, list(conversations[:MOST_CONVERSATIONS]))
    return [_row(user, summary) for summary in summaries]


def _row(user: User, summary: dict[str, Any]) -> Row:
    message = summary["last_message"]
    return Row(
        id=summary["id"],
        kind=summary["kind"],
        title=summary["title"],
        person=_face(summary),
        preview=_preview(user, summary["kind"], message),
        at=message["created_at"] if message else "",
        unread=summary["unread_count"],
        is_closed=not summary["is_active"],
    )


def _face(summary: dict[str, Any]) -> Face | None:
    person = summary["direct_with"]
    return Face(person["id"], person["name"], person["avatar"]) if person else None


def _preview(user: User, kind: str, message: dict[str, Any] | None) -> str:
    if message is None:
        return "No messages yet"
    text = "Message deleted" if message["deleted"] else message["content"][:PREVIEW]
    if message["author"]["id"] == str(user.pk):
        return f"You: {text}"
    if kind == Conversation.Kind.DIRECT:
        return text
    return f"{message['author']['name']}: {text}"


def open_conversation(*, user: User, conversation_id: uuid.UUID) -> OpenConversation:
    """Raises NotFound."""
    conversation = get_conversation(user=user, conversation_id=conversation_id)
    summary = summarize(user, [conversation])[0]
    # Read before the messages: an entry between the two comes again and changes nothing.
    position = get_position(conversation.stream)
    messages = history(user=user, conversation_id=conversation_id, limit=PAGE_OF_HISTORY)
    state = {
        "me": {"id": str(user.pk), "name": user.full_name, "avatar": user.avatar_url},
        "conversation": {key: summary[key] for key in ("id", "kind", "can_post", "can_moderate")},
        "position": {"epoch": position.epoch, "offset": position.offset},
        "read_offset": summary["read_offset"],
        "messages": messages,
        "has_more": len(messages) == PAGE_OF_HISTORY,
    }
    return OpenConversation(
        id=summary["id"],
        kind=summary["kind"],
        title=summary["title"],
        person=_face(summary),
        can_post=summary["can_post"],
        is_closed=not summary["is_active"],
        state=state,
    )


def people_to_meet(user: User, search: str) -> QuerySet[User]:
    """Active people but oneself, by name. Addresses are not searched: they are not shown."""
    people = User.objects.filter(is_active=True).exclude(pk=user.pk)
    if search:
        people = people.filter(full_name__icontains=search.replace("\x00", ""))
    return people.order_by(Lower("full_name"), "pk")


def enrolled_course_ids(user: User, courses: list[Course]) -> set[uuid.UUID]:
    active = [Enrollment.Status.ACTIVE, Enrollment.Status.COMPLETED]
    enrollments = Enrollment.objects.filter(user=user, course__in=courses, status__in=active)
    return set(enrollments.values_list("course_id", flat=True))
