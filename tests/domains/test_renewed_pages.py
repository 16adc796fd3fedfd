"""An open conversation asks only for what is other than it has it; whatever it lacks, it is given, and it weighs little."""

import base64
import json
import re
from typing import Any

from nollycrewhub.domains.messages.service.reading import PAGE
from nollycrewhub.kit import paging
from nollycrewhub.platform.app import Process
from tests.domains.test_messages import Pair, handle_of, open_with, say, turn
from tests.domains.test_messages import join as join  # noqa: PLC0414 - pytest finds fixtures by name
from tests.domains.test_messages import pair as pair  # noqa: PLC0414
from tests.journeys.conftest import Join, Member
from tests.measuring import Measure


def weight_of(answer: Any) -> int:
    """What an answer is on the wire, its headers too."""
    return int(answer.headers["content-length"]) + sum(len(name) + len(value) + 4 for name, value in answer.headers.multi_items())


class Open:
    """A page of a conversation, as messages.js keeps it."""

    def __init__(self, member: Member, talk: str) -> None:
        self.member = member
        self.talk = talk
        self.since = ""
        self.lines: dict[int, str] = {}
        self.unread_to = 0
        self.weight = 0

    async def renew(self) -> list[int] | None:
        """Which messages came; None where all of them did."""
        answer = await self.member.client.get(
            f"/me/messages/{self.talk}/list", params={"since": self.since}, headers={"accept-encoding": "gzip"}
        )
        assert answer.status_code == 200, answer.text
        head, _, body = answer.text.partition("<ol")[2].partition(">")
        lines = {int(n): line for n, line in re.findall(r'<li id="m(\d+)"(.*?)</li>', body, re.DOTALL)}
        is_part = "data-part" in head
        self.lines = {**self.lines, **lines} if is_part else lines
        self.since = re.findall(r'data-since="([^"]+)"', head)[0]
        self.unread_to = int(re.findall(r'data-unread-to="(\d+)"', head)[0])
        self.weight = weight_of(answer)
        return sorted(lines) if is_part else None

    async def is_right(self) -> bool:
        """Whether it shows what a page that is opened now shows."""
        fresh = Open(self.member, self.talk)
        assert await fresh.renew() is None
        return all(self.lines[n] == line for n, line in fresh.lines.items()) and self.unread_to == fresh.unread_to


async def opened(member: Member, talk: str) -> Open:
    """A page that has just come."""
    page = Open(member, talk)
    assert await page.renew() is None
    return page


