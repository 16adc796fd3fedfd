"""Events: stored with the data, delivered at least once, and felt exactly once.

`emit` writes the event (append-only) and one job per consumer in the session's transaction. Delivery
records (consumer, event) in the same transaction as the consumer's effect, and refuses an event older
than the version of that thing the consumer has already seen.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from nollycrewhub.kit.events import Event
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import as_json
from nollycrewhub.platform import tracing
from nollycrewhub.platform.arriving import ARRIVALS
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.metrics import EFFECTS
from nollycrewhub.platform.queue import RunAll, Task, Work
from nollycrewhub.platform.tallies import TALLIES

E = TypeVar("E", bound=Event)
DELIVERY_SECONDS = 20.0
DELIVERY_ATTEMPTS = 60  # a day of patience with full jitter up to an hour
AT_ONCE, AT_ONCE_TOGETHER = 10, 20


class Delivery(msgspec.Struct, frozen=True):
    """The payload of a delivery job: ids only."""

    event_id: UUID


@dataclass(frozen=True)
class Handler:
    """One consumer of one kind of event; with `run_all` it may be given several at once, in one transaction."""

    event: type[Event]
    consumer: str
    run: Callable[[Any, Work], Awaitable[None]]
    ordered: bool
    run_all: RunAll | None = None


def on(
    event: type[E], *, consumer: str, ordered: bool = False, together: bool = False
) -> Callable[[Callable[[E, Work], Awaitable[None]]], Handler]:  # fmt: skip
    """Declares a consumer `<domain>.<handler>`; `ordered` ones skip an event older than one already felt.

    Effects of `together` ones may share a transaction with others', so they lock in one order; `ordered` ones cannot.
    """

    def declare(run: Callable[[E, Work], Awaitable[None]]) -> Handler:
        return Handler(event, consumer, run, ordered, in_turn(run) if together else None)

    return declare


def all_on(event: type[E], *, consumer: str) -> Callable[[Callable[[Sequence[E], Work], Awaitable[None]]], Handler]:
    """Declares a consumer that is given one event or several, whose effects then share a transaction."""

    def declare(run_all: Callable[[Sequence[E], Work], Awaitable[None]]) -> Handler:
        async def run(happened: E, work: Work) -> None:
            await run_all([happened], work)

        return Handler(event, consumer, run, False, run_all)

    return declare


def in_turn(run: Callable[[E, Work], Awaitable[None]]) -> RunAll:
    """One after the other."""

    async def run_all(events: Sequence[E], work: Work) -> None:
        for event in events:
            caused_in(work.session, getattr(event, "region", ""))
            await run(event, work)

    return run_all


# One statement: a write that many hear costs one round trip, not one more for each hearer.
STORE_AND_TELL = """
with stored as (
    insert into platform.event (id, name, aggregate_id, version, at, body) values ($1, $2, $3, $4, $5, $6::text::jsonb)
)
insert into platform.pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, status, headers)
select $10, 'event:' || consumer, $7, now(), consumer || ':' || $1::text, 'queued', $9::text::jsonb
from unnest($8::text[]) with ordinality as hearer(consumer, n) order by n
on conflict (dedupe_key) where status = any (array['queued'::platform.pgqueuer_status, 'picked'::platform.pgqueuer_status])
and dedupe_key is not null do nothing
"""


def caused_in(session: WriteSession, region: str) -> None:
    """What is emitted from here on was caused by a request from there, though none is being answered."""
    session.info["region"] = region


def cause_of(session: WriteSession) -> str:
    """The region of the request that causes what is emitted, for a job of the queue to take along; empty where none does."""
    return str(session.info.get("region", ""))


def placed(session: WriteSession, event: E) -> E:
    """The event with the region of the request that caused it, where it has room for one and was given none."""
    region = cause_of(session)
    return msgspec.structs.replace(event, region=region) if region and getattr(event, "region", None) == "" else event


async def emit(session: WriteSession, event: Event) -> None:
    """Stores the event and a delivery job for each of its hearers, all in the session's transaction."""
    event = placed(session, event)
    body = as_json(event).decode()
    hearers = list(session.info["hearers"].get(event.name, ()))
    with tracing.inner(f"publish {event.name}", "producer"):
        await session.sql(
            STORE_AND_TELL, event.event_id, event.name, event.aggregate_id, event.version, event.at, body,
            msgspec.json.encode(Delivery(event.event_id)), hearers, tracing.carried(), event.priority,
        )  # fmt: skip


FORGET_PERSON = "select platform.forget_person($1)"


async def forget_person(session: WriteSession, person_id: UUID) -> None:
    """Takes a person's names and words out of stored events; ids stay, so that effects remain felt once."""
    await session.sql(FORGET_PERSON, person_id)


