"""Telling one person one thing: the notice in the app at once, everything outside it by jobs of the same transaction."""

from typing import Any
from uuid import UUID

from nollycrewhub.contracts.events import ApplicationReceived, SearchFit
from nollycrewhub.contracts.users import People
from nollycrewhub.domains.notifications import repository
from nollycrewhub.domains.notifications.rules import NOBODY, Words, kind_of
from nollycrewhub.domains.notifications.schemas import Climb
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.events import reread
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.queue import Work, enqueue


async def store(session: WriteSession, values: tuple[Any, ...]) -> bool:
    """Keeps the notice and has it shown wherever the person is just now; False when this event had told them already."""
    kind_of(values[3])
    is_new = await repository.add(session, values)
    if is_new:
        publish(session, f"person:{values[1]}", "notice", {"id": values[0], "kind": values[3]})
    return is_new


async def tell(work: Work, person_id: UUID, *, event_id: UUID, words: Words, about: UUID | None = None, sender: UUID | None = None) -> None:
    """Adds the notice, once per event and person and kind, and starts on the channels outside the app."""
    notice_id = uuid7()
    values = (notice_id, person_id, event_id, words.kind, words.subject, words.body, words.link, about, sender)
    if await store(work.session, values):
        await enqueue(work.session, "notice.climb", Climb(notice_id))


async def name_of(work: Work, person_id: UUID) -> str:
    """What somebody is called in a notice to another: as members see them, and until the commit they are not forgotten."""
    await repository.hold_name(work.session, person_id)
    people = work.ports.find(People)
    cards = await people.cards(work.read, [person_id]) if people is not None else {}
    return cards[person_id].label if person_id in cards else NOBODY


async def as_known(work: Work, event: ApplicationReceived) -> ApplicationReceived:
    """The event with the applicant's name as it may still be told: an erasure may have taken it out since the event was read."""
    await repository.hold_name(work.session, event.applicant_id)
    return await reread(work.session, event)


async def tell_of_match(work: Work, fit: SearchFit, *, event_id: UUID, words: Words) -> None:
    """Tells one person of a listing that fits a saved search; somebody who has left meanwhile is told nothing."""
    people = work.ports.find(People)
    if people is not None and await people.address(work.read, fit.person_id) is None:
        return
    notice_id = uuid7()
    values = (notice_id, fit.person_id, event_id, words.kind, words.subject, words.body, words.link, None, None)
    if await store(work.session, values):
        stop = f"{work.settings.public_url.rstrip('/')}/searches/stop/{fit.stop}" if fit.stop else ""
        await enqueue(work.session, "notice.climb", Climb(notice_id, by_mail=fit.by_mail, stop=stop))
