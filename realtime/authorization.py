"""Who may listen to what, and who may post: asked when a socket opens and again and again.

Everything here is sync, runs in the tenant's schema and reads the database.
"""

import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from lms.accounts.models import User
from lms.core.errors import NotFound
from lms.messaging.models import Conversation, Member
from lms.messaging.selectors import get_conversation, readable_pairs
from realtime.topics import Kind, Topic

Pair = tuple[uuid.UUID, uuid.UUID]
"""(user id, conversation id)"""


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
    conversation = get_conversation(user=user, conversation_id=conversation_id)
    return Grant(Topic(Kind.CONVERSATION, conversation.pk))


def open_inbox(user: User, _id: uuid.UUID) -> Grant:
    return Grant(Topic(Kind.USER, user.pk))


def still_granted(wanted: Collection[tuple[uuid.UUID, Topic]]) -> set[tuple[uuid.UUID, Topic]]:
    """Of (user id, topic) pairs, those that may be listened to now. A few queries for all."""
    conversations = {
        (user_id, topic.id): topic for user_id, topic in wanted if topic.kind is Kind.CONVERSATION
    }
    granted = {
        (user_id, conversations[user_id, conversation_id])
        for user_id, conversation_id in readable_pairs(conversations)
    }
    granted |= {
        (user_id, topic)
        for user_id, topic in wanted
        if topic.kind is Kind.USER and topic.id == user_id
    }
    return granted


def postable_pairs(pairs: Iterable[Pair]) -> tuple[set[Pair], set[Pair]]:
    """(readable, postable): who may read, and of those who may post, for a whole batch."""
    readable = readable_pairs(set(pairs))
    restricted = set(
        Conversation.objects.filter(
            pk__in={conversation_id for _, conversation_id in readable},
            posting=Conversation.Posting.MODERATORS,
        ).values_list("pk", flat=True)
    )
    if not restricted:
        return readable, readable
    moderators = _moderators(restricted, {user_id for user_id, _ in readable})
    return readable, {pair for pair in readable if pair[1] not in restricted or pair in moderators}


def _moderators(conversations: set[uuid.UUID], users: set[uuid.UUID]) -> set[Pair]:
    admins = User.objects.filter(pk__in=users, role=User.Role.ADMIN).values_list("pk", flat=True)
    members = Member.objects.filter(
        user_id__in=users,
        audience__conversation__in=conversations,
        role__in=(Member.Role.OWNER, Member.Role.MODERATOR),
    ).values_list("user_id", "audience__conversation")
    return set(members) | {
        (admin_id, conversation_id) for admin_id in admins for conversation_id in conversations
    }


def require_topic(topic: Topic | None) -> Topic:
    if topic is None:
        raise NotFound
    return topic
