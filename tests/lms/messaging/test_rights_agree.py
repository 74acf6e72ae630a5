"""The reading and posting rules stand in three places: querysets, pairs, and the writer's look.

Every kind of person in every kind of conversation must get the same answer from each.
"""

import itertools

import pytest

from lms.messaging.errors import ConversationNotFound, PostingNotAllowed
from lms.messaging.models import Conversation, Member
from lms.messaging.permissions import can_post
from lms.messaging.selectors import conversations_visible_to, find_member, readable_pairs
from lms.messaging.services.audiences import add_member
from lms.messaging.services.conversations import create_conversation
from lms.messaging.services.sending import Sent, post_messages
from tests.factories.accounts import create_user
from tests.factories.messaging import create_audience, outgoing

OWN_ROLES = (None, Member.Role.MEMBER, Member.Role.MODERATOR, Member.Role.OWNER)
CONVERSATIONS = list(
    itertools.product(
        (Conversation.Kind.FORUM, Conversation.Kind.GROUP, Conversation.Kind.DIRECT),
        Conversation.Posting.values,
        (True, False),
    )
)


@pytest.fixture
def people(alpha):
    """Of each role: one for each own role and for being in a shared audience or not."""
    return [
        (create_user(f"p{number}", email=f"p{number}@alpha.school", role=role), own, shared)
        for number, (role, own, shared) in enumerate(
            itertools.product(("student", "admin"), OWN_ROLES, (True, False))
        )
    ]


@pytest.mark.parametrize(("kind", "posting", "is_open"), CONVERSATIONS)
def test_all_three_say_the_same(people, kind, posting, is_open):
    shared_with = create_audience(*(person for person, _, shared in people if shared))
    conversation = create_conversation(
        kind=kind, title="x", open_to_tenant=is_open, posting=posting, shared_with=[shared_with]
    )
    for person, own, _ in people:
        if own is not None:
            add_member(audience_id=conversation.audience_id, user_id=person.pk, role=own)

    outcomes = post_messages([outgoing(conversation, person) for person, _, _ in people])

    readable = readable_pairs([(person.pk, conversation.pk) for person, _, _ in people])
    for (person, own, shared), outcome in zip(people, outcomes, strict=True):
        case = (person.role, own, shared)
        sees = conversations_visible_to(person).filter(pk=conversation.pk).exists()
        assert ((person.pk, conversation.pk) in readable) == sees, case
        member = find_member(user=person, audience_id=conversation.audience_id)
        if not sees:
            assert isinstance(outcome, ConversationNotFound), case
        elif can_post(person, conversation, member):
            assert isinstance(outcome, Sent), case
        else:
            assert isinstance(outcome, PostingNotAllowed), case


def test_a_disabled_person_is_refused_by_the_writer_and_by_the_pairs(alpha):
    gone = create_user("gone", is_active=False)
    conversation = create_conversation(kind="forum", title="x", open_to_tenant=True)

    assert readable_pairs([(gone.pk, conversation.pk)]) == set()
    assert isinstance(post_messages([outgoing(conversation, gone)])[0], ConversationNotFound)
