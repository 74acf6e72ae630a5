from lms.core.errors import BadRequest, Conflict, NotFound, PermissionDenied


class ConversationClosed(Conflict):
    code, message = "conversation_closed", "This conversation is closed."


class PostingNotAllowed(PermissionDenied):
    code, message = "posting_not_allowed", "Only moderators post here."


class ClientIdReused(Conflict):
    """The same client_id came with another content."""

    code, message = "idempotency_mismatch", "This client_id was used for another message."


class EmptyMessage(BadRequest):
    code, message = "empty_message", "A message needs content or an attachment."


class ContentTooLong(BadRequest):
    code, message = "content_too_long", "A message may have at most 10,000 characters."


class ConversationNotFound(NotFound):
    """Gone between the sender's permission and the keeping of the message."""


class ReplyNotFound(NotFound):
    code, message = "reply_not_found", "The message replied to is not in this conversation."


class MessageDeleted(Conflict):
    code, message = "message_deleted", "This message was deleted."


class RecipientNotFound(NotFound):
    code, message = "recipient_not_found", "There is nobody with this id."


class RecipientIsSender(BadRequest):
    code, message = "recipient_is_sender", "A direct conversation needs somebody else."


class DirectMessagesNotAllowed(PermissionDenied):
    code, message = "direct_messages_not_allowed", "You may not write to this person directly."


class MemberNotFound(NotFound):
    code, message = "member_not_found", "This person is not a member."


class TooManyReactions(Conflict):
    code, message = "too_many_reactions", "A message may have at most 20 different reactions."
