"""Forums for tests. Call inside a tenant."""

from lms.accounts.models import User
from lms.forum.models import Forum
from lms.forum.services.forums import create_forum as create


def create_forum(owner: User, title: str = "General Discussion", **fields) -> Forum:
    """`owner` must be an instructor or admin; without `group_ids` everybody reads it."""
    return create(actor=owner, title=title, **fields)
