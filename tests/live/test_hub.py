"""One socket, two instances: what is committed arrives once and in order, and only where it may."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.live.conftest import Listen, Person, Start

Join = Callable[[], Awaitable[Person]]
Tell = Callable[..., Awaitable[None]]


async def test_messages_arrive_on_every_instance_in_order(start: Start, join: Join, listen: Listen, tell: Tell) -> None:
    one, two = start().ready(), start().ready()
    ada = await join()
    listeners = [await listen(one, ada), await listen(two, ada)]
    for listener in listeners:
        answer = await listener.subscribe(ada.channel)
        assert [entry["n"] for entry in answer["on"]] == [0]
    await asyncio.gather(*(tell(ada.channel, "news", {"number": number}) for number in range(20)))
    for listener in listeners:
        await listener.until(lambda listener=listener: len(listener.messages(ada.channel)) == 20)
        assert listener.messages(ada.channel) == list(range(1, 21))
        told: list[dict[str, Any]] = [f for f in listener.frames if f["op"] == "msg"]
        assert sorted(f["d"]["number"] for f in told) == list(range(20))
        assert all(f["at"].count("/") == 1 for f in told)
