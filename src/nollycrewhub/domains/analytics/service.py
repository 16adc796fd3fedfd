"""Use cases of analytics: count an event, read the counts; nothing here is about a person."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from nollycrewhub.domains.analytics import repository
from nollycrewhub.domains.analytics.errors import BadPeriod
from nollycrewhub.domains.analytics.rules import FACTS, MESSAGES, MOST_DAYS, STANDING, counted, next_stretch, period, told_up_to
from nollycrewhub.domains.analytics.schemas import AnalyticsPage, Daily, Total
from nollycrewhub.kit.events import Event
from nollycrewhub.kit.places import state_name
from nollycrewhub.kit.time import LAGOS, lagos_day, utcnow
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.events import happened
from nollycrewhub.platform.queue.looking import felt_until
from nollycrewhub.platform.standing import standing_now


async def count(session: WriteSession, events: Sequence[Event]) -> None:
    """Adds one where each event belongs. Sums do not care for the order of events; the post office delivers each once."""
    await repository.add(session, [(counted(event), event.at) for event in events])


async def count_messages(session: WriteSession, *, now: datetime) -> None:
    """Adds the messages since the last time. A delivery of each to us would be a job more for every message."""
    since, until = next_stretch(await repository.counted_until(session, MESSAGES), now=now)
    found = dict(await happened(session, MESSAGES, since=since, until=until)) if until > since else {}
    for day, count in ({lagos_day(until): 0} | found).items():
        await repository.add_up(session, MESSAGES, day, count=count, until=until)


async def daily(read: ReadSession, *, since: date | None, until: date | None) -> Daily:
    """The counts of a period; BadPeriod when there is no such. The moment is asked first, so that it is never too late."""
    days = period(since, until, today=utcnow().astimezone(LAGOS).date())
    if days is None:
        raise BadPeriod(f"Ask for 1 to {MOST_DAYS} days, the first before the last.", field="since")
    true_at = told_up_to(await felt_until(read, "analytics"), await repository.told_until(read, MESSAGES))
    return Daily(since=days[0], until=days[1], true_at=true_at, counts=await repository.between(read, *days))


async def today(read: ReadSession) -> dict[str, int]:
    """How often each fact has happened since midnight in Lagos, in all kinds, states and regions; those that are not shown as well."""
    return dict.fromkeys(FACTS, 0) | {row.fact: row.count for row in await repository.of_day(read, lagos_day())}


async def overview(read: ReadSession, *, since: date | None, until: date | None) -> AnalyticsPage:
    """The same as the page's tables."""
    found = await daily(read, since=since, until=until)
    by_day: Counter[tuple[str, date]] = Counter()
    by_state: Counter[tuple[str, str]] = Counter()
    by_region: Counter[tuple[str, str]] = Counter()
    for row in found.counts:
        by_day[row.fact, row.day] += row.count
        by_state[row.fact, row.state] += row.count
        by_region[row.fact, row.region] += row.count
    days = [found.until - timedelta(days=n) for n in range((found.until - found.since).days + 1)]
    totals = []
    for fact, label in FACTS.items():
        each = [by_day[fact, day] for day in days]
        totals.append(Total(fact=fact, label=label, total=sum(each), days=each))
    codes = sorted({state for fact, state in by_state if state and fact in ("job.created", "application.received")}, key=state_name)
    states = [(state_name(code), by_state["job.created", code], by_state["application.received", code]) for code in codes]
    shown = ("person.registered", "job.created", "application.received")
    names = sorted({region for fact, region in by_region if fact in shown})
    people, posted, applied = ({name: by_region[fact, name] for name in names} for fact in shown)
    regions = [(name, people[name], posted[name], applied[name]) for name in names]
    there = await standing_now(read)
    return AnalyticsPage(
        now=[(label, there[what]) for what, label in STANDING.items() if what in there], since=found.since, until=found.until,
        true_at=found.true_at, days=days, totals=totals, states=states,
        regions=regions,
    )  # fmt: skip


async def export_person(read: ReadSession, person_id: UUID) -> dict[str, Any]:
    """Nothing: only sums are kept here."""
    return {}


async def erase_person(session: WriteSession, person_id: UUID) -> None:
    """Nothing to forget: only sums are kept here, and that somebody registered stays true."""
