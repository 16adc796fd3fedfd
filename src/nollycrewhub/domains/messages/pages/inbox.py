"""The inbox, the requests, the search, and who sees when one was here."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.params import Parameter

from nollycrewhub.domains.messages import service
from nollycrewhub.domains.messages.errors import BadMessage
from nollycrewhub.domains.messages.pages.showing import line_of, name_of
from nollycrewhub.domains.messages.rules.links import first_warning
from nollycrewhub.domains.messages.schemas import Box
from nollycrewhub.domains.messages.schemas.props import HitLine, InboxPage, SearchPage, SettingsPage
from nollycrewhub.kit.time import utcnow
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.web.page import fragment, go, page

HOME = "/me/messages"
Cursor = Annotated[str, Parameter(max_length=400)]


async def inbox_props(read: ReadSession, member: Viewer, ports: Ports, box: str, cursor: str) -> InboxPage:
    """A page of conversations with names to them."""
    found = await service.inbox(read, member.person_id, box=box, cursor=cursor)
    cards = await service.cards_of(read, [one for glance in found.conversations for one in glance.others[:1]], ports)
    lines = [line_of(glance, member.person_id, cards) for glance in found.conversations]
    return InboxPage(
        box=box, lines=lines, unread=found.unread, requests=found.requests, next=found.next, now=utcnow(), person_id=member.person_id
    )  # fmt: skip


@get(HOME, access="member", include_in_schema=False)
async def inbox_page(read: ReadSession, member: Viewer, ports: Ports, box: Box = "inbox", cursor: Cursor = "") -> Response[bytes]:
    """Conversations, newest first."""
    return page("messages/inbox.html", await inbox_props(read, member, ports, box, cursor), title=told("Messages"))


@get(HOME + "/list", access="member", include_in_schema=False)
async def inbox_list(read: ReadSession, member: Viewer, ports: Ports, box: Box = "inbox") -> Response[bytes]:
    """The list alone, for a page that is open."""
    return fragment("messages/_list.html", await inbox_props(read, member, ports, box, ""))


@get(HOME + "/search", access="member", include_in_schema=False)
async def search_page(
    read: ReadSession, member: Viewer, ports: Ports, q: Annotated[str, Parameter(max_length=200)] = "", cursor: Cursor = ""
) -> Response[bytes]:  # fmt: skip
    """One's own messages with these words."""
    found = await service.search(read, member.person_id, q, cursor=cursor)
    cards = await service.cards_of(read, [row.author_id for row in found.messages], ports)
    hits = [
        HitLine(
            row=row, name=told("You") if row.author_id == member.person_id else name_of(cards.get(row.author_id or member.person_id)),
            warning=first_warning(row.text),
        )
        for row in found.messages
    ]  # fmt: skip
    return page("messages/search.html", SearchPage(q=q, hits=hits, next=found.next), title=told("Search messages"))


@get(HOME + "/choices", access="member", include_in_schema=False)
async def choices_page(read: ReadSession, member: Viewer, ports: Ports, saved: bool = False) -> Response[bytes]:
    """Who sees when one was here, and whom one has blocked."""
    blocked = await service.blocks(read, member.person_id)
    cards = await service.cards_of(read, [one.person_id for one in blocked], ports)
    props = SettingsPage(
        presence=await service.chosen(read, member.person_id), saved=saved,
        blocked=[(one.person_id, name_of(cards.get(one.person_id)), one.since) for one in blocked],
    )  # fmt: skip
    return page("messages/choices.html", props, title=told("Message choices"))


@post(HOME + "/choices", access="member", include_in_schema=False)
async def choose_page(request: AnyRequest, write: WriteSession, member: Viewer) -> Response[bytes]:
    """Keeps what was chosen."""
    chosen = str((await request.form()).get("presence", ""))
    if chosen not in ("talks", "nobody"):
        raise BadMessage(told("Choose who may see when you were here."), field="presence")
    await service.choose(write, member.person_id, chosen)
    return go(HOME + "/choices?saved=true")


@post(HOME + "/blocks/{person_id:uuid}/{block:str}", access="member", include_in_schema=False)
async def block_page(person_id: UUID, block: str, read: ReadSession, write: WriteSession, member: Viewer, ports: Ports) -> Response[bytes]:
    """Blocks or unblocks by one button."""
    if block == "on":
        await service.block(write, read, member.person_id, person_id, ports=ports)
    elif block == "off":
        await service.unblock(write, member.person_id, person_id)
    else:
        raise BadMessage(told("Somebody can be blocked, or not."), field="block")
    return go(HOME + "/choices")


INBOX_PAGES = (inbox_page, inbox_list, search_page, choices_page, choose_page, block_page)
