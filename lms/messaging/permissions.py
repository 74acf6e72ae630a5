"""Who may do what in a conversation one can read. `member` is the person's membership of the
conversation's own audience, or None."""

from lms.accounts.models import User
from lms.messaging.models import Conversation, Member, Message
from lms.messaging.policy import DirectPolicy


def can_start_direct(user: User, recipient: User, policy: DirectPolicy) -> bool:
    if policy == DirectPolicy.STAFF:
        return user.is_instructor
    if policy == DirectPolicy.WITH_STAFF:
        return user.is_instructor or recipient.is_instructor
    return True


def can_moderate(user: User, conversation: Conversation, member: Member | None) -> bool:
    if user.is_tenant_admin and conversation.kind != Conversation.Kind.DIRECT:
        return True
    return member is not None and member.may_moderate


def can_post(user: User, conversation: Conversation, member: Member | None) -> bool:
    """Where only moderators post, everyone else reads."""
    if conversation.closed_at is not None:
        return False
    if conversation.posting == Conversation.Posting.EVERYONE:
        return True
    return can_moderate(user, conversation, member)


def can_edit_message(user: User, message: Message) -> bool:
    """Nobody writes in another's name, moderators neither."""
    return message.sender_id == user.pk and message.deleted_at is None


def can_delete_message(
    user: User, message: Message, conversation: Conversation, member: Member | None
) -> bool:
    return message.sender_id == user.pk or can_moderate(user, conversation, member)
