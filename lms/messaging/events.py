"""What others may want to hear about conversations. Messages themselves are stream entries."""

from dataclasses import dataclass

from lms.activitylog.events import Event


@dataclass(frozen=True, kw_only=True)
class MemberAdded(Event):
    audience_id: str
    user_id: str


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(Event):
    """The person may have lost the right to read whatever the audience reads."""

    audience_id: str
    user_id: str


@dataclass(frozen=True, kw_only=True)
class ConversationWasClosed(Event):
    conversation_id: str


@dataclass(frozen=True, kw_only=True)
class ConversationAccessNarrowed(Event):
    """It is shared with fewer audiences, or no longer open: every reader must be asked again."""

    conversation_id: str


@dataclass(frozen=True, kw_only=True)
class DirectConversationStarted(Event):
    conversation_id: str
    starter_id: str
    recipient_id: str
