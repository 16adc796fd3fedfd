"""Two between whom a block stands hear nothing of each other's typing, and nobody is told of the block: not by a frame, not by a refusal."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import ReadSession
from nollycrewhub.platform.live.channels import NOBODY, Channel, Channels, Speaker, everyone
from nollycrewhub.platform.live.hearing import Hearing
from nollycrewhub.platform.sessions import Viewer
from tests.domains.test_messages import handle_of, open_with, turn
from tests.journeys.conftest import Join, Member
from tests.live.conftest import Listen, Listener, Person
from tests.messaging import join_fast
from tests.served import Served

Pair = tuple[Served, Served]
Three = tuple[Member, Member, Member]


@pytest.fixture
async def members(process: Process) -> AsyncIterator[Join]:
    """Makes people who have accounts."""
    async with join_fast(process) as run:
        yield run


@pytest.fixture
async def three(members: Join) -> Three:
    """People for one group."""
    return await members("Ada Obi"), await members("Bola Ade"), await members("Chidi Eze")


def ear(member: Member) -> Person:
    """The same person for a socket."""
    return Person(UUID(member.person_id), member.client.cookies["session"])


async def write(listener: Listener, channel: str, mark: int) -> None:
    """Says that one is typing, with something to know it by."""
    await listener.say({"op": "say", "ch": channel, "k": "typing", "d": mark})


def marks(listener: Listener) -> list[Any]:
    """What was heard of typing; one's own comes back too, and is passed over by pages."""
    return [frame["d"] for frame in listener.frames if frame["op"] == "msg" and frame["k"] == "typing"]


async def block(member: Member, other: Member, heard: Listener, *, on: bool = True) -> None:
    """Blocks or unblocks, and waits until another instance has been told."""
    before = len([frame for frame in heard.frames if frame.get("k") == "blocks"])
    if on:
        answer = await member.client.post("/api/messages/blocks", json={"person_id": other.person_id})
    else:
        answer = await member.client.delete(f"/api/messages/blocks/{other.person_id}")
    assert answer.status_code == 204
    await heard.until(lambda: len([frame for frame in heard.frames if frame.get("k") == "blocks"]) > before)


async def test_in_a_group_two_with_a_block_between_them_do_not_hear_each_other_type(pair: Pair, three: Three, listen: Listen) -> None:
    ada, bola, chidi = three
    opened = await open_with(ada, await handle_of(bola), await handle_of(chidi), title="Second unit")
    talk = opened.json()["message"]["conversation_id"]
    assert [await turn(member, talk, "accept") for member in (bola, chidi)] == [204, 204]
    channel = f"conversation:{talk}"
    hers, his, third = await listen(pair[1], ear(ada)), await listen(pair[0], ear(bola)), await listen(pair[0], ear(chidi))
    for listener in (hers, his, third):
        assert (await listener.subscribe(channel))["no"] == []
    told = await listen(pair[1], ear(bola))
    await told.subscribe(f"person:{bola.person_id}")

    await write(hers, channel, 1)
    await his.until(lambda: marks(his) == [1])
    await third.until(lambda: marks(third) == [1])
    await block(bola, ada, told)
    await write(hers, channel, 2)
    await third.until(lambda: marks(third) == [1, 2])
    await write(his, channel, 3)
    await third.until(lambda: marks(third) == [1, 2, 3])
    await write(third, channel, 4)  # whoever has heard this would have heard the others before
    for listener, expected in ((hers, [1, 2, 4]), (his, [1, 3, 4])):
        await listener.until(lambda listener=listener: 4 in marks(listener))
        assert marks(listener) == expected
    assert {frame["op"] for frame in hers.frames} == {"hello", "sub", "msg"}, "whoever is blocked is told nothing"
    assert {frame["k"] for frame in hers.frames if frame["op"] == "msg"} == {"typing"}
    await block(bola, ada, told, on=False)
    await write(hers, channel, 5)
    await his.until(lambda: marks(his) == [1, 3, 4, 5])


async def test_of_two_whoever_is_blocked_is_told_nothing_and_heard_by_nobody(pair: Pair, three: Three, listen: Listen) -> None:
    ada, bola, _ = three
    talk = (await open_with(ada, await handle_of(bola))).json()["message"]["conversation_id"]
    assert await turn(bola, talk, "accept") == 204
    channel = f"conversation:{talk}"
    hers, his, hers_too = await listen(pair[1], ear(ada)), await listen(pair[0], ear(bola)), await listen(pair[0], ear(ada))
    told = await listen(pair[1], ear(bola))
    await told.subscribe(f"person:{bola.person_id}")
    for listener in (hers, his, hers_too):
        await listener.subscribe(channel)
    await block(bola, ada, told)
    await write(hers, channel, 1)
    await hers_too.until(lambda: marks(hers_too) == [1])  # her own other page
    await block(bola, ada, told, on=False)
    await write(hers, channel, 2)
    await his.until(lambda: marks(his) == [2])
    again = await hers.subscribe(channel, number=2)
    assert (again["no"], [frame["op"] for frame in hers.frames if frame["op"] in ("gone", "error")]) == ([], [])
    assert again["on"][0]["n"] == 0, "nothing was told on the conversation's own channel"


