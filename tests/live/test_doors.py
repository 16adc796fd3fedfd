"""Who gets in, what they may say, and that no "no" has an effect on anybody else."""

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from nollycrewhub.platform.app import Process
from nollycrewhub.platform.live.fallback import Reading
from nollycrewhub.platform.live.frames import Closed, Last
from nollycrewhub.platform.live.hub import MOST_ENDED
from nollycrewhub.platform.sessions import PREFIX, Viewer, key_of
from tests.conftest import FULL
from tests.live.conftest import Listen, Listener, Person, dial
from tests.measuring import Measure
from tests.served import Served

Join = Callable[[], Awaitable[Person]]
Tell = Callable[..., Awaitable[None]]
Pair = tuple[Served, Served]
ROUNDS = 25 if FULL else 2


async def status(served: Served, **headers: str) -> int:
    """What a handshake is answered with."""
    try:
        met = await dial(served, **headers)
        await met.close()
        response = met.response
    except InvalidStatus as refused:
        response = refused.response
    assert response is not None and response.headers["x-region"] == "africa", "every answer says which region it takes the asker for"
    return response.status_code


async def test_a_cookie_needs_a_page_of_ours_and_a_bearer_none(pair: Pair, join: Join, measured: Measure) -> None:
    ada, served = await join(), pair[0]
    cookie = {"cookie": f"session={ada.token}"}
    refused = [
        (cookie, 403), ({**cookie, "origin": "https://evil.example"}, 403), ({**cookie, "origin": "null"}, 403),
        ({**cookie, "origin": f"{served.url}.evil.example"}, 403), ({**cookie, "origin": served.url.replace("http:", "https:")}, 403),
        ({**cookie, "origin": pair[1].url}, 403), ({"authorization": "Bearer nobody"}, 401), ({"origin": "https://evil.example"}, 403),
    ]  # fmt: skip
    for headers, code in refused:
        assert await status(served, **headers) == code, headers
    for headers in ({**cookie, "origin": served.url}, ada.bearer, {}):
        assert await status(served, **headers) == 101, headers
    measured("W5", what="handshakes from elsewhere", tried=len(refused), let_in=0)


async def test_a_stranger_hears_what_is_public_and_nothing_else(pair: Pair, join: Join, listen: Listen, tell: Tell) -> None:
    ada, eve = await join(), await join()
    for listener in (await listen(pair[0]), await listen(pair[0], eve)):
        names = [ada.channel, "ops", "room:nowhere", "nonsense", "person", "jobs:1", "x" * 300, "person:" + "a" * 65, "person:me\n"]
        answer = await listener.subscribe("jobs", *names)
        assert [entry["ch"] for entry in answer["on"]] == ["jobs"]
        assert [refused["why"] for refused in answer["no"]] == ["forbidden"] * len(names)
        before = answer["on"][0]["n"]
        await tell(ada.channel, "secret")
        await tell("jobs", "posted", {"id": 1})
        await listener.until(lambda listener=listener, before=before: listener.messages("jobs") == [before + 1])
        assert listener.messages(ada.channel) == []


async def test_myself_is_another_name_for_my_own_channel(pair: Pair, join: Join, listen: Listen) -> None:
    ada = await join()
    listener, stranger = await listen(pair[0], ada), await listen(pair[0])
    assert [(one["ch"], one["as"]) for one in (await listener.subscribe("person:me"))["on"]] == [(ada.channel, "person:me")]
    assert (await stranger.subscribe("person:me"))["on"] == []


NONSENSE = [
    "", "x", "{}", "[]", "null", '{"op":"sub"}', '{"op":"sub","to":[{"ch":1}]}', '{"op":"sub","to":[{"ch":"jobs","n":"1"}]}',
    '{"op":"drop"}', '{"op":"msg","ch":"jobs","n":1}', '{"op":"say","ch":"jobs"}', "[" * 5000, '{"op":"sub","to":[{"ch":"jobs","n":1e99}]}',
]  # fmt: skip


