"""The writers: so many messages a second into conversations by chance, and now and then a listing that everybody hears of.

Each is a POST at the front door, as an open page sends it; it is due at its own moment, and its age counts from then.
"""

import asyncio
import math
import random
import sys
import time

import msgspec
import uvloop

from bench.live.people import Town
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.kit.places import STATES
from nollycrewhub.loadtest.line import Ask, Lines

PATIENCE = 30.0
WORDS = "We start at six at the old cinema. The generator comes with me, and the bus leaves from Yaba."


class Plan(msgspec.Struct, kw_only=True):
    """What to write, given on standard input."""

    port: int
    town: Town
    rate: float
    seconds: float
    everybody_every: float


class Written(msgspec.Struct, kw_only=True):
    """When each was due, by what its listeners hear of it; how many were refused; how late the answers were."""

    messages: dict[str, float]
    listings: dict[str, float]
    failed: int
    why: dict[str, int]
    answered_p95_ms: float


def message_heard(conversation: str, n: int) -> str:
    """A message as the frame tells it: its kind and its payload."""
    return f'message{{"conversation":"{conversation}","n":{n}}}'


def listing_heard(job: int, state: str) -> str:
    """A listing as the frame tells it."""
    return f'posted{{"id":{job},"kind":"crew","category":"gaffer","state":"{state}"}}'


def listing(state: str) -> dict[str, object]:
    """Something to post."""
    return {
        "title": "Gaffer for a night shoot", "kind": "crew", "category": "gaffer", "company": "Evening Light Films", "state": state,
        "pay": {"amount": 8_000_000}, "description": "Four nights with a small and kind crew.",
    }  # fmt: skip


class Writers:
    """One open loop of POSTs."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rng = random.Random(7)  # noqa: S311 - the same conversations each time
        self.lines = Lines(f"http://127.0.0.1:{plan.port}", self.rng)
        self.found = Written(messages={}, listings={}, failed=0, why={}, answered_p95_ms=0.0)
        self.took: list[float] = []

    async def _post(self, path: str, given: object, token: str, due: float) -> bytes | None:
        try:
            got = await asyncio.wait_for(self.lines.ask(Ask("write", "POST", path, msgspec.json.encode(given), token)), PATIENCE)
            why = "" if got.status == 201 else str(got.status)
        except (OSError, EOFError, TimeoutError) as error:
            got, why = None, type(error).__name__
        self.took.append(time.time() - due if not why else math.inf)
        if why or got is None:
            self.found.failed += 1
            self.found.why[why] = self.found.why.get(why, 0) + 1
            return None
        return got.body

    async def message(self, due: float) -> None:
        """Somebody writes in one of their conversations."""
        talk = self.rng.choice(self.plan.town.talks)
        author = self.plan.town.people[self.rng.choice((talk.one, talk.other))]
        given = {"text": WORDS[: self.rng.randrange(10, len(WORDS))], "client_id": uuid7()}
        body = await self._post(f"/api/messages/{talk.id}/messages", given, author.token, due)
        if body is not None:
            self.found.messages[message_heard(str(talk.id), msgspec.json.decode(body)["message"]["n"])] = due

    async def listing(self, due: float) -> None:
        """A listing goes public."""
        state = self.rng.choice(STATES).code
        body = await self._post("/api/jobs", listing(state), self.plan.town.poster, due)
        if body is not None:
            self.found.listings[listing_heard(msgspec.json.decode(body)["job"]["id"], state)] = due

    async def work(self) -> Written:
        """Writes everything, and says what became of it."""
        running: set[asyncio.Task[None]] = set()
        began = time.time()
        written, posted = 0, 0
        while (now := time.time()) - began < self.plan.seconds:
            while began + written / self.plan.rate <= now:
                running.add(asyncio.create_task(self.message(began + written / self.plan.rate)))
                written += 1
            if now - began >= (posted + 1) * self.plan.everybody_every:
                posted += 1
                running.add(asyncio.create_task(self.listing(now)))
            running = {task for task in running if not task.done()}
            await asyncio.sleep(0.002)
        await asyncio.gather(*running)
        self.lines.close()
        took = sorted(one for one in self.took if one < math.inf) or [0.0]
        self.found.answered_p95_ms = round(took[int(len(took) * 0.95)] * 1000, 1)
        return self.found


if __name__ == "__main__":
    print(msgspec.json.encode(uvloop.run(Writers(msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)).work())).decode())
