"""Opaque secrets: `<tenant mark>.<row id>.<random>`. Only a keyed hash of the last is stored.

The first part lets the shared host find the tenant; a secret of another tenant is refused
here whatever host it came to.
"""

import hashlib
import hmac
import secrets
import uuid
from base64 import urlsafe_b64encode

from django.conf import settings

from lms.accounts.tokens import MAX_LENGTH, InvalidToken, derive_key
from tenants.context import current_schema
from tenants.resolution import mark_of_schema


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def write_opaque(row_id: uuid.UUID, secret: str) -> str:
    return f"{mark_of_schema(current_schema())}.{row_id.hex}.{secret}"


def read_opaque(token: str) -> tuple[uuid.UUID, str]:
    """The row and the secret it claims. Raises InvalidToken."""
    parts = token.split(".")
    if len(token) > MAX_LENGTH or len(parts) != 3 or not parts[2].isascii():
        raise InvalidToken
    mark, row_id, secret = parts
    if mark != mark_of_schema(current_schema()) or len(row_id) != 32:
        raise InvalidToken
    try:
        return uuid.UUID(row_id), secret
    except ValueError:
        raise InvalidToken from None


def keyed_hash(*parts: object) -> str:
    """What is stored of a secret: useless without the server's key, even for six digits."""
    return _digest("hash", parts).hex()


def derived_secret(*parts: object) -> str:
    """A secret that the server can make again from another secret and never has to keep."""
    return urlsafe_b64encode(_digest("child", parts)).rstrip(b"=").decode()


def is_same(hash_now: str, hash_stored: str) -> bool:
    return hmac.compare_digest(hash_now, hash_stored)


def _digest(use: str, parts: tuple[object, ...]) -> bytes:
    key = derive_key(settings.JWT_SECRET_KEY, f"{use} {current_schema()}")
    return hmac.new(key, "\x00".join(map(str, parts)).encode(), hashlib.sha256).digest()
