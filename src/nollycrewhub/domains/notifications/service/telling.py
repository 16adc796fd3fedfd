"""Telling one person one thing: the notice in the app at once, everything outside it by jobs of the same transaction."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from nollycrewhub.contracts.events import ApplicationReceived, SearchFit
from nollycrewhub.contracts.users import People
from nollycrewhub.domains.notifications import repository
from nollycrewhub.domains.notifications.repository import deliveries
from nollycrewhub.domains.notifications.rules import NOBODY, Words, kind_of
from nollycrewhub.domains.notifications.schemas import Climb
from nollycrewhub.kit.ids import earliest, uuid7
from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.events import reread
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.queue import Work, enqueue_many


class Telling(NamedTuple):
    """One person to tell one thing."""

    person_id: UUID
    event_id: UUID
    words: Words
    about: UUID | None = None
    sender: UUID | None = None


async def store(session: WriteSession, tellings: Sequence[Telling]) -> list[tuple[UUID, Telling]]:
    """Keeps the notices and has them shown wherever the people are just now; those that are new, by id."""
    made = [(uuid7(), one) for one in tellings]
    stored = await repository.add(session, [
        (notice_id, one.person_id, one.event_id, kind_of(one.words.kind).name, str(one.words.subject), str(one.words.body), one.words.link,
         one.about, one.sender)
        for notice_id, one in made
    ])  # fmt: skip
    new = [(notice_id, one) for notice_id, one in made if notice_id in stored]
    for notice_id, one in new:
        publish(session, f"person:{one.person_id}", "notice", {"id": notice_id, "kind": one.words.kind})
    return new


async def tell_all(work: Work, tellings: Sequence[Telling]) -> None:
    """Adds the notices, each once per event and person and kind, and starts on the channels outside the app."""
    new = await store(work.session, tellings)
    if new:
        repeats = await repeating(work.session, new)
        await enqueue_many(work.session, "notice.climb", [Climb(notice_id, repeats=notice_id in repeats) for notice_id, _ in new])


async def repeating(session: WriteSession, new: Sequence[tuple[UUID, Telling]]) -> set[UUID]:
    """Those that say the same about the same as was told as often already as a day allows."""
    bounded = [
        (notice_id, one.person_id, one.words.kind, one.words.link, one.about, kind.most_a_day)
        for notice_id, one in new
        if (kind := kind_of(one.words.kind)).most_a_day
    ]
    return await repository.repeats(session, bounded, earliest(utcnow() - timedelta(days=1))) if bounded else set()


async def overtake(work: Work, person_id: UUID, link: str, *, until: UUID, about: UUID | None = None, read: bool = False) -> None:
    """What a person was told there by events before this one is not so any more: it stays in their list (`read`: as read), and leaves no more."""
    gone = await repository.overtake(work.session, person_id, link, about=about, until=until, read=read)
    if gone:
        await deliveries.overtaken(work.session, gone)
    for notice_id in gone:
        publish(work.session, f"person:{person_id}", "notice-state", {"id": notice_id})


async def tell(work: Work, person_id: UUID, *, event_id: UUID, words: Words, about: UUID | None = None, sender: UUID | None = None) -> None:
    """The same for one."""
    await tell_all(work, [Telling(person_id, event_id, words, about, sender)])


async def name_of(work: Work, person_id: UUID) -> str:
    """What somebody is called in a notice to another: as members see them, and until the commit they are not forgotten."""
    await repository.hold_names(work.session, [person_id])
    people = work.ports.find(People)
    cards = await people.cards(work.read, [person_id]) if people is not None else {}
    return cards[person_id].label if person_id in cards else NOBODY


async def as_known(work: Work, events: Sequence[ApplicationReceived]) -> list[ApplicationReceived]:
    """The events with the applicants' names as they may still be told: an erasure may have taken one out since they were read."""
    await repository.hold_names(work.session, [event.applicant_id for event in events])
    return await reread(work.session, events)


async def tell_of_match(work: Work, fits: Sequence[SearchFit], *, event_id: UUID, words: Words) -> None:
    """Tells people of a listing that fits a saved search of theirs, all of them at once; who has left meanwhile is told nothing."""
    people = work.ports.find(People)
    here = await people.addresses(work.read, [fit.person_id for fit in fits]) if people is not None else None
    told = {fit.person_id: fit for fit in fits if here is None or fit.person_id in here}
    new = await store(work.session, [Telling(person_id, event_id, words) for person_id in told])
    steps: list[msgspec.Struct] = [climb_of(work, notice_id, told[telling.person_id]) for notice_id, telling in new]
    if steps:
        await enqueue_many(work.session, "notice.climb", steps)


def climb_of(work: Work, notice_id: UUID, fit: SearchFit) -> Climb:
    """The first step outside the app, with what the saved search says of mails."""
    stop = f"{work.settings.public_url.rstrip('/')}/searches/stop/{fit.stop}" if fit.stop else ""
    return Climb(notice_id, by_mail=fit.by_mail, stop=stop)
