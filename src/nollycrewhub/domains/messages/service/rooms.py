"""Conversations that hang on a project, a scene or a shooting day: whoever is in the project is in them, and nobody else."""

from uuid import UUID

from nollycrewhub.contracts.projects import Rooms
from nollycrewhub.domains.messages.repository import writing
from nollycrewhub.domains.messages.service.talking import present, tell
from nollycrewhub.platform.live import revoke
from nollycrewhub.platform.queue import Work


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
        fresh = await writing.admit(work.session, conversation_id, sorted(inside))
        lost = {one for one, place in held[1].items() if place.state == "in" and one not in inside}
        for one in sorted(lost):
            await writing.move(work.session, conversation_id, one, "lost")
            revoke(work.session, f"conversation:{conversation_id}", one)
        about = await rooms.room(work.read, kind, about_id)
        is_renamed = about is not None and about.title != title
        if about is not None and is_renamed:
            await writing.rename(work.session, conversation_id, about.title)
        if fresh or lost or is_renamed:
            tell(work.session, present(held[1]) | fresh, "conversation", {"conversation": conversation_id})