async def test_nonsense_is_answered_and_changes_nothing(pair: Pair, join: Join, listen: Listen, tell: Tell) -> None:
    ada = await join()
    listener = await listen(pair[0], ada)
    await listener.subscribe(ada.channel)
    for number, text in enumerate(NONSENSE):
        await listener.socket.send(text)
        if number % 4 == 3:
            await asyncio.sleep(1.2)
    await listener.until(lambda: len([f for f in listener.frames if f.get("why") == "malformed"]) == len(NONSENSE))
    await tell(ada.channel)
    await listener.heard(op="msg", ch=ada.channel, n=1)


async def test_too_much_ends_the_connection_with_its_reason_and_nobody_elses(pair: Pair, join: Join, listen: Listen, tell: Tell) -> None:
    ada, obi = await join(), await join()
    calm = await listen(pair[0], obi)
    await calm.subscribe(obi.channel)
    large, binary, flood, garbage = [await listen(pair[0], ada) for _ in range(4)]
    for listener, sent in ((large, "x" * 10_000_000), (binary, b"bytes"), *[(flood, '{"op":"ping"}')] * 300):
        with contextlib.suppress(ConnectionClosed):
            await listener.socket.send(sent)
    transport = garbage.socket.transport
    transport.write(os.urandom(64) + b"\xff" * 200)
    assert (await large.ended())[0] == 1009
    assert await binary.ended() == (1003, "text-only")
    assert await flood.ended() == (4429, "flood")
    assert len([frame for frame in flood.frames if frame["op"] == "pong"]) <= 60 + 25
    assert (await flood.heard(op="bye", why="flood"))["retry"] >= 5
    assert (await garbage.ended())[0] in (1002, 1009, 1006)
    await tell(obi.channel)
    await calm.heard(op="msg", n=1)
    many = await calm.subscribe(*(f"room:{number}" for number in range(100)), number=2)
    assert len(many["no"]) == 100
    await calm.say({"op": "sub", "id": 3, "to": [{"ch": f"room:{number}"} for number in range(101)]})
    assert (await calm.heard(op="error", id=3))["why"] == "too-many"


async def test_the_end_of_a_session_closes_its_connections_everywhere_within_a_second(
    process: Process, pair: Pair, join: Join, listen: Listen, tell: Tell, measured: Measure
) -> None:
    """Signing out ends one session; a ban, or a new password, ends all of a person's."""
    sessions, obi = process.runtime.sessions, await join()
    others = [await listen(served, obi) for served in pair]
    took: dict[str, list[float]] = {"signed out": [], "all ended": []}
    for _ in range(ROUNDS):
        ada = await join()
        second = Person(ada.id, await sessions.create(ada.id, name="Ada"))
        phones, laptops = [await listen(served, ada) for served in pair], [await listen(served, second) for served in pair]
        for listener in (*phones, *laptops):
            await listener.subscribe(ada.channel)
        began = time.monotonic()
        await sessions.end(ada.token)
        took["signed out"] += await over(phones, began)
        await tell(ada.channel)
        for listener in laptops:
            await listener.heard(op="msg", n=1)
        began = time.monotonic()
        await sessions.end_all(ada.id)
        took["all ended"] += await over(laptops, began)
        assert all(listener.messages(ada.channel) == [] for listener in phones)
    assert all(listener.closed is None for listener in others)
    for what, seconds in took.items():
        measured(
            "W5",
            what=what,
            connections=len(seconds),
            instances=len(pair),
            most_ms=round(max(seconds) * 1000, 1),
            bar_ms=1000,
            heard_later=0,
        )
        assert max(seconds) < 1.0


