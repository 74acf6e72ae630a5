"""Groups for tests. Call inside a tenant."""

from lms.accounts.models import User
from lms.groups.models import Group
from lms.groups.services.groups import create_group as create
from lms.messaging.models import Member
from lms.messaging.services.audiences import add_member


def create_group(owner: User, *members: User, name: str = "Pythonistas", **fields) -> Group:
    """A group of the owner with plain members."""
    group = create(actor=owner, name=name, **fields)
    for person in members:
        add_member(audience_id=group.audience_id, user_id=person.pk, role=Member.Role.MEMBER)
    return group
