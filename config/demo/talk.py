"""Groups and forums with people in them who have already said something."""

import uuid
from collections.abc import Mapping, Sequence

from config.demo.content import DIRECT, FORUMS, GROUPS, Line
from lms.accounts.models import User
from lms.forum.services.forums import create_forum
from lms.groups.models import Group
from lms.groups.services.groups import create_group
from lms.groups.services.members import add_group_member
from lms.messaging.models import Conversation
from lms.messaging.services.conversations import find_or_create_direct
from lms.messaging.services.reactions import add_reaction
from lms.messaging.services.reading import mark_read
from lms.messaging.services.sending import Outgoing, Sent, send_messages

People = Mapping[str, User]
# Readers keep up to here; the rest shows as unread.
READ_UP_TO = 4


def seed_talk(people: People) -> None:
    groups = seed_groups(people)
    seed_forums(people, groups)
    for sender, recipient, text in DIRECT:
        conversation = find_or_create_direct(
            actor=people[sender], recipient_id=people[recipient].pk
        )
        _say(conversation.pk, people[sender], text)


def seed_groups(people: People) -> dict[str, Group]:
    groups = {}
    for each in GROUPS:
        owner = people[each.owner]
        group = create_group(
            actor=owner, name=each.name, description=each.description, kind=Group.Kind.COHORT
        )
        for number in each.learners:
            add_group_member(actor=owner, group_id=group.pk, user_id=str(people[f"L{number}"].pk))
        _talk(group.conversation, each.talk, people)
        groups[each.name] = group
    return groups


def seed_forums(people: People, groups: Mapping[str, Group]) -> None:
    for each in FORUMS:
        forum = create_forum(
            actor=people[each.owner],
            title=each.title,
            description=each.description,
            group_ids=[groups[each.group].pk] if each.group else [],
        )
        _talk(forum.conversation, each.talk, people)


def _talk(conversation: Conversation, lines: Sequence[Line], people: People) -> None:
    said: list[uuid.UUID] = []
    for line in lines:
        answered = said[line.answers] if line.answers is not None else None
        said.append(_say(conversation.pk, people[line.who], line.text, answered))
    for line, message_id in zip(lines, said, strict=True):
        for who, emoji in line.reactions:
            add_reaction(actor=people[who], message_id=message_id, emoji=emoji)
    for who in sorted({line.who for line in lines}):
        mark_read(actor=people[who], conversation_id=conversation.pk, offset=READ_UP_TO)


def _say(
    conversation_id: uuid.UUID, sender: User, text: str, reply_to: uuid.UUID | None = None
) -> uuid.UUID:
    message = Outgoing(
        conversation_id=conversation_id,
        sender_id=sender.pk,
        sender_name=sender.full_name,
        sender_avatar=sender.avatar_url,
        client_id=f"demo-{uuid.uuid4()}",
        content=text,
        reply_to=reply_to,
    )
    outcome = send_messages([message])[0]
    if not isinstance(outcome, Sent):
        raise outcome
    return outcome.message_id