async def test_a_session_that_ends_while_its_line_is_let_in_is_over_too(process: Process, join: Join) -> None:
    """The word of the end may come between the question who this is and the line's first frame."""
    ada, doorway = await join(), process.doorway
    late = Reading(doorway, "events")
    await doorway.admit(late, {b"authorization": f"Bearer {ada.token}".encode()}, "127.0.0.1", is_page=True)
    assert late.viewer is not None
    doorway.hub.end_sessions([late.viewer.session_key])
    doorway.hub.enter(late)
    assert late.is_over and [text.split(b",")[0] for text in late.take()] == [b'{"op":"hello"', b'{"op":"bye"']
    assert doorway.people.total() == 0 and doorway.hub.clients == {}
    for number in range(MOST_ENDED + 5):
        doorway.hub.end_sessions([str(number)])
    assert len(doorway.hub.ended) == MOST_ENDED
    await doorway.watch.stop()


@pytest.mark.parametrize("transport", ["events", "poll"])
async def test_who_is_let_in_while_the_process_begins_to_leave_is_sent_on_too(process: Process, join: Join, transport: str) -> None:
    """Those who are there are sent away; who was at the door meanwhile would stay until they are cut off without a word."""
    ada, doorway = await join(), process.doorway
    late = Reading(doorway, transport)
    coming = asyncio.create_task(doorway.admit(late, {b"authorization": f"Bearer {ada.token}".encode()}, "127.0.0.1", is_page=True))
    await asyncio.sleep(0)
    await doorway.hub.drain(0.2)
    await coming
    doorway.hub.enter(late)
    assert late.is_over and doorway.hub.clients == {} and doorway.people.total() == 0
    goodbye = msgspec.json.decode(late.take()[-1])
    assert (goodbye["op"], goodbye["code"], goodbye["why"]) == ("bye", Closed.RESTART, "restart") and 0 <= goodbye["retry"] <= 1.0
    await doorway.hub.subscribe(late, [Last(ada.channel)], number=0)
    assert late.take() == [] and doorway.hub.topics == {}, "nothing is begun for who has gone"
    await doorway.watch.stop()


async def test_a_word_that_was_missed_while_sessions_were_asked_about_has_them_asked_about_again(process: Process, join: Join) -> None:
    """The answer is older than the end: the line of endings broke after the sessions were read, and the session ended then."""
    ada, doorway = await join(), process.doorway
    watch, valkey = doorway.watch, process.runtime.valkeys.sessions
    known, asked = watch.sessions.known, asyncio.Event()

    async def known_before(keys: Sequence[str]) -> list[Viewer | None]:
        found = await known(keys)
        if not asked.is_set():
            await valkey.delete(PREFIX + key_of(ada.token))
            watch.ends._missed()
            asked.set()
        return found

    reading = Reading(doorway, "events")
    await doorway.admit(reading, {b"authorization": f"Bearer {ada.token}".encode()}, "127.0.0.1", is_page=True)
    doorway.hub.enter(reading)
    watch.sessions.known = known_before  # type: ignore[method-assign]
    try:
        watch.ends._missed()
        async with asyncio.timeout(5):
            await asked.wait()
            while not reading.is_over:
                reading.take()
                await reading.wait(5)
    finally:
        watch.sessions.known = known  # type: ignore[method-assign]
        await watch.stop()
    assert b'"why":"signed-out"' in reading.take()[-1]


async def over(listeners: list[Listener], began: float) -> list[float]:
    """Seconds until each was closed, with the session's end as the reason."""

    async def one(listener: Listener) -> float:
        assert await listener.ended(within=2.0) == (4401, "signed-out")
        return time.monotonic() - began

    return await asyncio.gather(*(one(listener) for listener in listeners))


@pytest.mark.parametrize("path", ["/", "/ws/", "/jobs", "/ws/../ws"])
async def test_other_addresses_have_no_live_connection(pair: Pair, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", pair[0].port)
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    writer.write((head + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
    assert (await reader.readline()).split()[1] == b"404"
    writer.close()
