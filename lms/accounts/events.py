from dataclasses import dataclass

from lms.activitylog.events import Event


@dataclass(frozen=True, kw_only=True)
class LoginsRevoked(Event):
    """A login ended before its time; with an empty `family_id`, all logins of the person.

    `reason` is one of logout, password_changed, mfa_changed, email_changed, role_changed,
    deactivated, refresh_reused.
    """

    user_id: str
    family_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class UserRegistered(Event):
    user_id: str
