"""One connection: who it is, what it listens to, and what it may still ask for.

All of it runs on the loop and nothing here waits. Commands that need the database run as
tasks, a bounded number for each socket, so a slow one delays neither pushes nor sends.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lms.accounts.identity import Identity
from lms.core.errors import InvalidField, LMSError, TooManyRequests, Unavailable
from lms.messaging.services.sending import Sent
from realtime.commands import read_payload
from realtime.errors import DATABASE_AWAY
from realtime.handlers import HANDLERS, QUICK, render_sent, send_message
from realtime.limits import Budget
from realtime.outlets import Outlet
from realtime.protocol import (
    BadFrame,
    CloseCode,
    Command,
    decode,
    encode_error,
    encode_push,
    encode_reply,
)
from realtime.protocols import simple
from realtime.room import Batch, Joined, Since
from realtime.topics import Kind

if TYPE_CHECKING:
    from realtime.authorization import Grant
    from realtime.node import Node

logger = logging.getLogger(__name__)


class Session:
    """A member of a room, a receiver of a socket."""

    __slots__ = (
        "_bad_frames",
        "_budget",
        "_expiry",
        "_outlet",
        "_refusals",
        "_running",
        "_staged",
        "_waiting",
        "grant",
        "identity",
        "is_closed",
        "last_typing",
        "node",
        "topic",
    )

    encoding = staticmethod(encode_push)

    def __init__(self, node: "Node", identity: Identity, grant: "Grant", outlet: Outlet) -> None:
        self.node = node
        self.identity = identity
        self.grant = grant
        self.topic = node.intern(str(grant.topic))
        self.is_closed = False
        self.last_typing = 0.0
        self._outlet = outlet
        self._staged: list[Batch] | None = None
        self._bad_frames = 0
        self._budget: Budget | None = None
        self._refusals: Budget | None = None
        self._running = 0
        self._waiting: deque[tuple[Command, dict[str, Any]]] | None = None
        self._expiry: asyncio.TimerHandle | None = None

    @property
    def schema(self) -> str:
        return self.identity.schema

    @property
    def has_company(self) -> bool:
        """Others may listen to the same topic; an inbox is one's own."""
        return self.grant.topic.kind is not Kind.USER

    @property
    def buffered(self) -> int:
        return self._outlet.buffered

    async def start(self, since: Since | None) -> None:
        """Join the topic. Raises what the log raises."""
        self._watch_expiry()
        await self.node.hub.subscribe(self, self.schema, self.topic, since)
        if self.is_closed:
            # It ended while the log was read, and has joined after it left.
            self.node.hub.unsubscribe(self, self.schema, self.topic)

    # -- member of a room ---------------------------------------------------------------

    def deliver(self, batch: Batch) -> None:
        if self._staged is not None:
            self._staged.append(batch)
        elif not self._outlet.write(batch):
            self._cut_off()

    def stage(self, batch: Batch) -> None:
        if self._staged is not None:
            self._staged.append(batch)
        elif not self.is_closed:
            self._staged = [batch]
            self.node.hub.stage(self)

    def flush_staged(self) -> None:
        staged, self._staged = self._staged, None
        if staged and not self.is_closed:
            batch = staged[0] if len(staged) == 1 else Batch.join(staged)
            if not self._outlet.write(batch):
                self._cut_off()

    def joined(self, joined: Joined) -> None:
        online = max(1, self.node.presence.count(self.schema, self.topic))
        extra = {"members_online": online}
        heartbeat = self.node.limits.ping_seconds
        texts = [simple.welcome(joined, self.identity, heartbeat=heartbeat, extra=extra)]
        texts += [encode_push(publication) for publication in joined.missed]
        self.stage(Batch(texts))

    def send(self, text: bytes) -> None:
        self.stage(Batch([text]))

    # -- receiver of a socket -----------------------------------------------------------

    def received(self, message: str | bytes) -> None:
        if self.is_closed:
            return
        try:
            command = decode(message)
            payload = read_payload(command)
        except BadFrame as error:
            self._refuse_frame(error)
            return
        if self._has_budget(command):
            self._dispatch(command, payload)

    def disconnected(self, code: int) -> None:
        self._leave()

    def _dispatch(self, command: Command, payload: dict[str, Any]) -> None:
        if command.type == "message.send":
            self._send_message(command, payload)
        elif command.type in QUICK:
            self._answer(command, payload)
        elif self._running < self.node.limits.running_handlers:
            self._start(command, payload)
        else:
            self._wait(command, payload)

    def _send_message(self, command: Command, payload: dict[str, Any]) -> None:
        """Sends of one socket are kept in the order they came; the ack follows the commit."""
        try:
            future = send_message(self, payload)
        except LMSError as error:
            self.fail(command, error)
            return
        future.add_done_callback(lambda done: self._acknowledge(command, done))

    def _acknowledge(self, command: Command, done: "asyncio.Future[Sent]") -> None:
        error = done.exception()
        if error is None:
            self.reply(command, render_sent(done.result()))
        else:
            self.fail(command, error)

    def _answer(self, command: Command, payload: dict[str, Any]) -> None:
        try:
            self.reply(command, QUICK[command.type](self, payload))
        except LMSError as error:
            self.fail(command, error)

    def _start(self, command: Command, payload: dict[str, Any]) -> None:
        self._running += 1
        self.node.spawn(self._run(command, payload))

    def _wait(self, command: Command, payload: dict[str, Any]) -> None:
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= self.node.limits.waiting_commands:
            self.fail(command, TooManyRequests("Too many commands wait already.", retry_after=1.0))
            return
        self._waiting.append((command, payload))

    async def _run(self, command: Command, payload: dict[str, Any]) -> None:
        try:
            result = await HANDLERS[command.type](self, payload)
        except Exception as error:
            self.fail(command, error)
        else:
            self.reply(command, result)
        finally:
            self._running -= 1
            if self._waiting and not self.is_closed:
                self._start(*self._waiting.popleft())

    def reply(self, command: Command, payload: Mapping[str, Any]) -> None:
        if command.id is not None:
            self.send(encode_reply(command.id, payload))

    def fail(self, command: Command, error: BaseException) -> None:
        if isinstance(error, DATABASE_AWAY):
            logger.warning("handler_unavailable", extra={"command": command.type})
            error = Unavailable()
        elif not isinstance(error, LMSError):
            logger.error("handler_failed", extra={"command": command.type}, exc_info=error)
            error = Unavailable()
        extra = dict(error.extra)
        if isinstance(error, InvalidField):
            extra["field"] = error.field
        if error.retryable:
            extra["retryable"] = True
        self.send(encode_error(command.id, error.code, str(error), extra))

    # -- limits -------------------------------------------------------------------------

    def _refuse_frame(self, error: BadFrame) -> None:
        self._bad_frames += 1
        self.node.counters.bad_frames += 1
        self.send(encode_error(error.id, error.code, str(error)))
        if self._bad_frames >= self.node.limits.bad_frames:
            self.close(CloseCode.PROTOCOL_ERROR, "protocol_error", "Five frames were no commands.")

    def _has_budget(self, command: Command) -> bool:
        """Refusals are answered, up to a number; who does not listen to them is closed."""
        limits = self.node.limits
        if command.type == "message.send":
            budget = self.node.message_budget(self)
        else:
            budget = self._budget = self._budget or Budget(
                limits.commands_per_second, limits.command_burst
            )
        wait = budget.take()
        if wait == 0.0:
            return True
        self.node.counters.rate_limited += 1
        self._refusals = self._refusals or Budget(limits.refusals / 10, limits.refusals)
        if self._refusals.take() > 0:
            self.close(CloseCode.TOO_MANY, "too_many_requests", "Slow down.", retry_after=10.0)
        else:
            self.fail(command, TooManyRequests(retry_after=round(wait, 3)))
        return False

    def _watch_expiry(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if self.identity.expires_at is None or self.is_closed:
            return
        left = self.identity.expires_at - time.time()
        warning = left - self.node.limits.expiry_warning_seconds
        loop = self.node.loop
        if warning > 0:
            self._expiry = loop.call_later(warning, self._warn_of_expiry)
        else:
            self._expiry = loop.call_later(max(0.0, left), self._expire)

    def _warn_of_expiry(self) -> None:
        if self.identity.expires_at is not None:
            self.send(simple.expiring(self.identity.expires_at))
            left = self.identity.expires_at - time.time()
            self._expiry = self.node.loop.call_later(max(0.0, left), self._expire)

    def _expire(self) -> None:
        self.close(CloseCode.TOKEN_EXPIRED, "token_expired", "The access token has expired.")

    def renew(self, identity: Identity) -> None:
        """A new token of the same person takes the place of the old one."""
        self.node.rename(self, identity)
        self._watch_expiry()

    # -- the end ------------------------------------------------------------------------

    def close(self, close_code: int, code: str, message: str, **extra: Any) -> None:
        """Say why in an error frame, then close. Nothing of the topic follows."""
        if self.is_closed:
            return
        # What was staged for this tick goes out before the reason does.
        texts = [text for batch in self._staged or () for text in batch.texts]
        self._staged = None
        self._leave()
        self._outlet.write(Batch([*texts, encode_error(None, code, message, extra)]))
        self._outlet.close(close_code, code)

    def restart(self, close_code: int, retry_after: float) -> None:
        """The server stops: no error, the client comes back, not all at the same moment."""
        if not self.is_closed:
            self.send(simple.restarting(retry_after))
            self.flush_staged()
            self._leave()
            self._outlet.close(close_code, "restart")

    def _cut_off(self) -> None:
        """The outlet gave up. The room may be going through its members: leave a moment later."""
        self.node.counters.slow_consumers += 1
        self.node.loop.call_soon(self._leave)

    def _leave(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        self._staged = None
        self._waiting = None
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        self.node.leave(self)
