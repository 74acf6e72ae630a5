"""Ends sessions whose right has gone: their login, their membership, their tenant.

What was announced is never believed, only taken as a reason to look: every answer comes from
the database, a few queries for all sessions of a tenant, every few seconds and at once when
something was announced.
"""

import logging
import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from lms.accounts.identity import live_logins
from lms.accounts.models import User
from realtime.authorization import Wanted, still_granted
from realtime.protocol import CloseCode
from realtime.session import Session
from tenants.context import PUBLIC, in_tenant, run_in_tenant
from tenants.models import Tenant
from tenants.selectors import find_tenant_by_schema, forget

logger = logging.getLogger(__name__)

SESSIONS_PER_QUERY = 1000

Login = tuple[uuid.UUID, int]
"""(family id, session version)"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a number of sessions is still true."""

    tenant_state: str | None
    logins: Collection[Login] = ()
    disabled: Collection[uuid.UUID] = ()
    granted: Collection[Wanted] = ()


class Guard:
    def __init__(self, sessions_of: Callable[[str], Iterable[Session]]) -> None:
        self._sessions_of = sessions_of
        self._running: set[str] = set()
        self._again: set[str] = set()
        self.requests = 0
        """Grows with every announcement: a session that was opening meanwhile is looked at."""

    async def check(self, schema: str) -> None:
        """Look now; if a look is under way, once more after it."""
        if schema in self._running:
            self._again.add(schema)
            return
        self._running.add(schema)
        try:
            await self._check_until_quiet(schema)
        except Exception:
            # Without the database nothing can be said; the next round tries again.
            logger.warning("sessions_not_checked", exc_info=True)
        finally:
            self._running.discard(schema)

    async def _check_until_quiet(self, schema: str) -> None:
        while True:
            self._again.discard(schema)
            sessions = [session for session in self._sessions_of(schema) if not session.is_closed]
            for start in range(0, len(sessions), SESSIONS_PER_QUERY):
                await self._check_some(schema, sessions[start : start + SESSIONS_PER_QUERY])
            if schema not in self._again:
                return

    async def _check_some(self, schema: str, sessions: list[Session]) -> None:
        logins = {login_of(session) for session in sessions}
        wanted = {(session.identity.user_id, session.grant.topic) for session in sessions}
        users = {session.identity.user_id for session in sessions}
        standing = await run_in_tenant(PUBLIC, read_standing, schema, logins, users, wanted)
        for session in sessions:
            end_if_gone(session, standing)


def login_of(session: Session) -> Login:
    return session.identity.family_id, session.identity.session_version


def read_standing(
    schema: str,
    logins: Collection[Login],
    users: Collection[uuid.UUID],
    wanted: Collection[Wanted],
) -> Standing:
    """A few queries, whatever the numbers."""
    forget()
    tenant = find_tenant_by_schema(schema)
    state = tenant.state if tenant is not None else None
    if state != Tenant.State.READY:
        return Standing(state)
    with in_tenant(schema):
        live = live_logins(logins)
        disabled: Collection[uuid.UUID] = ()
        if len(live) < len(logins):
            disabled = set(
                User.objects.filter(pk__in=users, is_active=False).values_list("pk", flat=True)
            )
        return Standing(state, live, disabled, still_granted(wanted))


def end_if_gone(session: Session, standing: Standing) -> None:
    user_id = session.identity.user_id
    if standing.tenant_state == Tenant.State.SUSPENDED:
        session.close(CloseCode.TENANT_SUSPENDED, "tenant_suspended", "This school is suspended.")
    elif standing.tenant_state != Tenant.State.READY:
        session.close(CloseCode.NOT_FOUND, "tenant_not_found", "This school is gone.")
    elif user_id in standing.disabled:
        session.close(CloseCode.ACCOUNT_DISABLED, "account_disabled", "This account is disabled.")
    elif login_of(session) not in standing.logins:
        session.close(CloseCode.UNAUTHENTICATED, "not_authenticated", "This login has ended.")
    elif (user_id, session.grant.topic) not in standing.granted:
        session.close(CloseCode.REMOVED, "removed", "You can no longer read this.")
