"""Where a request came from, for audit entries and limits, without passing it through services."""

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address

from django.conf import settings


@dataclass(frozen=True, slots=True)
class RequestFacts:
    ip: str | None = None
    user_agent: str = ""


NOWHERE = RequestFacts()
request_facts_var: ContextVar[RequestFacts] = ContextVar("request_facts", default=NOWHERE)


def client_ip(peer: str | None, forwarded_for: str) -> str | None:
    """The peer, or behind TRUSTED_PROXIES proxies the hop that the outermost of them saw.

    Hops further left were written by the client and prove nothing. None for what is no address,
    as on a Unix socket.
    """
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    trusted = settings.TRUSTED_PROXIES
    if trusted == 0 or len(hops) < trusted:
        return _address(peer)
    return _address(hops[-trusted])


def _address(text: str | None) -> str | None:
    """In its one usual spelling, so that one client is not two."""
    try:
        address = ip_address(text or "")
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)
