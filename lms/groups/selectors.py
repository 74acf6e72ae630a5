"""Reads that start from what the person may see.

Two circles: groups one reads (members, admins), and groups one finds in the list, which are
those and the ones anybody may join.
"""

import uuid

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from lms.accounts.models import User
from lms.core.errors import NotFound
from lms.groups.models import Group
from lms.messaging.models import Member


def groups_of(user: User) -> QuerySet[Group]:
    """Groups whose conversation the person reads; admins read all."""
    groups = Group.objects.select_related("conversation__audience")
    if user.is_tenant_admin:
        return groups
    return groups.filter(_mine(user))


def get_group(*, user: User, group_id: uuid.UUID) -> Group:
    """One group whose conversation the person reads. Raises NotFound."""
    return _one(groups_of(user), group_id)


def groups_listed_for(user: User, *, search: str = "") -> QuerySet[Group]:
    """What the list shows: also groups one may join. With `members_count` and `my_role`."""
    groups = Group.objects.select_related("conversation__audience")
    if not user.is_tenant_admin:
        may_join = Q(join_policy=Group.JoinPolicy.OPEN, conversation__closed_at=None)
        groups = groups.filter(_mine(user) | may_join)
    if search:
        groups = groups.filter(
            Q(conversation__title__icontains=search) | Q(description__icontains=search)
        )
    members = Member.objects.filter(audience_id=OuterRef("conversation__audience_id"))
    count = members.order_by().values("audience_id").values(n=Count("pk"))
    return groups.annotate(
        members_count=Coalesce(Subquery(count), 0),
        my_role=Subquery(members.filter(user=user).values("role")[:1]),
    ).order_by("-created_at", "-pk")


def get_listed_group(*, user: User, group_id: uuid.UUID) -> Group:
    """One group as the list shows it. Raises NotFound."""
    return _one(groups_listed_for(user), group_id)


def lock_group(group_id: uuid.UUID) -> Group:
    """Every change of a group or its members waits here, so owners are counted in peace.

    The caller has asked whether the person may see it. Raises NotFound.
    """
    # Two statements: what a locking one joins is as old as its start, from before the wait.
    list(Group.objects.select_for_update(no_key=True).filter(pk=group_id).values_list("pk"))
    return _one(Group.objects.select_related("conversation__audience"), group_id)


def members_seen_by(user: User) -> QuerySet[Member]:
    """Members of the groups the person reads."""
    members = Member.objects.filter(audience__conversation__group__isnull=False)
    if not user.is_tenant_admin:
        mine = Member.objects.filter(user=user).values("audience_id")
        members = members.filter(audience_id__in=mine)
    return members.select_related("user", "audience__conversation").order_by("joined_at", "pk")


def get_group_member(*, user: User, member_id: uuid.UUID) -> Member:
    """Raises NotFound."""
    member = members_seen_by(user).filter(pk=member_id).first()
    if member is None:
        raise NotFound
    return member


def _mine(user: User) -> Exists:
    audience = OuterRef("conversation__audience_id")
    return Exists(Member.objects.filter(user=user, audience_id=audience))


def _one(groups: QuerySet[Group], group_id: uuid.UUID) -> Group:
    group = groups.filter(pk=group_id).first()
    if group is None:
        raise NotFound
    return group
