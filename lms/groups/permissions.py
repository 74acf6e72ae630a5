"""Who may do what in a group. `member` is the person's own membership, or None."""

from lms.accounts.models import User
from lms.groups.models import Group
from lms.groups.policy import GroupCreation
from lms.messaging.models import Member


def can_create_group(user: User, policy: GroupCreation) -> bool:
    return policy == GroupCreation.EVERYONE or user.is_instructor


def can_manage_group(user: User, member: Member | None) -> bool:
    """Change or close it, name owners and moderators."""
    if user.is_tenant_admin:
        return True
    return member is not None and member.role == Member.Role.OWNER


def can_join_group(group: Group) -> bool:
    """Come in on one's own, as a plain member."""
    return group.join_policy == Group.JoinPolicy.OPEN


def can_add_member(user: User, member: Member | None, role: str) -> bool:
    """Moderators bring in plain members; owners and admins give any role."""
    if can_manage_group(user, member):
        return True
    return member is not None and member.may_moderate and role == Member.Role.MEMBER


def can_remove_member(user: User, member: Member | None, other: Member) -> bool:
    """Everybody may leave. Moderators remove plain members; owners and admins anyone."""
    if other.user_id == user.pk or can_manage_group(user, member):
        return True
    return member is not None and member.may_moderate and other.role == Member.Role.MEMBER
