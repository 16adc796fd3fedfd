"""/me/notices and what belongs to it, whole without JavaScript; the pages behind links in mails and text messages."""

from datetime import date
from uuid import UUID

import msgspec
from litestar import Response, get, post

from nollycrewhub.domains.notifications import service
from nollycrewhub.domains.notifications.errors import NoSuchNotice
from nollycrewhub.domains.notifications.rules import KINDS, retell
from nollycrewhub.domains.notifications.rules.kinds import CHANNEL_NAMES
from nollycrewhub.domains.notifications.schemas import (
    ChoiceInput,
    NoticesPage,
    SeenLinkPage,
    SettingsInput,
    SettingsPage,
    ShownNotice,
    StopPage,
)
from nollycrewhub.kit.time import lagos_day, utcnow
from nollycrewhub.kit.told import told
from nollycrewhub.platform.carriers import Carriers
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import Invalid
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.settings import Settings
from nollycrewhub.web.page import go, page

HOUR = 60


def in_words(notice: ShownNotice) -> ShownNotice:
    """A notice as it is said now: what is stored is English."""
    said = retell(notice.kind, notice.subject, notice.body, notice.link)
    return msgspec.structs.replace(notice, subject=said.subject, body=said.body)


@get("/me/notices", access="member", include_in_schema=False)
async def notices_page(read: ReadSession, member: Viewer, cursor: UUID | None = None, kind: str = "") -> Response[bytes]:
    """Own notices, newest first; one kind only, if one likes."""
    wanted = kind if kind in KINDS else ""
    found = await service.listing(read, member.person_id, before=cursor, kind=wanted or None)
    kinds = await service.kinds_held(read, member.person_id)
    props = NoticesPage(notices=[in_words(one) for one in found.notices], unread=found.unread, next=found.next, kind=wanted, kinds=kinds)
    return page("notifications/notices.html", props, title=told("Notices"))


