"""/dev/mail: the laptop's mailbox. Registered by the command line in the laptop and test shapes only."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response, get

from nollycrewhub.platform.db import Database, Query
from nollycrewhub.web.page import page

SHOWN = 100


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One delivered mail or text message."""

    id: UUID
    channel: str
    recipient: str
    subject: str
    text: str
    at: datetime


class Letters(msgspec.Struct):
    """Props of the page, and the JSON answer."""

    letters: list[Letter]


NEWEST = Query(Letter, "select id, channel, recipient, subject, text, at from platform.mailbox order by id desc limit $1")


@get("/dev/mail", access="public", include_in_schema=False)
async def mailbox_page(db: Database) -> Response[bytes]:
    """The newest hundred, as a page."""
    letters = await db.read_session(primary=True).rows(NEWEST, SHOWN)
    return page("dev/mail.html", Letters(letters), title="Mailbox of this laptop")


@get("/dev/mail.json", access="public", include_in_schema=False)
async def mailbox_json(db: Database) -> Letters:
    """The same for tests and scripts."""
    return Letters(await db.read_session(primary=True).rows(NEWEST, SHOWN))


ROUTES = (mailbox_page, mailbox_json)
