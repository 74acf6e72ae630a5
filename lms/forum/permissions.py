"""Who may do what with a forum. `member` is the person's membership of its own audience."""

from lms.accounts.models import User
from lms.messaging.models import Member


def can_create_forum(user: User) -> bool:
    return user.is_instructor


def can_edit_forum(user: User, member: Member | None) -> bool:
    """Change, close and open it again: its owner, its moderators, admins."""
    return user.is_tenant_admin or (member is not None and member.may_moderate)


def can_name_moderators(user: User, member: Member | None) -> bool:
    if user.is_tenant_admin:
        return True
    return member is not None and member.role == Member.Role.OWNER
