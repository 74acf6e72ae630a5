"""Making, sharing and closing conversations. Trusted, but for `find_or_create_direct`."""

import uuid
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils import timezone

from lms.accounts.models import User
from lms.activitylog.events import publish
from lms.core.errors import NotFound
from lms.messaging.errors import (
    DirectMessagesNotAllowed,
    RecipientIsSender,
    RecipientNotFound,
)
from lms.messaging.events import (
    ConversationAccessNarrowed,
    ConversationWasClosed,
    DirectConversationStarted,
)
from lms.messaging.models import Audience, Conversation, Member
from lms.messaging.permissions import can_start_direct
from lms.messaging.policy import direct_policy
from lms.messaging.rendering import wire_time
from lms.messaging.selectors import direct_key
from lms.streams.heads import create_streams
from lms.streams.services import append


@transaction.atomic
def create_conversation(
    *,
    kind: str,
    title: str,
    open_to_tenant: bool = False,
    posting: str = Conversation.Posting.EVERYONE,
    shared_with: Iterable[Audience] = (),
) -> Conversation:
    """A conversation with an audience of its own, empty yet, and its stream."""
    conversation = Conversation.objects.create(
        kind=kind,
        title=title,
        audience=Audience.objects.create(),
        open_to_tenant=open_to_tenant,
        posting=posting,
    )
    conversation.shared_with.add(*shared_with)
    create_streams([conversation.stream])
    return conversation


@transaction.atomic
def close_conversation(*, conversation_id: uuid.UUID) -> Conversation:
    """Nobody writes any more; reading stays. Closing twice is closing once. Raises NotFound."""
    conversation = lock_conversation(conversation_id)
    if conversation.closed_at is not None:
        return conversation
    conversation.closed_at = timezone.now()
    conversation.save(update_fields=["closed_at", "updated_at"])
    publish(ConversationWasClosed(conversation_id=str(conversation_id)))
    payload = {"closed_at": wire_time(conversation.closed_at)}
    # The stream's lock comes last; who sends takes it first and then finds the conversation
    # open, or waits here and finds it closed. No message stands after this entry.
    append(stream=conversation.stream, type="topic.closed", payload=payload)
    return conversation


@transaction.atomic
def reopen_conversation(*, conversation_id: uuid.UUID) -> Conversation:
    """Raises NotFound."""
    conversation = lock_conversation(conversation_id)
    if conversation.closed_at is not None:
        conversation.closed_at = None
        conversation.save(update_fields=["closed_at", "updated_at"])
        append(stream=conversation.stream, type="topic.reopened", payload={})
    return conversation


@transaction.atomic
def rename_conversation(*, conversation_id: uuid.UUID, title: str) -> Conversation:
    """Raises NotFound."""
    conversation = lock_conversation(conversation_id)
    if conversation.title != title:
        conversation.title = title
        conversation.save(update_fields=["title", "updated_at"])
        append(stream=conversation.stream, type="topic.renamed", payload={"title": title})
    return conversation


@transaction.atomic
def change_posting(*, conversation_id: uuid.UUID, posting: str) -> Conversation:
    """Whether everyone or only moderators write from now on. Raises NotFound."""
    conversation = lock_conversation(conversation_id)
    conversation.posting = posting
    conversation.save(update_fields=["posting", "updated_at"])
    return conversation


@transaction.atomic
def share_conversation(
    *, conversation_id: uuid.UUID, audiences: Iterable[Audience], open_to_tenant: bool
) -> Conversation:
    """Who reads it beside its own audience, from now on. Raises NotFound."""
    conversation = lock_conversation(conversation_id)
    wanted = set(audiences)
    before = set(conversation.shared_with.all())
    narrowed = bool(before - wanted) or (conversation.open_to_tenant and not open_to_tenant)
    conversation.shared_with.set(wanted)
    conversation.open_to_tenant = open_to_tenant
    conversation.save(update_fields=["open_to_tenant", "updated_at"])
    if narrowed:
        publish(ConversationAccessNarrowed(conversation_id=str(conversation_id)))
    return conversation


def lock_conversation(conversation_id: uuid.UUID) -> Conversation:
    """For a change of the row itself, within the caller's transaction. Raises NotFound."""
    conversation = (
        Conversation.objects.select_for_update(no_key=True).filter(pk=conversation_id).first()
    )
    if conversation is None:
        raise NotFound
    return conversation


def find_or_create_direct(*, actor: User, recipient_id: uuid.UUID) -> Conversation:
    """The one conversation of the two, whoever began it, also when both begin at once.

    Raises RecipientNotFound, RecipientIsSender, DirectMessagesNotAllowed.
    """
    if recipient_id == actor.pk:
        raise RecipientIsSender
    recipient = User.objects.filter(pk=recipient_id, is_active=True).first()
    if recipient is None:
        raise RecipientNotFound
    key = direct_key(actor.pk, recipient_id)
    found = Conversation.objects.filter(direct_key=key).first()
    if found is not None:
        return found
    if not can_start_direct(actor, recipient, direct_policy()):
        raise DirectMessagesNotAllowed
    return _create_direct(actor, recipient, key)


def _create_direct(actor: User, recipient: User, key: str) -> Conversation:
    try:
        with transaction.atomic():
            audience = Audience.objects.create()
            conversation = Conversation.objects.create(
                kind=Conversation.Kind.DIRECT, audience=audience, direct_key=key
            )
            Member.objects.bulk_create(
                Member(audience=audience, user=person) for person in (actor, recipient)
            )
            create_streams([conversation.stream])
            publish(
                DirectConversationStarted(
                    conversation_id=str(conversation.pk),
                    starter_id=str(actor.pk),
                    recipient_id=str(recipient.pk),
                )
            )
    except IntegrityError:
        return Conversation.objects.get(direct_key=key)  # the other one was quicker
    return conversation
