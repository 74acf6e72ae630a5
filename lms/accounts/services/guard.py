"""Against guessing passwords: growing delays and budgets, and never a door shut for good.

A try is counted before the password is looked at and given back after a good one, so tries
that come all at once do not slip through. Whoever signed in from an address before keeps
their own lane there: an attack from elsewhere cannot keep the owner out.
"""

import hashlib
from dataclasses import dataclass

from lms.core import throttling
from lms.core.request_facts import request_facts_var

FREE_TRIES = 8  # of one account from one address, before it has to wait
FIRST_WAIT, LONGEST_WAIT = 1, 15 * 60
KNOWN_SECONDS = 30 * 24 * 3600
# (name, tries a second, tries at once): of an account from everywhere, of an address, of all.
ACCOUNT = ("login-account", 1 / 60, 20)
ADDRESS = ("login-address", 0.5, 100)
EVERYONE = ("login-everyone", 20.0, 2000)


@dataclass(frozen=True, slots=True)
class Attempt:
    account: str
    address: str
    reserved: tuple[tuple[str, str, int], ...]

    @property
    def pair(self) -> str:
        return f"{self.account}:{self.address}"


def admit(email: str) -> Attempt:
    """Let a try through, or raise TooManyRequests (Unavailable without Redis)."""
    account = hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]
    address = request_facts_var.get().ip or "unknown"
    pair = f"{account}:{address}"
    throttling.require_patience(
        "login-pair",
        pair,
        free=FREE_TRIES,
        first_seconds=FIRST_WAIT,
        longest_seconds=LONGEST_WAIT,
    )
    if throttling.is_remembered("login-known", pair):
        return Attempt(account, address, ())
    reserved = []
    for (name, per_second, burst), subject in (
        (ACCOUNT, account),
        (ADDRESS, address),
        (EVERYONE, "all"),
    ):
        throttling.require_budget(name, subject, per_second=per_second, burst=burst)
        reserved.append((name, subject, burst))
    return Attempt(account, address, tuple(reserved))


def forgive(attempt: Attempt) -> None:
    """It was the right password: the try does not count, and this address is known now."""
    for name, subject, burst in attempt.reserved:
        throttling.give_back(name, subject, burst=burst)
    throttling.forget_tries("login-pair", attempt.pair)
    throttling.remember("login-known", attempt.pair, seconds=KNOWN_SECONDS)
