"""The strip: both figures as their pages count them, and how far one's own channel was before they were counted."""

import re

from nollycrewhub.domains.users.schemas.props import FormPage
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import Query
from nollycrewhub.platform.worker import drain
from nollycrewhub.web.page import render
from tests.domains.test_messages import handle_of, open_with, turn
from tests.journeys.conftest import Join, Member

HELD = Query(str, "select epoch || ' ' || n from platform.live_channel where name = $1")


async def strip_of(member: Member) -> tuple[str, str, str]:
    """How far it knows, the figure of messages, and of notices; empty where none is shown."""
    text = (await member.client.get("/me/strip")).text
    known, messages, notices = (
        re.search(pattern, text) for pattern in (r'data-standing="([^"]*)"', r'<span class="count">(\d+)<', r'unread"(?! hidden)>(\d+)<')
    )
    assert known is not None
    return known[1], messages[1] if messages else "", notices[1] if notices else ""


async def test_the_strip_counts_both_and_says_how_far_it_knows(process: Process, join: Join) -> None:
    ada, bola = await join("Ada Obi"), await join("Bola Ade")
    assert await strip_of(bola) == (" 0", "", ""), "as a hub says it of a channel that has told nothing yet"
    talk = (await open_with(ada, await handle_of(bola))).json()["message"]["conversation_id"]
    await drain(process.runtime)
    read = process.runtime.db.read_session(primary=True)
    held = await read.value(HELD, f"person:{bola.person_id}")
    assert held and await strip_of(bola) == (held, "", "1"), "a request is a notice, and in no inbox yet"
    assert await turn(bola, talk, "accept") == 204
    await drain(process.runtime)
    known, messages, notices = await strip_of(bola)
    assert (messages, notices) == ("1", "") and known == await read.value(HELD, f"person:{bola.person_id}") != held


def test_many_are_ninety_nine_and_more_and_a_figure_without_its_domain_is_not_there() -> None:
    raw = {"name": "Ada", "operator": False, "standing": "1.2.3 4", "unread": 100, "notices": 2000}
    text = render("users/_strip.html", FormPage(raw=raw)).decode()
    assert text.count(">99+<") == 2 and 'aria-label="99+ unread"' in text
    alone = render("users/_strip.html", FormPage(raw={**raw, "unread": None, "notices": None})).decode()
    assert "data-badge" not in alone and 'id="unread"' not in alone
