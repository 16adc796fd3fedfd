"""/me/searches, and the page behind a mail's stop link: parse, call one service function, render."""

from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post

from nollycrewhub.domains.jobs import service
from nollycrewhub.domains.jobs.rules.search import FILTERS
from nollycrewhub.domains.jobs.schemas import SavedRow
from nollycrewhub.domains.jobs.schemas.props import SearchesPage, StopPage
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.errors import Invalid, Problem
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.web.page import go, page

HOME = "/me/searches"


def home() -> Response[bytes]:
    """Back to one's searches."""
    return go(HOME)


def asked_of(given: dict[str, str]) -> dict[str, str]:
    """The filters in an address."""
    return {name: value for name, value in given.items() if value and name in FILTERS}


def in_words(saved: SavedRow) -> SavedRow:
    """A saved search with its label as it is said now: the one that is kept is English."""
    question = dict(parse_qsl(saved.question))
    try:
        return msgspec.structs.replace(saved, label=service.label_of(service.read_saved(question)[0]))
    except Problem:
        return saved


async def searches(read: ReadSession, member: Viewer, offered: dict[str, str], error: str = "", status: int = 200) -> Response[bytes]:
    """The page, with the search one came with on top."""
    label = ""
    if offered and not error:
        try:
            label = service.label_of(service.read_saved(offered)[0])
        except Problem as problem:
            error, status = problem.detail or problem.title, problem.status
    props = SearchesPage(
        searches=[in_words(one) for one in await service.saved_searches(read, member.person_id)], most=service.MOST_SAVED,
        offered=urlencode(sorted(offered.items())) if label else "", offered_label=label, error=error,
    )  # fmt: skip
    return page("jobs/searches.html", props, title=told("Saved searches"), status=status)


@get(HOME, access="member", include_in_schema=False)
async def searches_page(request: AnyRequest, read: ReadSession, member: Viewer) -> Response[bytes]:
    """One's saved searches; the list of jobs links here with its filters."""
    return await searches(read, member, asked_of(dict(request.query_params.items())))


@post(HOME, access="member", include_in_schema=False)
async def save_page(request: AnyRequest, read: ReadSession, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Keeps a search, or says what stands against it."""
    form = await request.form()
    given = asked_of(dict(parse_qsl(str(form.get("question", "")), max_num_fields=20)))
    try:
        await service.save_search(write, read, member.person_id, given, by_mail=form.get("by_mail") == "yes")
    except Problem as problem:
        return await searches(read, member, {}, problem.detail or problem.title, problem.status)
    return home()


@post("/me/searches/{search_id:uuid}/{turn:str}", access="member", include_in_schema=False)
async def turn_page(search_id: UUID, turn: str, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Mail, quiet or forget, by one button each."""
    if turn == "forget":
        await service.forget_search(write, member.person_id, search_id)
    elif turn in ("mail", "quiet"):
        await service.set_search_mail(write, member.person_id, search_id, by_mail=turn == "mail")
    else:
        raise Invalid(told("A saved search can mail, be quiet or be forgotten."), field="turn")
    return home()


@get("/searches/stop/{stop:str}", access="public", include_in_schema=False)
async def stop_page(stop: str, read: ReadSession) -> Response[bytes]:
    """Where the link in a mail leads: one button. Opening it stops nothing, since mail scanners open links too."""
    return page(
        "jobs/stop.html",
        StopPage(link=stop, label=in_words(await service.stopping(read, stop)).label),
        title=told("Stop these mails"),
        robots="noindex",
    )


@post("/searches/stop/{stop:str}", access="public", include_in_schema=False)
async def stop_now(stop: str, write: WriteSession) -> Response[bytes]:
    """Stops the mails of that search; needs no sign-in."""
    label = in_words(await service.stop_mails(write, stop)).label
    return page("jobs/stop.html", StopPage(link=stop, label=label, done=True), title=told("Stopped"), robots="noindex")


SAVED = (searches_page, save_page, turn_page, stop_page, stop_now)
