"""/ops/calendar: when Nollywood is busy, kept by operators; whole without JavaScript."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import Parameter

from nollycrewhub.kit.time import utcnow
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.scaling.calendar import service
from nollycrewhub.scaling.calendar.schemas import EntryForm
from nollycrewhub.scaling.errors import ChangedMeanwhile, TooManyEvents, WrongEntry
from nollycrewhub.web.forms import Form, read_form
from nollycrewhub.web.page import go, page

HOME = "/ops/calendar"
MOST_ID = 2**63 - 1


class RemoveForm(msgspec.Struct, kw_only=True):
    """Which version an operator wants out of the calendar."""

    version: int


async def shown(
    read: ReadSession, ports: Ports, operator: Viewer, *, editing: int = 0, before: UUID | None = None,
    form: Form[EntryForm] | None = None, errors: dict[str, str] | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    """The page, with what was typed when that was wrong."""
    moment = utcnow()
    props = await service.overview(
        read, ports, moment, editing=editing, before=before, confirmed=operator.has_confirmed(moment.timestamp()),
        raw=form.raw if form else None, errors=errors,
    )  # fmt: skip
    return page("scaling/calendar.html", props, title="Calendar", status=status)


@get(HOME, access="operator", include_in_schema=False)
async def calendar_page(
    read: ReadSession, ports: Ports, operator: Viewer,
    event: Annotated[int, Parameter(ge=0, le=MOST_ID)] = 0, cursor: UUID | None = None,
) -> Response[bytes]:  # fmt: skip
    """Now, all events, the form, and who changed what when."""
    return await shown(read, ports, operator, editing=event, before=cursor)


@post(HOME, access="operator", confirmed=True, include_in_schema=False)
async def add_event(request: AnyRequest, db: Database, write: WriteSession, ports: Ports, operator: Viewer) -> Response[bytes]:
    """A new event."""
    form = await read_form(request, EntryForm)
    errors = form.errors
    if form.value is not None:
        try:
            await service.add(write, operator.person_id, form.value.entry)
            return go(HOME)
        except WrongEntry as error:
            errors = error.errors
        except TooManyEvents as error:
            return await shown(db.read_session(primary=True), ports, operator, form=form, errors={"": error.detail}, status=409)
    return await shown(db.read_session(primary=True), ports, operator, form=form, errors=errors, status=422)


@post("/ops/calendar/{event_id:int}", access="operator", confirmed=True, include_in_schema=False)
async def change_event(
    event_id: int, request: AnyRequest, db: Database, write: WriteSession, ports: Ports, operator: Viewer
) -> Response[bytes]:  # fmt: skip
    """Another text for an event; two operators at once are told of each other."""
    form = await read_form(request, EntryForm)
    errors, status, typed = form.errors, 422, True
    if form.value is not None:
        try:
            await service.change(write, operator.person_id, bounded(event_id), form.value.entry, version=form.value.version)
            return go(HOME)
        except WrongEntry as error:
            errors = error.errors
        except ChangedMeanwhile as error:
            errors, status, typed = {"": error.detail}, 409, False  # the form shows what the other one wrote
    return await shown(
        db.read_session(primary=True), ports, operator, editing=bounded(event_id), form=form if typed else None, errors=errors, status=status
    )  # fmt: skip


@post("/ops/calendar/{event_id:int}/remove", access="operator", confirmed=True, include_in_schema=False)
async def remove_event(event_id: int, request: AnyRequest, write: WriteSession, operator: Viewer) -> Response[bytes]:
    """Takes an event away; the history keeps it."""
    form = await read_form(request, RemoveForm)
    version = form.value.version if form.value else 0
    await service.remove(write, operator.person_id, bounded(event_id), version=version)
    return go(HOME)


def bounded(event_id: int) -> int:
    """A number that the database can look for; one past all of them is nobody's."""
    return min(event_id, MOST_ID)


PAGES = (calendar_page, add_event, change_event, remove_event)
