"""Conversations, members and messages for tests. Call inside a tenant."""

import uuid
from typing import Any

from lms.accounts.models import User
from lms.messaging.models import Audience, Conversation, Member
from lms.messaging.services.audiences import add_member
from lms.messaging.services.conversations import create_conversation
from lms.messaging.services.sending import Outgoing, Sent, send_messages


def create_open_conversation(title: str = "Lounge", **fields: Any) -> Conversation:
    """A forum's conversation that everybody of the tenant reads."""
    return create_conversation(
        kind=Conversation.Kind.FORUM, title=title, **{"open_to_tenant": True, **fields}
    )


def create_closed_circle(*people: User, title: str = "Circle") -> Conversation:
    """A group's conversation that only these people read; the first of them owns it."""
    conversation = create_conversation(kind=Conversation.Kind.GROUP, title=title)
    for number, person in enumerate(people):
        role = Member.Role.MEMBER if number else Member.Role.OWNER
        add_member(audience_id=conversation.audience_id, user_id=person.pk, role=role)
    return conversation


def create_audience(*people: User) -> Audience:
    audience = Audience.objects.create()
    Member.objects.bulk_create(Member(audience=audience, user=person) for person in people)
    return audience


def outgoing(conversation: Conversation, sender: User, content: str = "hi", **fields) -> Outgoing:
    return Outgoing(
        **{
            "conversation_id": conversation.pk,
            "sender_id": sender.pk,
            "sender_name": sender.full_name,
            "sender_avatar": sender.avatar_url,
            "client_id": str(uuid.uuid4()),
            "content": content,
            **fields,
        }
    )


def send(conversation: Conversation, sender: User, content: str = "hi", **fields) -> Sent:
    """One kept message."""
    sent = send_messages([outgoing(conversation, sender, content, **fields)])[0]
    assert isinstance(sent, Sent), sent
    return sent