async def test_who_must_not_hear_is_asked_once_a_minute_and_again_after_a_change() -> None:
    asked: list[str] = []

    async def ask(speakers: Any) -> list[frozenset[str]]:
        asked.extend(name for _, name, _ in speakers)
        if len(asked) == 2:
            hearing.forget()  # somebody blocks somebody while it is asked
        return [frozenset({str(len(asked))})] * len(speakers)

    hearing = Hearing(ask)
    viewer = Viewer(person_id=UUID(int=1), operator=False, name="Ada", session_key="k")
    assert [await hearing.apart(viewer, "room:1", "typing") for _ in range(3)] == [frozenset({"1"})] * 3
    hearing.forget()
    assert await hearing.apart(viewer, "room:1", "typing") == frozenset({"2"})
    kept = [await hearing.apart(viewer, "room:1", "typing") for _ in range(2)]
    assert kept == [frozenset({"3"})] * 2, "what was asked meanwhile was kept"
    assert asked == ["room:1"] * 3
    assert await hearing.apart(viewer, "room:1", "here") == frozenset({"4"}), "another kind may be heard by others"


async def test_many_who_speak_are_asked_about_together_and_a_channel_without_the_rule_keeps_nobody_apart(process: Process) -> None:
    calls: list[int] = []

    async def apart(speakers: Any, read: ReadSession) -> list[set[UUID]]:
        calls.append(len(speakers))
        return [{UUID(key)} for _, key, _ in speakers]

    channels = Channels((Channel("room", may=everyone, says=("typing",), apart=apart), Channel("hall", may=everyone, says=("typing",))))
    viewer = Viewer(person_id=UUID(int=1), operator=False, name="Ada", session_key="k")
    rooms = (f"room:{UUID(int=2)}", "hall:1", f"room:{UUID(int=3)}")
    speakers: list[Speaker] = [(viewer, name, "typing") for name in rooms]
    found = await channels.apart(speakers, process.runtime.db.read_session(primary=True))
    assert (found, calls) == ([frozenset({str(UUID(int=2))}), NOBODY, frozenset({str(UUID(int=3))})], [2])


async def test_who_comes_in_does_not_hear_whom_they_have_blocked_who_spoke_a_moment_ago(pair: Pair, three: Three, listen: Listen) -> None:
    ada, bola, chidi = three
    assert (await ada.client.post("/api/messages/blocks", json={"person_id": bola.person_id})).status_code == 204
    talk = (await open_with(chidi, await handle_of(bola), title="Second unit")).json()["message"]["conversation_id"]
    assert await turn(bola, talk, "accept") == 204
    channel = f"conversation:{talk}"
    his, third = await listen(pair[0], ear(bola)), await listen(pair[0], ear(chidi))
    for listener in (his, third):
        assert (await listener.subscribe(channel))["no"] == []
    await write(his, channel, 1)
    await third.until(lambda: marks(third) == [1])
    assert (await chidi.client.post(f"/api/messages/{talk}/people", json={"people": [await handle_of(ada)]})).status_code == 204
    told = await listen(pair[0], ear(ada))
    await told.subscribe(f"person:{ada.person_id}")
    assert await turn(ada, talk, "accept") == 204
    await told.until(lambda: any(frame.get("k") == "blocks" for frame in told.frames))
    hers = await listen(pair[1], ear(ada))
    assert (await hers.subscribe(channel))["no"] == []
    await write(his, channel, 2)
    await third.until(lambda: marks(third) == [1, 2])
    await write(third, channel, 3)
    await hers.until(lambda: 3 in marks(hers))
    assert marks(hers) == [3] and not [frame for frame in his.frames if frame.get("k") == "blocks"]


async def test_who_shows_nobody_that_they_are_here_is_not_heard_to_be_from_then_on(pair: Pair, three: Three, listen: Listen) -> None:
    """The page is as it was before they chose, on this screen or kept on another phone, and says it as it did."""
    ada, bola, _ = three
    talk = (await open_with(ada, await handle_of(bola))).json()["message"]["conversation_id"]
    assert await turn(bola, talk, "accept") == 204
    channel = f"conversation:{talk}"
    hers, his, told = await listen(pair[1], ear(ada)), await listen(pair[0], ear(bola)), await listen(pair[1], ear(ada))
    await told.subscribe(ada_own := f"person:{ada.person_id}")
    for listener in (hers, his):
        assert (await listener.subscribe(channel))["no"] == []

    async def choose(presence: str) -> None:
        before = told.messages(ada_own)
        assert (await ada.client.put("/api/messages/choices", json={"presence": presence})).status_code == 200
        await told.until(lambda: told.messages(ada_own) != before)

    async def heard_after_saying(mark: int) -> list[str]:
        already = len(his.frames)
        await hers.say({"op": "say", "ch": channel, "k": "here", "d": None})
        await write(hers, channel, mark)
        await his.until(lambda: mark in marks(his))
        return [frame["k"] for frame in his.frames[already:] if frame["op"] == "msg"]

    assert await heard_after_saying(1) == ["here", "typing"]
    await choose("nobody")
    assert await heard_after_saying(2) == ["typing"]
    await choose("talks")
    assert await heard_after_saying(3) == ["here", "typing"]
    assert {frame["op"] for frame in hers.frames} == {"hello", "sub", "msg"}
