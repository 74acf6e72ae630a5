"""Who may listen to what, and who may post: asked when a socket opens and again and again.

Everything here is sync, runs in the tenant's schema and reads the database.
"""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass

from lms.accounts.models import User
from lms.core.errors import NotFound
from lms.core.permissions import require
from lms.courses.models import Course
from lms.courses.permissions import can_follow_course
from lms.courses.selectors import get_course
from lms.messaging.models import Conversation
from lms.messaging.selectors import audience_pairs, find_member, readable_pairs
from realtime.topics import Kind, Topic

Pair = tuple[uuid.UUID, uuid.UUID]
"""(user id, conversation id)"""

Wanted = tuple[uuid.UUID, Topic]
"""(user id, what they listen to)"""


_RESTRICTED = "SELECT id FROM messaging_conversation WHERE id = ANY(%s) AND posting <> 'everyone'"


@dataclass(frozen=True, slots=True)
class Grant:
    """The right to listen to a topic, as it was when it was given."""

    topic: Topic

    @property
    def is_conversation(self) -> bool:
        return self.topic.kind is Kind.CONVERSATION


Door = Callable[[User, uuid.UUID], Grant]
"""From the id in a URL to a grant. Raises NotFound, also for what one may not see."""


def open_conversation(user: User, conversation_id: uuid.UUID) -> Grant:
    if not readable_pairs([(user.pk, conversation_id)]):
        raise NotFound
    return Grant(Topic(Kind.CONVERSATION, conversation_id))


def open_forum(user: User, forum_id: uuid.UUID) -> Grant:
    """A forum's id is its conversation's."""
    return _open_kind(user, forum_id, Conversation.Kind.FORUM)


def open_group(user: User, group_id: uuid.UUID) -> Grant:
    """A group's id is its conversation's."""
    return _open_kind(user, group_id, Conversation.Kind.GROUP)


def _open_kind(user: User, conversation_id: uuid.UUID, kind: str) -> Grant:
    """Two lean queries: this is what a storm of people who come back asks thousands of times."""
    grant = open_conversation(user, conversation_id)
    if not Conversation.objects.filter(pk=conversation_id, kind=kind).exists():
        raise NotFound
    return grant


def open_course(user: User, course_id: uuid.UUID) -> Grant:
    """A published course is seen by all; what is said in it is for its people."""
    course = get_course(user=user, course=course_id)
    member = find_member(user=user, audience_id=course.audience_id)
    require(can_follow_course(user, course, member))
    return Grant(Topic(Kind.COURSE, course.pk))


def open_inbox(user: User, _id: uuid.UUID) -> Grant:
    return Grant(Topic(Kind.USER, user.pk))


def still_granted(wanted: Collection[Wanted]) -> set[Wanted]:
    """Of (user id, topic) pairs, those that may be listened to now. A few queries for all."""
    by_kind: dict[Kind, list[Wanted]] = {kind: [] for kind in Kind}
    for user_id, topic in wanted:
        by_kind[topic.kind].append((user_id, topic))
    granted = {(user_id, topic) for user_id, topic in by_kind[Kind.USER] if topic.id == user_id}
    if by_kind[Kind.CONVERSATION]:
        readable = readable_pairs({(user, topic.id) for user, topic in by_kind[Kind.CONVERSATION]})
        granted |= {
            pair for pair in by_kind[Kind.CONVERSATION] if (pair[0], pair[1].id) in readable
        }
    if by_kind[Kind.COURSE]:
        granted |= _still_following(by_kind[Kind.COURSE])
    return granted


def _still_following(wanted: Collection[Wanted]) -> set[Wanted]:
    """As `open_course` says, for many."""
    courses = Course.objects.in_bulk({topic.id for _, topic in wanted})
    users = User.objects.in_bulk({user_id for user_id, _ in wanted})
    present = [pair for pair in wanted if pair[0] in users and pair[1].id in courses]
    audiences = {
        (user_id, topic): (user_id, courses[topic.id].audience_id) for user_id, topic in present
    }
    members = audience_pairs(audiences.values())
    return {
        (user_id, topic)
        for user_id, topic in present
        if audiences[user_id, topic] in members
        or can_follow_course(users[user_id], courses[topic.id], None)
    }
