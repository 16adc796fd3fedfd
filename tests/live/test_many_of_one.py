"""One person with many sockets: each hears everything, there is a number past which no more are let in, and one end ends them all."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from nollycrewhub.kit.ids import uuid7
from nollycrewhub.platform.live.doorway import MOST_A_PERSON
from tests.journeys.conftest import PASSWORD
from tests.journeys.conftest import Join as Register
from tests.journeys.conftest import join as register  # noqa: F401 - pytest finds fixtures by name
from tests.live.conftest import Listen, Listener, Person, dial
from tests.measuring import Measure
from tests.served import Served

Join = Callable[[], Awaitable[Person]]
Tell = Callable[..., Awaitable[None]]
Pair = tuple[Served, Served]
EACH, TOLD = 20, 25
WITHIN = 1.0


async def test_twenty_sockets_of_one_person_on_each_instance_all_hear_each_message(pair: Pair, join: Join, listen: Listen, tell: Tell, measured: Measure) -> None:  # fmt: skip
    ada = await join()
    listeners = [await listen(served, ada) for served in pair for _ in range(EACH)]
    for listener in listeners:
        assert [entry["ch"] for entry in (await listener.subscribe(ada.channel))["on"]] == [ada.channel]
    began = time.monotonic()
    for number in range(TOLD):
        await tell(ada.channel, "news", {"number": number})
    for listener in listeners:
        await listener.until(lambda listener=listener: len(listener.messages(ada.channel)) >= TOLD)
    measured("sockets-of-one-person", sockets=len(listeners), messages=TOLD, seconds=round(time.monotonic() - began, 2))
    for listener in listeners:
        assert listener.messages(ada.channel) == list(range(1, TOLD + 1))
        assert [frame["d"]["number"] for frame in listener.frames if frame["op"] == "msg"] == list(range(TOLD))


async def test_past_two_hundred_sockets_in_a_process_no_more_are_let_in_and_those_inside_hear_on(pair: Pair, join: Join, listen: Listen, tell: Tell) -> None:  # fmt: skip
    assert MOST_A_PERSON == 200, "docs/mechanisms/realtime.md says so"
    ada, obi = await join(), await join()
    first, last = await listen(pair[0], ada), await listen(pair[1], ada)
    for listener in (first, last):
        await listener.subscribe(ada.channel)
    more: list[ClientConnection] = []
    try:
        for _ in range(0, MOST_A_PERSON - 1, 20):
            wanted = min(20, MOST_A_PERSON - 1 - len(more))
            more += await asyncio.gather(*(dial(pair[0], **ada.bearer) for _ in range(wanted)))
        with pytest.raises(InvalidStatus) as refused:
            await dial(pair[0], **ada.bearer)
        assert refused.value.response.status_code == 429 and refused.value.response.headers["retry-after"] == "60"
        assert "You have too many connections. Close some pages." in (refused.value.response.body or b"").decode()
        elsewhere, another = await listen(pair[1], ada), await listen(pair[0], obi)
        assert elsewhere.closed is another.closed is None, "the limit is a process's and a person's"
        await tell(ada.channel)
        for listener in (first, last):
            await listener.heard(op="msg", ch=ada.channel, n=1)
        await more.pop().close()
        async with asyncio.timeout(5):
            while not await is_let_in(pair[0], ada):  # noqa: ASYNC110 - another process lets in
                await asyncio.sleep(0.05)
    finally:
        await asyncio.gather(*(socket.close() for socket in more))


async def is_let_in(served: Served, person: Person) -> bool:
    """Whether one more socket is taken; it is closed again."""
    try:
        await (await dial(served, **person.bearer)).close()
    except InvalidStatus:
        return False
    return True


async def all_end(listeners: list[Listener], act: Callable[[], Awaitable[httpx.Response]]) -> float:
    """Does something that ends all of these, and says how long after it began the last had been told and closed."""
    for listener in listeners:
        await listener.subscribe("person:me")
    began = time.monotonic()
    answer = await act()
    assert answer.status_code == 303, answer.text
    assert {await listener.ended() for listener in listeners} == {(4401, "signed-out")}
    return time.monotonic() - began


@pytest.mark.parametrize("way", ["ban", "signout-everywhere"])
async def test_a_ban_and_signing_out_everywhere_close_each_socket_within_a_second(pair: Pair, register: Register, listen: Listen, tell: Tell, measured: Measure, way: str) -> None:  # noqa: F811  # fmt: skip
    """Asked for at the front door, as an operator or the person does; on every instance, and of every device."""
    operator, member = await register("Op Erator", operator=True), await register("Ada Ends")
    phone = await register_again(member.client, member.email)
    people = [Person(uuid7(), token) for token in (member.client.cookies["session"], phone)]
    listeners = [await listen(served, person) for person in people for served in pair for _ in range(EACH // 2)]
    others = [await listen(served, Person(uuid7(), operator.client.cookies["session"])) for served in pair]
    if way == "ban":
        took = await all_end(listeners, lambda: operator.client.post(f"/ops/people/{member.person_id}/ban", data={"reason": "Asked talent for money."}))  # fmt: skip
    else:
        took = await all_end(listeners, lambda: member.client.post("/me/signout-everywhere"))
    measured("sockets-closed", way=way, sockets=len(listeners), seconds=round(took, 3))
    assert took < WITHIN
    await tell(f"person:{member.person_id}", "secret")
    assert all(frame["op"] != "msg" for listener in listeners for frame in listener.frames)
    assert all(one.closed is None for one in others)
    for person in people:
        with pytest.raises(InvalidStatus) as refused:
            await dial(pair[0], **person.bearer)
        assert refused.value.response.status_code == 401


async def register_again(client: httpx.AsyncClient, email: str) -> str:
    """Signs the same person in on another device; its token."""
    answer = await client.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])
