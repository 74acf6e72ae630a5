"""The simple sockets: one socket, one topic, the frames of `realtime.protocol`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lms.accounts.identity import Identity
from realtime.protocol import encode
from realtime.room import Joined


def welcome(
    joined: Joined, identity: Identity, *, heartbeat: float, extra: Mapping[str, Any]
) -> bytes:
    """The first frame, and again whenever the position starts anew."""
    return encode(
        {
            "type": "welcome",
            "topic": joined.topic,
            "epoch": joined.epoch,
            "offset": joined.offset,
            "recovered": joined.recovered,
            "user": person(identity) | {"role": identity.role},
            "heartbeat": heartbeat,
            "expires_at": wire_moment(identity.expires_at),
            **extra,
        }
    )


def expiring(expires_at: int) -> bytes:
    return encode({"type": "auth.expiring", "payload": {"expires_at": wire_moment(expires_at)}})


def restarting(retry_after: float) -> bytes:
    return encode({"type": "server.restarting", "payload": {"retry_after": retry_after}})


def person(identity: Identity) -> dict[str, str]:
    return {"id": str(identity.user_id), "name": identity.name, "avatar": identity.avatar}


def wire_moment(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
