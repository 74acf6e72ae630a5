"""Domain events: facts published by services, heard by subscribers after the commit.

Publishers do not know who listens. Subscribers register in their AppConfig.ready(); they are
idempotent, because a fact is told again when a crash left it unhandled.
"""

import dataclasses
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from lms.activitylog.models import Fact
from tenants.context import current_schema, in_tenant

logger = logging.getLogger(__name__)

UNHEARD_AFTER = timedelta(seconds=10)
MAX_ATTEMPTS = 5
BATCH = 200


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact, in the past tense. Carries ids (as strings) and plain values, never instances."""


E = TypeVar("E", bound=Event)
Subscriber = Callable[[Any], None]

_subscribers: dict[type[Event], list[Subscriber]] = defaultdict(list)


def subscribe(event_type: type[E], subscriber: Callable[[E], None]) -> None:
    if subscriber not in _subscribers[event_type]:
        _subscribers[event_type].append(subscriber)


def unsubscribe(event_type: type[E], subscriber: Callable[[E], None]) -> None:
    _subscribers[event_type].remove(subscriber)


def publish(event: Event) -> None:
    """Keep the fact in the caller's transaction; tell the subscribers once it commits."""
    fact = Fact.objects.create(
        type=_name(type(event)),
        data=dataclasses.asdict(event),
        next_try_at=timezone.now() + UNHEARD_AFTER,
    )
    transaction.on_commit(partial(_deliver, current_schema(), fact.id, event))


def deliver_unheard() -> int:
    """Tell facts that a crash or a failing subscriber left unhandled. Returns how many.

    A fact that keeps failing is tried later and later, and then given up with an error in the
    log; it never holds up the others.
    """
    kinds = {_name(kind): kind for kind in _subscribers}
    waiting = Fact.objects.filter(
        handled_at__isnull=True, given_up_at__isnull=True, next_try_at__lte=timezone.now()
    ).order_by("next_try_at")[:BATCH]
    told = 0
    for fact in waiting:
        if _claim(fact):
            kind = kinds.get(fact.type)
            if kind is None:  # nobody listens to these any more
                Fact.objects.filter(pk=fact.pk).update(handled_at=timezone.now())
            else:
                _deliver(current_schema(), fact.pk, kind(**fact.data))
                told += 1
    return told


def _claim(fact: Fact) -> bool:
    """Whether this sweeper is the one to try now. A crash after it means a later try."""
    attempts = fact.attempts + 1
    changes: dict[str, Any] = {
        "attempts": attempts,
        "next_try_at": timezone.now() + UNHEARD_AFTER * 4**attempts,
    }
    if attempts > MAX_ATTEMPTS:
        changes["given_up_at"] = timezone.now()
        logger.error("fact_given_up", extra={"fact_id": str(fact.pk), "event_type": fact.type})
    still = Fact.objects.filter(pk=fact.pk, attempts=fact.attempts, handled_at__isnull=True)
    return still.update(**changes) == 1 and attempts <= MAX_ATTEMPTS


def _deliver(schema: str, fact_id: uuid.UUID, event: Event) -> None:
    with in_tenant(schema):
        failed = False
        for subscriber in _subscribers[type(event)]:
            try:
                subscriber(event)
            except Exception:
                # The change is committed: one deaf ear must not silence the rest.
                failed = True
                logger.exception("subscriber_failed", extra={"event_type": _name(type(event))})
        if not failed:
            Fact.objects.filter(pk=fact_id).update(handled_at=timezone.now())


def _name(event_type: type[Event]) -> str:
    return f"{event_type.__module__.split('.')[1]}.{event_type.__name__}"
