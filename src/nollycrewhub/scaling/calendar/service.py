"""What operators do to the calendar: each change leaves a line in the audit trail, with how it was before and after, in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.contracts.users import People
from nollycrewhub.platform import audit
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.scaling.calendar import repository
from nollycrewhub.scaling.calendar.repository import Change, EventEntry
from nollycrewhub.scaling.calendar.schemas import CalendarPage, ChangeLine, Line
from nollycrewhub.scaling.errors import ChangedMeanwhile, NoSuchEvent, TooManyEvents, WrongEntry
from nollycrewhub.scaling.rules.calendar import busy_at
from nollycrewhub.scaling.rules.entries import MOST_ENTRIES, Entry, differences, faults, in_order, next_time, spoken

PAGE = 30
TWIN = "There is an event of this name on these days already."
WHAT = {"calendar.add": "added", "calendar.change": "changed", "calendar.remove": "removed"}


async def overview(
    read: ReadSession, ports: Ports, moment: datetime, *, editing: int = 0, before: UUID | None = None, confirmed: bool = False,
    raw: dict[str, Any] | None = None, errors: dict[str, str] | None = None,
) -> CalendarPage:  # fmt: skip
    """The page: now, all entries, the form, the history. NoSuchEvent when the entry to change is gone."""
    found = {one.id: one for one in await repository.entries(read, MOST_ENTRIES)}
    if editing and editing not in found:
        raise NoSuchEvent("That event is not in the calendar any more.")
    changes = await repository.history(read, before=before, limit=PAGE + 1)
    busy = busy_at(moment, [one.entry.event() for one in found.values()])
    order = in_order({key: one.entry for key, one in found.items()}, moment)
    return CalendarPage(
        busy=busy, lines=[line(found[key], moment) for key in order], changes=await told(read, ports, changes[:PAGE]),
        older=changes[PAGE - 1].id if len(changes) > PAGE else None, editing=editing,
        raw=raw if raw is not None else as_typed(found[editing]) if editing else {}, errors=errors or {}, confirmed=confirmed,
    )  # fmt: skip


def line(one: EventEntry, moment: datetime) -> Line:
    """An entry as the page shows it."""
    entry, coming = one.entry, next_time(one.entry, moment)
    is_on = coming is not None and coming.is_on(moment)
    return Line(id=one.id, version=one.version, entry=entry, days=spoken(entry)["days"], next=coming, is_on=is_on)


def as_typed(one: EventEntry) -> dict[str, Any]:
    """An entry as its form holds it."""
    return {**msgspec.to_builtins(one.entry), "factor": f"{one.factor:g}", "version": one.version}


async def told(read: ReadSession, ports: Ports, changes: Sequence[Change]) -> list[ChangeLine]:
    """The history in words; who is gone meanwhile is told by number."""
    people = ports.find(People)
    actors = sorted({one.actor for one in changes if one.actor is not None})
    cards = await people.cards(read, actors) if people is not None and actors else {}
    lines = []
    for one in changes:
        before, after = entry_of(one.before), entry_of(one.after)
        card = cards.get(one.actor) if one.actor else None
        name = (after or before or Entry(name="", first=one.at.date(), last=one.at.date())).name
        who = f"@{card.handle}" if card else str(one.actor or "the site")
        lines.append(ChangeLine(id=one.id, at=one.at, who=who, what=WHAT[one.action], name=name, parts=differences(before, after)))
    return lines


def entry_of(stored: str | None) -> Entry | None:
    """An entry as the trail keeps it."""
    return msgspec.json.decode(stored, type=Entry | None) if stored else None


async def add(session: WriteSession, operator: UUID | None, entry: Entry) -> int:
    """A new event. WrongEntry with a sentence for each field, TooManyEvents."""
    refuse_wrong(entry)
    if await repository.alone(session) >= MOST_ENTRIES:
        raise TooManyEvents(f"The calendar holds {MOST_ENTRIES} events at most. Remove some that are over.")
    event_id = await repository.add(session, entry)
    if event_id is None:
        raise WrongEntry({"name": TWIN})
    await note(session, operator, "add", event_id, None, entry)
    return event_id


async def change(session: WriteSession, operator: UUID | None, event_id: int, entry: Entry, *, version: int) -> None:
    """Another text for an event, if nobody changed it since the operator saw it. WrongEntry, NoSuchEvent, ChangedMeanwhile."""
    refuse_wrong(entry)
    before = await held(session, event_id, version)
    if await repository.has_twin(session, entry, beside=event_id):
        raise WrongEntry({"name": TWIN})
    if before.entry != entry:
        await repository.change(session, event_id, entry)
        await note(session, operator, "change", event_id, before.entry, entry)


async def remove(session: WriteSession, operator: UUID | None, event_id: int, *, version: int) -> None:
    """Takes an event out of the calendar. NoSuchEvent, ChangedMeanwhile."""
    before = await held(session, event_id, version)
    await repository.remove(session, event_id)
    await note(session, operator, "remove", event_id, before.entry, None)


async def held(session: WriteSession, event_id: int, version: int) -> EventEntry:
    """An event as the operator saw it, with nobody else changing the calendar."""
    await repository.alone(session)
    found = await repository.locked(session, event_id)
    if found is None:
        raise NoSuchEvent("That event is not in the calendar any more.")
    if found.version != version:
        raise ChangedMeanwhile("Somebody changed this event meanwhile. Look at it again, then change it.")
    return found


def refuse_wrong(entry: Entry) -> None:
    """WrongEntry when an entry cannot be one."""
    if wrong := faults(entry):
        raise WrongEntry(wrong)


async def note(
    session: WriteSession, operator: UUID | None, action: str, event_id: int, before: Entry | None, after: Entry | None
) -> None:  # fmt: skip
    """Who changed what, as it was and as it is."""
    detail = {"before": msgspec.to_builtins(before), "after": msgspec.to_builtins(after)}
    await audit.record(session, operator, f"calendar.{action}", subject=f"calendar:{event_id}", detail=detail)
