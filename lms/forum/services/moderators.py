"""Who moderates a forum."""

import uuid

from django.db import transaction

from lms.accounts.models import User
from lms.accounts.selectors import get_user
from lms.auditlog.services import record
from lms.core.errors import NotFound
from lms.core.permissions import require
from lms.forum.errors import OwnerStays
from lms.forum.models import Forum
from lms.forum.permissions import can_name_moderators
from lms.forum.selectors import get_forum
from lms.messaging.errors import MemberNotFound, RecipientNotFound
from lms.messaging.models import Member
from lms.messaging.selectors import find_member
from lms.messaging.services import audiences


@transaction.atomic
def add_moderator(*, actor: User, forum_id: uuid.UUID, user_id: str) -> Member:
    """The person moderates the forum and reads it from now on; naming them twice is once.

    `user_id` may be an external id. Raises NotFound, PermissionDenied, RecipientNotFound.
    """
    forum = _get_to_name(actor, forum_id)
    try:
        person = get_user(user_id)
    except NotFound:
        raise RecipientNotFound from None
    if not person.is_active:
        raise RecipientNotFound
    member = audiences.add_member(
        audience_id=forum.conversation.audience_id, user_id=person.pk, role=Member.Role.MODERATOR
    )
    details = {"user_id": str(person.pk)}
    record(actor=actor, action="forum.moderator_added", target=forum, details=details)
    return member


@transaction.atomic
def remove_moderator(*, actor: User, forum_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Raises NotFound, PermissionDenied, MemberNotFound, OwnerStays."""
    forum = _get_to_name(actor, forum_id)
    audience_id = forum.conversation.audience_id
    member = Member.objects.filter(audience_id=audience_id, user_id=user_id).first()
    if member is None:
        raise MemberNotFound
    if member.role == Member.Role.OWNER:
        raise OwnerStays
    audiences.remove_member(audience_id=audience_id, user_id=user_id)
    details = {"user_id": str(user_id)}
    record(actor=actor, action="forum.moderator_removed", target=forum, details=details)


def _get_to_name(actor: User, forum_id: uuid.UUID) -> Forum:
    forum = get_forum(user=actor, forum_id=forum_id)
    member = find_member(user=actor, audience_id=forum.conversation.audience_id)
    require(can_name_moderators(actor, member))
    return forum