@post("/me/notices/read", access="member", include_in_schema=False)
async def read_page(request: AnyRequest, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Marks what was on the page as read, and shows the page again."""
    form = await request.form()
    try:
        up_to = UUID(str(form.get("up_to", "")))
    except ValueError:
        raise Invalid(told("Open the notices page again and press the button there."), field="up_to") from None
    await service.mark_all_read(write, member.person_id, up_to=up_to)
    return go("/me/notices")


@get("/me/notices/sent", access="member", include_in_schema=False)
async def sent_page(read: ReadSession, ports: Ports, member: Viewer, cursor: UUID | None = None) -> Response[bytes]:
    """Whom one's own decisions told, and who has seen it."""
    props = await service.seen_by(read, ports, member.person_id, before=cursor)
    props.rows = [msgspec.structs.replace(row, subject=retell(row.kind, row.subject, "", "").subject) for row in props.rows]
    return page("notifications/sent.html", props, title=told("Who has seen it"))


@get("/me/notices/settings", access="member", include_in_schema=False)
async def settings_page(read: ReadSession, ports: Ports, member: Viewer, saved: str = "") -> Response[bytes]:
    """By which channels, and when."""
    found = await service.settings_of(read, ports.get(Carriers), member.person_id)
    channels = [(channel, CHANNEL_NAMES[channel]) for channel in found.offered]
    props = SettingsPage(
        settings=found, channels=channels, devices=await service.devices(read, member.person_id), saved=bool(saved),
        is_laptop="push" in found.offered and not found.push_key,
    )  # fmt: skip
    return page("notifications/settings.html", props, title=told("How notices reach you"))


def is_below(limit: int, text: str) -> bool:
    """Whether the text is one or two digits, and a number below the limit."""
    return text.isascii() and text.isdecimal() and len(text) <= 2 and int(text) < limit


def minutes(text: str, field: str) -> int:
    """Minutes of the day of `21:00`; Invalid names the field."""
    hours, _, rest = text.partition(":")
    if not (is_below(24, hours) and is_below(60, rest)):
        raise Invalid(told("Write a time, for example 21:00."), field=field)
    return int(hours) * HOUR + int(rest)


@post("/me/notices/settings", access="member", include_in_schema=False)
async def save_settings_page(request: AnyRequest, write: WriteSession, ports: Ports, member: Viewer) -> Response[bytes]:
    """Stores the whole form: a box that is not ticked is off."""
    form = await request.form()
    ticked = {str(value) for value in form.getall("on", [])}
    digest, hour = str(form.get("digest", "off")), str(form.get("digest_hour", "8"))
    if digest not in ("off", "daily", "weekly") or not is_below(24, hour):
        raise Invalid(told("Choose when one mail of all should come."), field="digest")
    offered = ports.get(Carriers).offered
    choices = [
        ChoiceInput(kind, channel, f"{kind}/{channel}" in ticked)  # type: ignore[arg-type]
        for kind in KINDS for channel in offered
    ]  # fmt: skip
    await service.set_settings(write, member.person_id, SettingsInput(
        digest=digest, digest_hour=int(hour), choices=choices,  # type: ignore[arg-type]
        quiet_from=minutes(str(form.get("quiet_from", "21:00")), "quiet_from"),
        quiet_until=minutes(str(form.get("quiet_until", "07:00")), "quiet_until"),
    ))  # fmt: skip
    return go("/me/notices/settings?saved=yes")


@post("/me/notices/browsers/{device_id:uuid}/forget", access="member", include_in_schema=False)
async def forget_browser(device_id: UUID, write: WriteSession, member: Viewer) -> Response[bytes]:
    """No more pushes on one of one's browsers."""
    if not await service.drop_device(write, member.person_id, device_id=device_id):
        raise NoSuchNotice(told("This browser is not one of yours."))
    return go("/me/notices/settings")


@get("/notices/stop/{stop_token:str}", access="public", include_in_schema=False)
async def stop_page(stop_token: str, settings: Settings) -> Response[bytes]:
    """Where the link in a mail leads: one button. Opening it stops nothing, since mail scanners open links too."""
    label, channel = service.stopping(settings, stop_token)
    return page("notifications/stop.html", StopPage(stop_token, label, channel), title=told("Stop these messages"), robots="noindex")


@post("/notices/stop/{stop_token:str}", access="public", include_in_schema=False)
async def stop_now(stop_token: str, write: WriteSession, settings: Settings) -> Response[bytes]:
    """The button, and what mail programs post for their own (RFC 8058)."""
    label, channel = await service.stop(write, settings, stop_token)
    return page("notifications/stop.html", StopPage(stop_token, label, channel, done=True), title=told("Stopped"), robots="noindex")


@get("/n/{seen_token:str}", access="public", include_in_schema=False)
async def seen_page(seen_token: str, read: ReadSession, settings: Settings) -> Response[bytes]:
    """The link in a text message: what it is about, and a button that says one has seen it. Opening it says nothing."""
    notice = await service.told_by_link(read, settings, seen_token)
    stops = await service.stops_of(read, settings, notice)
    said = retell(notice.kind, notice.subject, notice.body, notice.link)
    props = SeenLinkPage(seen_token, said.subject, said.body, notice.confirmed_at is not None, stops)
    return page("notifications/seen.html", props, title=said.subject, robots="noindex")


@post("/n/{seen_token:str}", access="public", include_in_schema=False)
async def seen_now(seen_token: str, read: ReadSession, write: WriteSession, settings: Settings) -> Response[bytes]:
    """Seen: nobody writes or rings any more; on to the page it is about."""
    return go(await service.seen_by_link(write, read, settings, seen_token))


@get("/ops/ring", access="operator", include_in_schema=False)
async def ring_page(read: ReadSession, ports: Ports, operator: Viewer) -> Response[bytes]:
    """People whom no channel reached."""
    return page("notifications/ring.html", await service.to_ring(read, ports), title="People to ring")


@get("/ops/sending", access="operator", include_in_schema=False)
async def sending_page(read: ReadSession, ports: Ports, settings: Settings, operator: Viewer) -> Response[bytes]:
    """What today's messages became, what the week cost, and what each kind says in a text message."""
    return page("notifications/sending.html", await service.sending(read, ports, settings), title="Sending")


@get("/ops/sending.csv", access="operator", include_in_schema=False, media_type="text/csv")
async def export_day(read: ReadSession, operator: Viewer, day: date | None = None, after: UUID | None = None) -> Response[str]:
    """Every message of a day in Lagos, today's unless it says otherwise; a long day comes in parts, and `Link` names the next."""
    wanted = day or lagos_day()
    if wanted > lagos_day():
        raise Invalid("This day has not begun in Lagos.", field="day")
    text, following = await service.day_as_csv(read, wanted, after=after)
    headers = {"content-disposition": f'attachment; filename="sending-{wanted}.csv"', "cache-control": "private, no-store"}
    if following is not None:
        headers["link"] = f'</ops/sending.csv?day={wanted}&after={following}>; rel="next"'
    return Response(text, media_type="text/csv", headers=headers)


@get("/ops/alerts", access="operator", include_in_schema=False)
async def alerts_page(read: ReadSession, ports: Ports, settings: Settings, operator: Viewer) -> Response[bytes]:
    """What operators were told, and what became of it."""
    props = await service.alerts_page(read, ports, settings, confirmed=operator.has_confirmed(utcnow().timestamp()))
    return page("notifications/alerts.html", props, title="Alerts")


@post("/ops/alerts/try", access="operator", confirmed=True, include_in_schema=False)
async def try_alerts(write: WriteSession, operator: Viewer) -> Response[bytes]:
    """Tells of a case that is none, by every channel."""
    await service.try_channels(write, operator.person_id)
    return go("/ops/alerts")


@post("/ops/ring/{delivery_id:uuid}/{outcome:str}", access="operator", include_in_schema=False)
async def rang_page(delivery_id: UUID, outcome: str, write: WriteSession, operator: Viewer) -> Response[bytes]:
    """Reached, or not."""
    if outcome not in ("reached", "missed"):
        raise Invalid(told("A call reached them, or missed them."), field="outcome")
    await service.rang(write, operator.person_id, delivery_id, reached=outcome == "reached")
    return go("/ops/ring")


PAGES = (
    notices_page, read_page, sent_page, settings_page, save_settings_page, forget_browser, stop_page, stop_now, seen_page, seen_now,
    ring_page, rang_page, sending_page, export_day, alerts_page, try_alerts,
)  # fmt: skip
