"""Reading: one's own list with what became of each notice, who has seen what one decided, the export, and forgetting."""

from typing import Any
from uuid import UUID

import msgspec

from nollycrewhub.contracts.users import People
from nollycrewhub.domains.notifications import repository
from nollycrewhub.domains.notifications.errors import NoSuchNotice
from nollycrewhub.domains.notifications.repository import deliveries, habits
from nollycrewhub.domains.notifications.rules import KINDS, LEFT, LEFT_WRITER, talk_link
from nollycrewhub.domains.notifications.schemas import ChannelState, DeliveryRow, NoticeList, RingPage, SeenPage, ShownNotice
from nollycrewhub.domains.notifications.service.reporting import why
from nollycrewhub.domains.notifications.service.settling import show
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.live import publish
from nollycrewhub.platform.ports import Ports

PAGE = 20
MOST_TO_RING = 100
TELLING = [kind.name for kind in KINDS.values() if kind.tells_sender]


def channel_state(row: DeliveryRow) -> ChannelState:
    """What a person sees of a channel."""
    return ChannelState(**{name: getattr(row, name) for name in ChannelState.__struct_fields__})


async def listing(
    read: ReadSession, person_id: UUID, *, before: UUID | None = None, limit: int = PAGE, kind: str | None = None
) -> NoticeList:
    """One page of notices, with what became of each, and the true unread count of all kinds."""
    rows = await repository.newest(read, person_id, before=before, limit=limit + 1, kind=kind)
    shown = rows[:limit]
    following = str(shown[-1].id) if len(rows) > limit else None
    by_notice: dict[UUID, list[ChannelState]] = {}
    for row in await deliveries.of_notices(read, [one.id for one in shown]):
        by_notice.setdefault(row.notice_id, []).append(channel_state(row))
    notices = [ShownNotice(**msgspec.structs.asdict(one), why=why(one.kind), channels=by_notice.get(one.id, [])) for one in shown]
    return NoticeList(notices=notices, unread=await repository.unread(read, person_id), next=following)


async def unread(read: ReadSession, person_id: UUID) -> int:
    """How many were never opened."""
    return await repository.unread(read, person_id)


async def kinds_held(read: ReadSession, person_id: UUID) -> list[tuple[str, str]]:
    """The kinds one has notices of, with their names."""
    return [(kind, KINDS[kind].label) for kind in await repository.kinds_held(read, person_id) if kind in KINDS]


async def mark_all_read(session: WriteSession, person_id: UUID, *, up_to: UUID) -> None:
    """Marks what was on the page."""
    await repository.mark_all(session, person_id, up_to=up_to)
    publish(session, f"person:{person_id}", "notices-read")


async def read_with_talk(session: WriteSession, person_id: UUID, conversation_id: UUID, *, until: UUID) -> None:
    """A conversation was read, so what told of it is."""
    if await repository.mark_talk(session, person_id, talk_link(str(conversation_id)), until=until):
        publish(session, f"person:{person_id}", "notices-read")


async def open_notice(session: WriteSession, person_id: UUID, notice_id: UUID) -> str:
    """Marks one as read and seen, so that nothing more is sent of it; the path it leads to."""
    link = await repository.open_one(session, person_id, notice_id)
    if link is None:
        raise NoSuchNotice
    show(session, person_id, await deliveries.confirm(session, notice_id), notice_id)
    publish(session, f"person:{person_id}", "notices-read")
    return link


async def seen_by(read: ReadSession, ports: Ports, sender_id: UUID, *, before: UUID | None = None) -> SeenPage:
    """Whom one's own decisions told, and whether they have seen it."""
    rows = await deliveries.seen(read, sender_id, before=before, kinds=TELLING, limit=PAGE + 1)
    people = ports.find(People)
    cards = await people.cards(read, [row.person_id for row in rows[:PAGE]]) if people and rows else {}
    following = str(rows[PAGE - 1].notice_id) if len(rows) > PAGE else None
    return SeenPage(rows=rows[:PAGE], names={person_id: card.name for person_id, card in cards.items()}, next=following)


async def to_ring(read: ReadSession, ports: Ports) -> RingPage:
    """Who waits for a call, with name and number, for an operator."""
    rows = await deliveries.to_ring(read, limit=MOST_TO_RING)
    people = ports.find(People)
    found = {row.person_id: await people.address(read, row.person_id) for row in rows} if people else {}
    return RingPage(
        rows=rows,
        names={person_id: address.name for person_id, address in found.items() if address},
        phones={person_id: address.phone or "" for person_id, address in found.items() if address},
    )


async def export_person(read: ReadSession, person_id: UUID) -> dict[str, Any]:
    """What this domain holds about one person."""
    return {
        "notices": await repository.export(read, person_id),
        "deliveries": msgspec.to_builtins(await deliveries.of_person(read, person_id)),
        **await habits.export(read, person_id),
    }


async def erase_person(session: WriteSession, person_id: UUID) -> None:
    """Forgets them, in what others were told of them too; waits for what is being told of them just now."""
    await repository.take_name(session, person_id)
    await habits.erase(session, person_id)
    await repository.erase(session, person_id)
    await repository.rewrite_about(session, person_id, body=LEFT, written=LEFT_WRITER)