HAPPENED = """
select (at at time zone 'Africa/Lagos')::date as day, count(*)::bigint as times from platform.event
where name = $1 and at > $2 and at <= $3 group by 1 order by 1
"""


async def happened(session: WriteSession, name: str, *, since: datetime, until: datetime) -> list[tuple[date, int]]:
    """How often it happened after `since` and up to `until`, by the day in Lagos: for what is too frequent to be heard one by one."""
    return [(row[0], row[1]) for row in await session.sql(HAPPENED, name, since, until)]


STORED = "select id, body::text as body from platform.event where id = any($1::uuid[])"


async def reread(session: WriteSession, events: Sequence[E]) -> list[E]:
    """The events as they are stored now, without what somebody has had forgotten since they were read."""
    rows = await session.sql(STORED, [event.event_id for event in events])
    stored = {row["id"]: row["body"] for row in rows}
    return [msgspec.json.decode(stored[each.event_id], type=type(each)) if each.event_id in stored else each for each in events]


RECORD_EFFECTS = """
with event as (select id, aggregate_id, version, body::text as body from platform.event where id = any($2::uuid[])),
recorded as (
    insert into platform.effect (consumer, event_id, aggregate_id, version) select $1, id, aggregate_id, version from event order by id
    on conflict (consumer, event_id) do nothing returning event_id
)
select aggregate_id, version, body, exists (select 1 from recorded where recorded.event_id = event.id) as is_first from event order by id
"""
FELT_UP_TO = "select coalesce(max(version), 0)::bigint from platform.effect where consumer = $1 and aggregate_id = $2"
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

    async def deliver_all(payloads: Sequence[Delivery], work: Work) -> None:
        await feel_all(handler, [payload.event_id for payload in payloads], work)

    return Task(
        f"event:{handler.consumer}",
        Delivery,
        deliver,
        DELIVERY_SECONDS,
        DELIVERY_ATTEMPTS,
        2.0,
        "an event must arrive even after a provider's or server's bad hour",
        at_once=AT_ONCE if handler.run_all is None else AT_ONCE_TOGETHER,
        run_all=None if handler.run_all is None else deliver_all,
    )


async def feel(handler: Handler, event_id: UUID, work: Work) -> None:
    """Lets a consumer feel an event once: the record and the effect share one transaction."""
    if handler.ordered:
        await work.session.sql(LOCK_AGGREGATE, handler.consumer, event_id)
    for event, aggregate_id, version in await unfelt(handler, [event_id], work):
        if handler.ordered and await work.session.sql(NEWER_FELT, handler.consumer, aggregate_id, version):
            TALLIES.note(EFFECTS, handler.consumer, "older")
            return
        caused_in(work.session, getattr(event, "region", ""))
        await handler.run(event, work)
        count_felt(handler, [event], work)


async def feel_all(handler: Handler, event_ids: Sequence[UUID], work: Work) -> None:
    """The same for several events, oldest first: all of them are felt, or none is recorded."""
    if handler.run_all is None:
        raise ValueError(f"{handler.consumer} takes one event at a time")
    events = [event for event, _, _ in await unfelt(handler, event_ids, work)]
    if events:
        await handler.run_all(events, work)
        count_felt(handler, events, work)


async def unfelt(handler: Handler, event_ids: Sequence[UUID], work: Work) -> list[tuple[Event, str, int]]:
    """Records that the consumer feels these events; those that it had not felt, oldest first, with aggregate and version."""
    rows = await work.session.sql(RECORD_EFFECTS, handler.consumer, list(event_ids))
    if missing := len(set(event_ids)) - len(rows):
        TALLIES.note(EFFECTS, handler.consumer, "gone", times=missing)
    found: list[tuple[Event, str, int]] = []
    for aggregate_id, version, body, is_first in rows:
        if is_first:
            found.append((msgspec.json.decode(body, type=handler.event), aggregate_id, version))
        else:
            TALLIES.note(EFFECTS, handler.consumer, "repeat")
    return found


async def felt_up_to(session: WriteSession, consumer: str, aggregate_id: str) -> int:
    """The newest version of a thing that a consumer has felt; 0 for none. Kept as long as effects are."""
    return int((await session.sql(FELT_UP_TO, consumer, aggregate_id))[0][0])


def count_felt(handler: Handler, events: Sequence[Event], work: Work) -> None:
    """Counts the effects, and how late they are, once they are committed."""

    async def felt() -> None:
        TALLIES.note(EFFECTS, handler.consumer, "felt", times=len(events))
        now = utcnow()
        for event in events:
            ARRIVALS.note(handler.consumer, (now - event.at).total_seconds())

    work.session.after_commit(felt)
