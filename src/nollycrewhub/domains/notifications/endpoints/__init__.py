"""/api/notifications: a person's own notices, choices and browsers."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import Parameter

from nollycrewhub.domains.notifications import service
from nollycrewhub.domains.notifications.endpoints.hooks import HOOKS
from nollycrewhub.domains.notifications.errors import NoSuchNotice
from nollycrewhub.domains.notifications.schemas import NoticeList, NoticeSettings, PushReport, SettingsInput, SubscriptionInput, Unread
from nollycrewhub.kit.told import told
from nollycrewhub.platform.carriers import Carriers
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.settings import Settings


class ReadUpTo(msgspec.Struct, forbid_unknown_fields=True):
    """Which notice was the newest on the page."""

    up_to: UUID


class Browser(msgspec.Struct, forbid_unknown_fields=True):
    """Which browser takes no more pushes: the endpoint of its subscription."""

    endpoint: Annotated[str, msgspec.Meta(min_length=10, max_length=1000, pattern="^[!-~]+$")]


@get("/api/notifications", access="member", summary="Own notices, newest first")
async def list_notices(
    read: ReadSession,
    member: Viewer,
    cursor: UUID | None = None,
    limit: Annotated[int, Parameter(ge=1, le=100)] = service.PAGE,
    kind: Annotated[str | None, Parameter(max_length=60)] = None,
) -> NoticeList:
    """`next` of one answer is `cursor` of the following one; `kind` shows one kind only. `channels` say what became of each."""
    return await service.listing(read, member.person_id, before=cursor, limit=limit, kind=kind)


@get("/api/notifications/unread", access="member", summary="How many notices were never opened")
async def count_unread(read: ReadSession, member: Viewer) -> Unread:
    """The exact count."""
    return Unread(await service.unread(read, member.person_id))


@get("/api/notifications/deliveries.csv", access="member", summary="What became of own notices, as a table", media_type="text/csv")
async def export_deliveries(read: ReadSession, member: Viewer) -> Response[str]:
    """One row a notice and channel, with times, reason and cost."""
    headers = {"content-disposition": 'attachment; filename="deliveries.csv"', "cache-control": "private, no-store"}
    return Response(await service.as_csv(read, member.person_id), media_type="text/csv", headers=headers)


@get("/api/notifications/sent.csv", access="member", summary="Whether own decisions reached people, as a table", media_type="text/csv")
async def export_decided(read: ReadSession, ports: Ports, member: Viewer) -> Response[str]:
    """One row for a person, a decision and a channel, with times: shortlists, offers and hirings, the newest 5,000 rows."""
    headers = {"content-disposition": 'attachment; filename="sent.csv"', "cache-control": "private, no-store"}
    return Response(await service.decided_as_csv(read, ports, member.person_id), media_type="text/csv", headers=headers)


@post("/api/notifications/read", access="member", summary="Mark notices as read", status_code=204)
async def read_notices(data: ReadUpTo, write: WriteSession, member: Viewer) -> None:
    """Marks all up to and including `up_to`."""
    await service.mark_all_read(write, member.person_id, up_to=data.up_to)


@post("/api/notifications/{notice_id:uuid}/open", access="member", summary="Mark one notice as seen", status_code=204)
async def open_one(notice_id: UUID, write: WriteSession, member: Viewer) -> None:
    """Nothing more is sent of it."""
    await service.open_notice(write, member.person_id, notice_id)


@post("/me/notices/{notice_id:uuid}/open", access="member", include_in_schema=False)
async def open_notice(notice_id: UUID, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Marks one as read and goes where it leads; works as a plain form."""
    link = await service.open_notice(write, member.person_id, notice_id)
    return Response(b"", status_code=303, headers={"location": link})


@get("/api/notifications/settings", access="member", summary="By which channels, and when")
async def get_settings(read: ReadSession, ports: Ports, member: Viewer) -> NoticeSettings:
    """Every kind with its channels; times are minutes of the day in Lagos."""
    return await service.settings_of(read, ports.get(Carriers), member.person_id)


@put("/api/notifications/settings", access="member", summary="Choose channels, digest and quiet hours", status_code=204)
async def put_settings(data: SettingsInput, write: WriteSession, member: Viewer) -> None:
    """Kinds and channels that are not named stay as they are."""
    await service.set_settings(write, member.person_id, data)


@post("/api/notifications/browsers", access="member", summary="Take pushes on this browser", status_code=204)
async def add_browser(data: SubscriptionInput, write: WriteSession, settings: Settings, member: Viewer) -> None:
    """The browser's subscription, as it gives it."""
    await service.add_device(write, settings, member.person_id, data)


@post("/api/notifications/browsers/forget", access="member", summary="No more pushes on this browser", status_code=204, problems=(404,))
async def drop_browser(data: Browser, write: WriteSession, member: Viewer) -> None:
    """Not found when it is not one's own."""
    if not await service.drop_device(write, member.person_id, endpoint=data.endpoint):
        raise NoSuchNotice(told("This browser is not one of yours."))


@post(
    "/api/notifications/pushes", access="public", purse="push-report", summary="A push was shown, or tapped", status_code=204,
    problems=(404,),
)  # fmt: skip
async def tell_of_push(data: PushReport, write: WriteSession, settings: Settings, limiter: Limiter) -> None:
    """Told by the browser's worker, signed in or not, by the token in the push. Said again, or too late, it changes nothing."""
    await service.push_report(write, settings, limiter, data)


ENDPOINTS = (
    list_notices, count_unread, export_deliveries, export_decided, read_notices, open_one, open_notice, get_settings, put_settings, add_browser,
    drop_browser, tell_of_push, *HOOKS,
)  # fmt: skip
