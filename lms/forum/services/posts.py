"""Posts: messages of a forum's conversation, through the same services as on its socket."""

import uuid
from typing import Any

from lms.accounts.models import User
from lms.forum.selectors import get_forum, get_post
from lms.messaging.services.editing import delete_message, edit_message
from lms.messaging.services.sending import Sent, post_message


def create_post(*, actor: User, forum_id: uuid.UUID, **draft: Any) -> Sent:
    """`draft` as `post_message` takes it. Raises NotFound and what that raises."""
    forum = get_forum(user=actor, forum_id=forum_id)
    return post_message(actor=actor, conversation_id=forum.conversation_id, **draft)


def edit_post(*, actor: User, post_id: uuid.UUID, content: str) -> None:
    """Raises NotFound, also for a message that is no post, and what `edit_message` raises."""
    post = get_post(user=actor, post_id=post_id)
    edit_message(actor=actor, message_id=post.pk, content=content)


def delete_post(*, actor: User, post_id: uuid.UUID) -> None:
    """Raises NotFound, also for a message that is no post, and what `delete_message` raises."""
    post = get_post(user=actor, post_id=post_id)
    delete_message(actor=actor, message_id=post.pk)
