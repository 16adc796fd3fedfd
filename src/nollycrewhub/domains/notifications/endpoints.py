"""/api/notifications: a person's own notices."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import Parameter

from nollycrewhub.domains.notifications import service
from nollycrewhub.domains.notifications.schemas import NoticeList
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.sessions import Viewer


class ReadUpTo(msgspec.Struct, forbid_unknown_fields=True):
    """Which notice was the newest on the page."""

    up_to: UUID


@get("/api/notifications", access="member", summary="Own notices, newest first")
async def list_notices(
    read: ReadSession,
    member: Viewer,
    cursor: UUID | None = None,
    limit: Annotated[int, Parameter(ge=1, le=100)] = service.PAGE,
) -> NoticeList:
    """`next` of one answer is `cursor` of the following one."""
    return await service.listing(read, member.person_id, before=cursor, limit=limit)


@post("/api/notifications/read", access="member", summary="Mark notices as read", status_code=204)
async def read_notices(data: ReadUpTo, write: WriteSession, member: Viewer) -> None:
    """Marks all up to and including `up_to`."""
    await service.mark_all_read(write, member.person_id, up_to=data.up_to)


@post("/me/notices/{notice_id:uuid}/open", access="member", include_in_schema=False)
async def open_notice(notice_id: UUID, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Marks one as read and goes where it leads; works as a plain form."""
    link = await service.open_notice(write, member.person_id, notice_id)
    return Response(b"", status_code=303, headers={"location": link})


ENDPOINTS = (list_notices, read_notices, open_notice)
