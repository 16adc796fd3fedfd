"""What people do in a group by forms: ask others in, and what its owner does."""

from uuid import UUID

from litestar import Response, post

from nollycrewhub.domains.messages import service
from nollycrewhub.domains.messages.errors import BadMessage
from nollycrewhub.domains.messages.pages.talk import ONE, handles_of, refused, talk_path
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.errors import Problem
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.web.page import go


@post(ONE + "/people", access="member", include_in_schema=False)
async def ask_page(
    conversation_id: UUID, request: AnyRequest, db: Database, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> Response[bytes]:  # fmt: skip
    """Asks more people in."""
    handles = handles_of(str((await request.form()).get("to", "")))
    try:
        if not handles:
            raise BadMessage(told("Write the handles of those you want to ask."), field="to")
        await service.add_people(write, member.person_id, conversation_id, handles=handles, desk=service.Desk(read, ports, limiter))
    except Problem as error:
        return await refused(db, member, conversation_id, ports, error)
    return go(talk_path(conversation_id))


@post(ONE + "/name", access="member", include_in_schema=False)
async def rename_page(
    conversation_id: UUID, request: AnyRequest, db: Database, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports, limiter: Limiter
) -> Response[bytes]:  # fmt: skip
    """Gives the group another name."""
    title = str((await request.form()).get("title", ""))
    try:
        await service.rename(write, member.person_id, conversation_id, title=title, desk=service.Desk(read, ports, limiter))
    except Problem as error:
        return await refused(db, member, conversation_id, ports, error)
    return go(talk_path(conversation_id))


@post(ONE + "/people/{person_id:uuid}/{step:str}", access="member", include_in_schema=False)
async def person_page(conversation_id: UUID, person_id: UUID, step: str, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Puts somebody out, or makes them the owner, by one button."""
    if step == "out":
        await service.put_out(write, member.person_id, conversation_id, other=person_id)
    elif step == "owner":
        await service.hand_over(write, member.person_id, conversation_id, other=person_id)
    else:
        raise BadMessage(told("Somebody can be put out, or made the owner."), field="step")
    return go(talk_path(conversation_id))


GROUP_PAGES = (ask_page, rename_page, person_page)
