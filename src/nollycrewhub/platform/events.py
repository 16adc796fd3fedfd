"""Events: stored with the data, delivered at least once, and felt exactly once.

`emit` writes the event (append-only) and one job per consumer in the session's transaction. Delivery
records (consumer, event) in the same transaction as the consumer's effect, and refuses an event older
than the version of that thing the consumer has already seen.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from nollycrewhub.kit.events import Event
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.arriving import ARRIVALS
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.metrics import EFFECTS
from nollycrewhub.platform.queue import Task, Work

E = TypeVar("E", bound=Event)
DELIVERY_SECONDS = 20.0
DELIVERY_ATTEMPTS = 60  # a day of patience with full jitter up to an hour


class Delivery(msgspec.Struct, frozen=True):
    """The payload of a delivery job: ids only."""

    event_id: UUID


@dataclass(frozen=True)
class Handler:
    """One consumer of one kind of event."""

    event: type[Event]
    consumer: str
    run: Callable[[Any, Work], Awaitable[None]]
    ordered: bool


def on(event: type[E], *, consumer: str, ordered: bool = False) -> Callable[[Callable[[E, Work], Awaitable[None]]], Handler]:
    """Declares a consumer `<domain>.<handler>`; `ordered` ones skip an event older than one already felt."""

    def declare(run: Callable[[E, Work], Awaitable[None]]) -> Handler:
        return Handler(event, consumer, run, ordered)

    return declare


# One statement: a write that many hear costs one round trip, not one more for each hearer.
STORE_AND_TELL = """
with stored as (
    insert into platform.event (id, name, aggregate_id, version, at, body) values ($1, $2, $3, $4, $5, $6::text::jsonb)
)
insert into platform.pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, status)
select 0, 'event:' || consumer, $7, now(), consumer || ':' || $1::text, 'queued'
from unnest($8::text[]) with ordinality as hearer(consumer, n) order by n
on conflict (dedupe_key) where status = any (array['queued'::platform.pgqueuer_status, 'picked'::platform.pgqueuer_status])
and dedupe_key is not null do nothing
"""


async def emit(session: WriteSession, event: Event) -> None:
    """Stores the event and a delivery job for each of its hearers, all in the session's transaction."""
    body = msgspec.json.encode(event).decode()
    await session.sql(
        STORE_AND_TELL, event.event_id, event.name, event.aggregate_id, event.version, event.at, body,
        msgspec.json.encode(Delivery(event.event_id)), list(session.info["hearers"].get(event.name, ())),
    )  # fmt: skip


FORGET_PERSON = "select platform.forget_person($1)"


async def forget_person(session: WriteSession, person_id: UUID) -> None:
    """Takes a person's names and words out of stored events; ids stay, so that effects remain felt once."""
    await session.sql(FORGET_PERSON, person_id)


STORED = "select body::text from platform.event where id = $1"


async def reread(session: WriteSession, event: E) -> E:
    """The event as it is stored now, without what somebody has had forgotten since it was read."""
    found = await session.sql(STORED, event.event_id)
    return msgspec.json.decode(found[0][0], type=type(event)) if found else event


RECORD_EFFECT = """
with event as (select aggregate_id, version, body::text as body from platform.event where id = $2),
recorded as (
    insert into platform.effect (consumer, event_id, aggregate_id, version) select $1, $2, aggregate_id, version from event
    on conflict (consumer, event_id) do nothing returning 1
)
select aggregate_id, version, body, exists (select 1 from recorded) as is_first from event
"""
NEWER_FELT = """
select 1 from platform.effect where consumer = $1 and aggregate_id = $2 and version > $3 limit 1
"""
LOCK_AGGREGATE = """
select pg_advisory_xact_lock(hashtextextended($1 || ':' || aggregate_id, 0)) from platform.event where id = $2
"""


def delivery_task(handler: Handler) -> Task:
    """The queue task that carries events to one consumer."""

    async def deliver(payload: Delivery, work: Work) -> None:
        await feel(handler, payload.event_id, work)

    return Task(
        f"event:{handler.consumer}",
        Delivery,
        deliver,
        DELIVERY_SECONDS,
        DELIVERY_ATTEMPTS,
        2.0,
        "an event must arrive even after a provider's or server's bad hour",
    )


async def feel(handler: Handler, event_id: UUID, work: Work) -> None:
    """Lets a consumer feel an event once: the record and the effect share one transaction."""
    if handler.ordered:
        await work.session.sql(LOCK_AGGREGATE, handler.consumer, event_id)
    found = await work.session.sql(RECORD_EFFECT, handler.consumer, event_id)
    if not found:
        EFFECTS.labels(handler.consumer, "gone").inc()
        return
    aggregate_id, version, body, is_first = found[0]
    if not is_first:
        EFFECTS.labels(handler.consumer, "repeat").inc()
        return
    if handler.ordered and await work.session.sql(NEWER_FELT, handler.consumer, aggregate_id, version):
        EFFECTS.labels(handler.consumer, "older").inc()
        return
    event = msgspec.json.decode(body, type=handler.event)
    await handler.run(event, work)

    async def felt() -> None:
        EFFECTS.labels(handler.consumer, "felt").inc()
        ARRIVALS.note(handler.consumer, (utcnow() - event.at).total_seconds())

    work.session.after_commit(felt)
