"""Conversations that hang on a project, a scene or a shooting day: whoever is in the project is in them, and nobody else."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from nollycrewhub.contracts.projects import Rooms
from nollycrewhub.domains.messages.repository import writing
from nollycrewhub.domains.messages.service.talking import come_in_apart, present, tell, tell_read
from nollycrewhub.platform.db import WriteSession
from nollycrewhub.platform.live import revoke
from nollycrewhub.platform.queue import Work


async def admit(session: WriteSession, conversation_id: UUID, people: Sequence[UUID], *, seats: Iterable[UUID]) -> set[UUID]:
    """Puts into a room whoever is not in it, out of hearing of those between whom and them a block stands; who that was."""
    fresh = await writing.admit(session, conversation_id, people)
    await come_in_apart(session, fresh, seats)
    return fresh


async def follow_project(work: Work, project_id: UUID) -> None:
    """Brings a project's conversations to how it is now, whatever has happened and in which order it is heard."""
    rooms = work.ports.find(Rooms)
    if rooms is None:
        return
    for conversation_id, kind, about_id, title in await writing.of_project(work.session, project_id):
        held = await writing.hold(work.session, conversation_id)
        if held is None:
            continue
        inside = set(await rooms.inside(work.read, project_id))
        fresh = await admit(work.session, conversation_id, sorted(inside), seats=held[1])
        lost = {one for one, place in held[1].items() if place.state == "in" and one not in inside}
        for one in sorted(lost):
            await writing.move(work.session, conversation_id, one, "lost")
            await tell_read(work.session, conversation_id, one, held[0].last_n)
            revoke(work.session, f"conversation:{conversation_id}", one)
        about = await rooms.room(work.read, kind, about_id)
        is_renamed = about is not None and about.title != title
        if about is not None and is_renamed:
            await writing.rename(work.session, conversation_id, about.title)
        if fresh or lost or is_renamed:
            tell(work.session, present(held[1]) | fresh, "conversation", {"conversation": conversation_id})
