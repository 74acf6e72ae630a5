"""The one file that knows both worlds: facts of the domains become looks at the sessions."""

from lms.accounts.events import LoginsRevoked
from lms.activitylog.events import Event, subscribe
from lms.messaging.events import ConversationAccessNarrowed, MemberRemoved
from lms.streams import announce
from realtime import publisher
from tenants import announce as tenant_announce
from tenants.context import current_schema


def look_at_sessions(_event: Event) -> None:
    """Who may still listen is in the database by now; every node goes and reads it."""
    publisher.send_control({"action": "check", "schema": current_schema()})


def tenant_changed(schema: str, _state: str) -> None:
    publisher.send_control({"action": "tenant", "schema": schema})


def register() -> None:
    announce.register(publisher.push_entries)
    tenant_announce.register(tenant_changed)
    for event_type in (LoginsRevoked, MemberRemoved, ConversationAccessNarrowed):
        subscribe(event_type, look_at_sessions)
