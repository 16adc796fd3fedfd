"""The same frames without a WebSocket: server-sent events and polling, with the same doors."""

import asyncio
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest

from tests.live.conftest import Person
from tests.served import Served

Join = Callable[[], Awaitable[Person]]
Tell = Callable[..., Awaitable[None]]
Pair = tuple[Served, Served]


def query(*channels: str, **last: Any) -> str:
    """The channels as the address names them."""
    return "to=" + urllib.parse.quote(msgspec.json.encode([{"ch": channel, **last} for channel in channels]))


async def frames(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    """The frames of an event stream."""
    async for line in lines:
        if line.startswith("data: "):
            yield msgspec.json.decode(line[6:])


async def test_events_bring_the_same_frames(pair: Pair, join: Join, tell: Tell, process: Any) -> None:
    ada = await join()
    async with (
        httpx.AsyncClient(base_url=pair[0].url, headers=ada.bearer, timeout=20) as client,
        client.stream("GET", f"/live/events?{query(ada.channel, 'ops')}") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "private, no-store"
        heard = frames(answer.aiter_lines())
        assert (await anext(heard))["who"] == str(ada.id)
        begun = await anext(heard)
        assert [one["ch"] for one in begun["on"]] == [ada.channel] and [one["ch"] for one in begun["no"]] == ["ops"]
        for number in range(3):
            await tell(ada.channel, "news", {"number": number})
            frame = await anext(heard)
            assert (frame["op"], frame["n"], frame["d"]) == ("msg", number + 1, {"number": number})
        await process.runtime.sessions.end(ada.token)
        assert (await anext(heard))["why"] == "signed-out"
        assert [frame async for frame in heard] == []


async def test_polls_miss_nothing_between_them(pair: Pair, join: Join, tell: Tell) -> None:
    ada = await join()
    async with httpx.AsyncClient(headers=ada.bearer, timeout=20) as client:

        async def poll(turn: int, to: str, wait: int = 5) -> list[dict[str, Any]]:
            answer = await client.get(f"{pair[turn % 2].url}/live/poll?wait={wait}&{to}")
            assert answer.status_code == 200, answer.text
            return list(answer.json()["frames"])

        begun = (await poll(0, query(ada.channel)))[-1]["on"][0]
        numbers, epoch, n = [], begun["e"], begun["n"]
        for turn in range(4):
            await tell(ada.channel)
            await tell(ada.channel)
            for frame in await poll(turn, query(ada.channel, e=epoch, n=n)):
                if frame["op"] == "msg":
                    epoch, n = frame["e"], frame["n"]
                    numbers.append(n)
        numbers += [frame["n"] for frame in await poll(0, query(ada.channel, e=epoch, n=n), wait=0) if frame["op"] == "msg"]
        n = numbers[-1]
        assert numbers == list(range(1, 9))
        waiting = asyncio.create_task(poll(0, query(ada.channel, e=epoch, n=n)))
        await asyncio.sleep(0.3)
        await tell(ada.channel)
        assert [frame["n"] for frame in await waiting if frame["op"] == "msg"] == [9]
        nothing = await poll(0, query(ada.channel, e=epoch, n=9), wait=1)
        assert [frame["op"] for frame in nothing] == ["hello", "sub"]
        forged = await poll(0, query(ada.channel, e=epoch, n=1000))
        assert forged[-1]["on"][0]["fresh"] is True


@pytest.mark.parametrize("path", ["/live/poll", "/live/events"])
async def test_the_doors_are_the_same(pair: Pair, join: Join, path: str) -> None:
    ada = await join()
    async with httpx.AsyncClient(base_url=pair[0].url, timeout=20) as client:
        for to in ("", "to=", "to=x", "to=[]", "to=" + "x" * 20_000, query(*(f"room:{n}" for n in range(101)))):
            assert (await client.get(f"{path}?{to}")).status_code in (400, 414, 422, 431), to[:20]
        asked = f"{path}?{query(ada.channel)}"
        assert (await client.get(asked, headers={"authorization": "Bearer nobody"})).status_code == 401
        assert (await client.get(asked, headers={"origin": "https://evil.example"})).status_code == 403
        stranger = await client.get(f"/live/poll?{query(ada.channel)}")
        assert stranger.json()["frames"][-1]["no"] == [{"ch": ada.channel, "why": "forbidden"}]
