"""Access tokens: short-lived JWTs that are bound to tenant, login and session version.

The key is derived from the master secret for each schema, so a token of one tenant is noise
to another. What a token says is believed only after `authentication` has read the login and
the person from the database again.
"""

import uuid
from dataclasses import dataclass
from functools import lru_cache

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone

ISSUER = "stoa"
ALGORITHM = "HS256"
MAX_LENGTH = 4096


class InvalidToken(Exception):
    """Not a valid access token of this tenant, for whatever reason; clients learn no more."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    user_id: uuid.UUID
    family_id: uuid.UUID
    session_version: int
    expires_at: int  # seconds since 1970


def encode_access(*, schema: str, user_id: uuid.UUID, family_id: uuid.UUID, version: int) -> str:
    now = int(timezone.now().timestamp())
    claims = {
        "iss": ISSUER,
        "aud": schema,
        "typ": "access",
        "sub": str(user_id),
        "sid": str(family_id),
        "sv": version,
        "jti": uuid.uuid4().hex,
        "iat": now,
        "exp": now + settings.ACCESS_TOKEN_SECONDS,
    }
    return jwt.encode(
        claims, derive_key(settings.JWT_SECRET_KEY, f"access {schema}"), algorithm=ALGORITHM
    )


def decode_access(token: str, *, schema: str) -> AccessClaims:
    """Raises InvalidToken for anything but a live access token of this schema."""
    if len(token) > MAX_LENGTH:
        raise InvalidToken
    try:
        claims = jwt.decode(
            token,
            derive_key(settings.JWT_SECRET_KEY, f"access {schema}"),
            algorithms=[ALGORITHM],
            audience=schema,
            issuer=ISSUER,
            options={"require": ["exp", "iat", "sub", "sid", "sv", "typ"], "verify_exp": False},
        )
        if claims["typ"] != "access" or claims["exp"] <= timezone.now().timestamp():
            raise InvalidToken
        return AccessClaims(
            uuid.UUID(claims["sub"]),
            uuid.UUID(claims["sid"]),
            int(claims["sv"]),
            int(claims["exp"]),
        )
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidToken from error


@lru_cache(maxsize=4096)
def derive_key(master: str, use: str) -> bytes:
    """A key for one use in one schema; none tells anything about another."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"stoa {use}".encode())
    return derivation.derive(master.encode())
