"""Use cases of notices: tell, list, open, mark as read, export, erase."""

from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.contracts.events import SearchFit
from nollycrewhub.contracts.users import People
from nollycrewhub.domains.notifications import repository
from nollycrewhub.domains.notifications.errors import NoSuchNotice
from nollycrewhub.domains.notifications.rules import LEFT, Words, as_mail, stop_words
from nollycrewhub.domains.notifications.schemas import NoticeList
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.mail import Mail, send_mail
from nollycrewhub.platform.queue import Work

PAGE = 20


async def store(session: WriteSession, values: tuple[Any, ...]) -> bool:
    """Keeps the notice and has it shown wherever the person is just now; False when this event had told them already."""
    is_new = await repository.add(session, values)
    if is_new:
        publish(session, f"person:{values[1]}", "notice", {"id": values[0], "kind": values[3]})
    return is_new


async def tell(work: Work, person_id: UUID, *, event_id: UUID, words: Words, about: UUID | None = None) -> None:
    """Adds the notice and the mail that says the same, once per event and person."""
    values = (uuid7(), person_id, event_id, words.kind, words.subject, words.body, words.link, about)
    if not await store(work.session, values):
        return
    people = work.ports.find(People)
    address = await people.address(work.read, person_id) if people else None
    if address is not None and address.email:
        text = as_mail(words, name=address.name, address=work.settings.public_url)
        await send_mail(work.session, Mail(to=address.email, subject=words.subject, text=text, kind=words.kind))


async def tell_of_match(work: Work, fit: SearchFit, *, event_id: UUID, words: Words) -> None:
    """Tells one person of a listing that fits a saved search; somebody who has left meanwhile is told nothing."""
    people = work.ports.find(People)
    address = await people.address(work.read, fit.person_id) if people else None
    if people is not None and address is None:
        return
    values = (uuid7(), fit.person_id, event_id, words.kind, words.subject, words.body, words.link, None)
    if await store(work.session, values) and fit.by_mail and address is not None and address.email:
        home = work.settings.public_url
        text = as_mail(words, name=address.name, address=home) + stop_words(home, fit.stop)
        await send_mail(work.session, Mail(to=address.email, subject=words.subject, text=text, kind=words.kind))


async def listing(read: ReadSession, person_id: UUID, *, before: UUID | None = None, limit: int = PAGE) -> NoticeList:
    """One page of notices with the true unread count."""
    rows = await repository.newest(read, person_id, before=before, limit=limit + 1)
    shown = rows[:limit]
    following = str(shown[-1].id) if len(rows) > limit else None
    return NoticeList(notices=shown, unread=await repository.unread(read, person_id), next=following)


async def mark_all_read(session: WriteSession, person_id: UUID, *, up_to: UUID) -> None:
    """Marks what was on the page."""
    await repository.mark_all(session, person_id, up_to=up_to)
    publish(session, f"person:{person_id}", "notices-read")


async def open_notice(session: WriteSession, person_id: UUID, notice_id: UUID) -> str:
    """Marks one as read; the path it leads to."""
    link = await repository.open_one(session, person_id, notice_id)
    if link is None:
        raise NoSuchNotice
    publish(session, f"person:{person_id}", "notices-read")
    return link


async def export_person(read: ReadSession, person_id: UUID) -> dict[str, Any]:
    """What this domain holds about one person."""
    return {"notices": msgspec.to_builtins(await repository.export(read, person_id))}


async def erase_person(session: WriteSession, person_id: UUID) -> None:
    """Forgets them, in what others were told of them too."""
    await repository.erase(session, person_id)
    await repository.rewrite_about(session, person_id, body=LEFT)
