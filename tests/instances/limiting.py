"""One process of a fleet that asks the limiter: traces come on standard input, what became of each request goes out."""

import asyncio
import sys
import time

import msgspec

from nollycrewhub.platform.cache import connect
from nollycrewhub.platform.errors import TooMany
from nollycrewhub.platform.ratelimit import Limiter

LINES = 20


class Trace(msgspec.Struct):
    """When this process asks under a key (on the machine's monotonic clock), and the rate that holds there: `limit` a `per` seconds."""

    key: str
    limit: int
    per: int
    at: list[float]


class Asked(msgspec.Struct):
    """One request: it was decided between these two moments."""

    key: str
    before: float
    after: float
    admitted: bool


async def ask(limiter: Limiter, room: asyncio.Semaphore, trace: Trace, at: float) -> Asked:
    """One request at its time, or as soon as the client has a line free."""
    await asyncio.sleep(max(0.0, at - time.monotonic()))
    async with room:
        before = time.monotonic()
        try:
            await limiter.check(trace.key, limit=trace.limit, per=trace.per)
        except TooMany:
            return Asked(trace.key, before, time.monotonic(), False)
        return Asked(trace.key, before, time.monotonic(), True)


async def main() -> None:
    """All traces at once, each at its own times."""
    traces = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Trace])
    limiter = Limiter(connect(sys.argv[1], patience=30.0))
    room = asyncio.Semaphore(LINES)
    found = await asyncio.gather(*(ask(limiter, room, trace, at) for trace in traces for at in trace.at))
    sys.stdout.buffer.write(msgspec.json.encode(found))
    await limiter.client.aclose()


if __name__ == "__main__":
    asyncio.run(main())
