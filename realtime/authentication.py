"""Who opens a socket, and in which tenant.

Any of, in this order: `Authorization: Bearer`, `?ticket=`, the subprotocol `bearer.<jwt>`
(browsers cannot set headers), the page's session cookie. A browser sends the cookie also for
a page of somebody else, so a cookie needs an Origin whose host is exactly the request's.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from lms.accounts.identity import Identity, authenticate_access, identity_of, load_login
from lms.accounts.middleware import FAMILY_KEY, VERSION_KEY
from lms.accounts.models import User
from lms.accounts.services.tickets import redeem_ticket
from lms.accounts.tokens import InvalidToken
from realtime.errors import Refused, unauthenticated
from realtime.protocol import CloseCode
from realtime.room import Since
from tenants.resolution import Clues, bearer_tokens, normal_host

SUBPROTOCOL = "stoa.v1"
_BEARER = "bearer."


@dataclass(frozen=True, slots=True)
class SocketRequest:
    """What matters of a handshake. `host` and `origin_host` keep their ports."""

    host: str
    origin_host: str | None
    token: str | None
    ticket: str | None
    cookie: str | None
    hint: str
    since: Since | None
    subprotocol: str | None

    @property
    def clues(self) -> Clues:
        credentials = tuple(value for value in (self.token, self.ticket) if value)
        return Clues(host=normal_host(self.host), credentials=credentials, hint=self.hint)


def read_request(scope: Mapping[str, Any]) -> SocketRequest:
    """Read a handshake. What is malformed counts as absent."""
    headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
    query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20)
    tokens = bearer_tokens([headers.get(b"authorization", b"").decode("latin-1")])
    offered = scope.get("subprotocols") or ()
    in_subprotocol = [name.removeprefix(_BEARER) for name in offered if name.startswith(_BEARER)]
    return SocketRequest(
        host=headers.get(b"host", b"").decode("latin-1").lower(),
        origin_host=_origin_host(headers.get(b"origin")),
        token=next(iter((*tokens, *in_subprotocol)), None),
        ticket=query.get("ticket", [None])[0],
        cookie=_session_cookie(headers.get(b"cookie", b"")),
        hint=headers.get(b"x-tenant", b"").decode("latin-1").strip(),
        since=_since(query),
        subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None,
    )


def identify(request: SocketRequest) -> tuple[User, Identity]:
    """The person, inside the current tenant. Raises Refused. Reads the database."""
    try:
        if request.token:
            return authenticate_access(request.token)
        if request.ticket:
            return _by_ticket(request.ticket)
        if request.cookie:
            _check_origin(request)
            return _by_cookie(request.cookie)
    except InvalidToken:
        raise unauthenticated("The credential is invalid or expired.") from None
    raise unauthenticated()


def _by_ticket(ticket: str) -> tuple[User, Identity]:
    identity = redeem_ticket(ticket)
    user, _ = load_login(identity.family_id)
    return user, identity


def _by_cookie(session_key: str) -> tuple[User, Identity]:
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    try:
        family_id = uuid.UUID(session.get(FAMILY_KEY, ""))
    except ValueError:
        raise InvalidToken from None
    user, family = load_login(family_id)
    if user.session_version != session.get(VERSION_KEY):
        raise InvalidToken
    return user, identity_of(user, family, expires_at=None)


def _check_origin(request: SocketRequest) -> None:
    if request.origin_host is None or request.origin_host != request.host:
        raise Refused(
            CloseCode.FORBIDDEN, "origin_refused", "A cookie opens a socket from its own page only."
        )


def _origin_host(value: bytes | None) -> str | None:
    """Host and port of an Origin, or None for `null` and whatever has no host."""
    if value is None:
        return None
    try:
        parts = urlsplit(value.decode("ascii"))
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in ("http", "https") and parts.netloc else None


def _session_cookie(header: bytes) -> str | None:
    try:
        morsel = SimpleCookie(header.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return morsel.value if morsel is not None and morsel.value else None


def _since(query: Mapping[str, list[str]]) -> Since | None:
    epoch, offset = query.get("epoch", [""])[0], query.get("offset", [""])[0]
    if not epoch or not offset.isascii() or not offset.isdecimal() or len(offset) > 15:
        return None
    return Since(epoch, int(offset))
