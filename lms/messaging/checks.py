"""What a message may consist of. Checked before anything is locked, at every door the same."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lms.core.errors import InvalidField
from lms.messaging.errors import ContentTooLong, EmptyMessage

MAX_CONTENT = 10_000
MAX_CLIENT_ID = 64
MAX_ATTACHMENTS = 10
MAX_EMOJI = 32
TEXT_LIMITS = {"url": 2000, "name": 255, "content_type": 100}
LARGEST_SIZE = 2**53 - 1  # the largest whole number that every JSON reader keeps exact
# What PostgreSQL text and UTF-8 cannot hold.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# A path of ours or a web address; `javascript:` and `//elsewhere` are neither.
_URL = re.compile(r"^(https?://|/(?!/))\S+$", re.IGNORECASE)


def check_content(content: str, attachments: Sequence[object]) -> None:
    """Raises EmptyMessage, ContentTooLong, or InvalidField naming what is wrong."""
    check_attachments(attachments)
    if not content.strip() and not attachments:
        raise EmptyMessage
    if len(content) > MAX_CONTENT:
        raise ContentTooLong
    _check_storable("content", content)


def check_client_id(client_id: str) -> None:
    if not 1 <= len(client_id) <= MAX_CLIENT_ID:
        raise InvalidField("client_id", "A client_id has 1 to 64 characters.")
    _check_storable("client_id", client_id)


def check_emoji(emoji: str) -> None:
    """Any short text without spaces: clients show custom reactions as `:name:`."""
    if not emoji or len(emoji) > MAX_EMOJI or any(char.isspace() for char in emoji):
        raise InvalidField("emoji", "A reaction has 1 to 32 characters and no spaces.")
    _check_storable("emoji", emoji)


def check_attachments(attachments: Sequence[object]) -> None:
    """`[{"url", "name", "content_type"?, "size"?}]`, at most ten. Raises InvalidField."""
    if len(attachments) > MAX_ATTACHMENTS:
        raise InvalidField("attachments", "A message may have at most 10 attachments.")
    for attachment in attachments:
        if not isinstance(attachment, Mapping):
            raise InvalidField("attachments", "An attachment is an object with url and name.")
        _check_attachment(attachment)


def _check_attachment(attachment: Mapping[str, Any]) -> None:
    unknown = set(attachment) - set(TEXT_LIMITS) - {"size"}
    if unknown:
        raise InvalidField("attachments", "An attachment has url, name, content_type and size.")
    for name, limit in TEXT_LIMITS.items():
        text = attachment.get(name, "")
        if not isinstance(text, str) or len(text) > limit:
            raise InvalidField("attachments", f"{name} is text of at most {limit} characters.")
        _check_storable("attachments", text)
    if not attachment.get("name"):
        raise InvalidField("attachments", "An attachment needs a name.")
    if not _URL.match(attachment.get("url", "")):
        raise InvalidField("attachments", "url is a path or an http(s) address.")
    size = attachment.get("size", 0)
    if type(size) is not int or not 0 <= size <= LARGEST_SIZE:
        raise InvalidField("attachments", "size is a whole number of bytes.")


def _check_storable(field: str, text: str) -> None:
    if _UNSTORABLE.search(text):
        raise InvalidField(field, "Null characters and lone surrogates cannot be kept.")