def of(*values: object) -> str:
    """What a page might say that it has."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


async def change(member: Member, talk: str, n: int, text: str) -> None:
    """Other words."""
    assert (await member.client.put(f"/api/messages/{talk}/messages/{n}", json={"text": text})).status_code == 200


async def test_only_what_is_other_comes(pair: Pair, measured: Measure) -> None:
    ada, bola, talk = pair
    for number in range(PAGE + 3):
        author = (ada, bola)[number % 2]
        assert (await say(author, talk, f"Call time is {number % 12} on day {number}, at the gate of the old brewery.")).status_code == 201
    hers, his = await opened(ada, talk), await opened(bola, talk)
    assert (len(hers.lines), hers.unread_to) == (PAGE, PAGE + 3)
    whole = hers.weight
    assert (await hers.renew(), await his.renew()) == ([], []), "nothing has changed"
    nothing = hers.weight
    packed = {"accept-encoding": "gzip"}
    since = (await ada.client.get("/api/messages/sync")).json()["since"]
    assert (await say(bola, talk, "Bring the long lens.")).status_code == 201
    synced = await ada.client.get("/api/messages/sync", params={"since": since}, headers=packed)
    assert (await hers.renew(), await his.renew()) == ([PAGE + 5], [PAGE + 5])
    measured("renewed-conversation", messages=PAGE, whole_bytes=whole, one_more_bytes=hers.weight, nothing_bytes=nothing,
             by_sync_bytes=weight_of(synced))  # fmt: skip
    assert len(synced.json()["messages"]) == 1 and hers.weight < 0.6 * whole
    await change(ada, talk, PAGE + 2, "Call time is 5.")
    assert (await ada.client.delete(f"/api/messages/{talk}/messages/{PAGE}")).status_code == 204
    assert await hers.renew() == await his.renew() == [PAGE, PAGE + 2]
    assert await hers.is_right() and await his.is_right()
    assert (await ada.client.post(f"/api/messages/{talk}/read", json={"n": PAGE + 3})).status_code == 204
    assert set(await his.renew() or ()) >= {PAGE + 1, PAGE + 3}, "his own, which she has read"
    assert set(await hers.renew() or ()) >= {PAGE + 1, PAGE + 3}, "and they are not new to her"
    assert await hers.is_right() and await his.is_right()
    assert hers.unread_to == PAGE + 5, "what is unread and did not come again is still unread"


async def test_what_was_under_way_when_it_was_asked_comes_the_next_time(process: Process, pair: Pair) -> None:
    ada, _, talk = pair
    async with process.runtime.db.write_session() as session:
        await session.sql("update messages.message set text = 'Good evening.' where conversation_id = $1 and n = 1", talk)
        hers = await opened(ada, talk)
        assert "Good morning." in hers.lines[1]
        await session.commit()
    assert await hers.renew() == [1] and "Good evening." in hers.lines[1]


async def test_more_than_a_page_another_history_and_nonsense_are_answered_with_all_of_it(pair: Pair) -> None:
    ada, bola, talk = pair
    hers = await opened(ada, talk)
    first = hers.since
    values: list[Any] = list(paging.decode(first, *[int] * 7))
    others = [
        "nonsense", "e30", of(*values[:6]), of(values[0] + 1, *values[1:]), of(*values[:2], 2**63, *values[3:]), of(*values[:2], 10**30, *values[3:]),
        of(*values[:2], -1, *values[3:]), of(*values[:4], 2**40, *values[5:]), of(*values[:6], "x"), of(values[0], 1, *values[2:]),
    ]  # fmt: skip
    for since in others:
        hers.since = since
        assert await hers.renew() is None, since
    rows = [await say((ada, bola)[number % 2], talk, f"Number {number}") for number in range(PAGE + 1)]
    assert {row.status_code for row in rows} == {201}
    hers.since = first
    assert await hers.renew() is None and len(hers.lines) == PAGE and await hers.is_right()


async def test_who_comes_into_a_group_makes_its_marks_go_back(join: Join) -> None:
    """What all had read has not been read by somebody who has come since."""
    ada, bola, eve = await join("Ada Obi"), await join("Bola Ade"), await join("Eve Ojo")
    talk = (await open_with(ada, await handle_of(bola), await handle_of(eve), title="Second unit")).json()["message"]["conversation_id"]
    assert await turn(bola, talk, "accept") == 204
    assert (await say(ada, talk, "Call time is 6.")).status_code == 201
    assert (await bola.client.post(f"/api/messages/{talk}/read", json={"n": 2})).status_code == 204
    hers = await opened(ada, talk)
    assert ["· <span data-mark>read" in hers.lines[n] for n in (1, 2)] == [True, True]
    assert await turn(eve, talk, "accept") == 204
    assert await hers.renew() is None and await hers.is_right()
    assert ["· <span data-mark>read" in hers.lines[n] for n in (1, 2)] == [False, False]


async def test_what_thirty_conversations_weigh(join: Join, measured: Measure) -> None:
    ada = await join("Ada Obi")
    handle = await handle_of(ada)
    for number in range(PAGE):
        one = await join(f"Person {number:02}")
        assert (await open_with(one, handle, text=f"May I ask about the lamps of scene {number}?")).status_code == 201
    answer = await ada.client.get("/me/messages/list", params={"box": "requests"}, headers={"accept-encoding": "gzip"})
    assert answer.text.count("<li>") == PAGE
    measured("renewed-inbox", conversations=PAGE, bytes=weight_of(answer))
    assert weight_of(answer) < 6_000
