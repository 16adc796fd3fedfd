"""Everybody else: pages and lists at a fixed rate, some of them signed in, open loop, times counted from the moment each was due."""

import asyncio
import random
import sys

import msgspec
import uvloop

from bench.live.people import Town
from nollycrewhub.kit.places import STATES
from nollycrewhub.loadtest.line import Ask, Lines

SIGNED_IN = 0.25  # of all pages


class Plan(msgspec.Struct, kw_only=True):
    """What to ask for, given on standard input."""

    port: int
    town: Town
    jobs: int
    rate: float
    seconds: float


class Pages(msgspec.Struct, kw_only=True):
    """What came back: of all, and of those who were signed in."""

    asked: int
    signed_in: int
    failed: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    signed_in_p95_ms: float


class Askers:
    """Draws the pages, and keeps how late each answer was."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rng = random.Random(3)  # noqa: S311 - the same pages each time
        self.lines = Lines(f"http://127.0.0.1:{plan.port}", self.rng)
        self.times: dict[str, list[float]] = {"public": [], "own": []}
        self.failed = 0

    def public(self) -> Ask:
        """The board, a state's list as a page or as JSON, one job."""
        state = self.rng.choice(STATES).code
        jobs = [
            "/jobs",
            f"/jobs?state={state}",
            f"/api/jobs?view=compact&limit=20&state={state}",
            f"/jobs/{self.rng.randrange(1, self.plan.jobs)}",
        ]
        return Ask("public", "GET", self.rng.choice(jobs))

    def own(self) -> Ask:
        """The inbox as a page and as JSON, a conversation's page and the part that an open one renews, notices, the board."""
        talk = self.rng.choice(self.plan.town.talks)
        person = self.plan.town.people[self.rng.choice((talk.one, talk.other))]
        here = f"/me/messages/{talk.id}"
        paths = ["/me/messages", "/api/messages?limit=20", here, f"{here}/list", "/me/notices", "/jobs"]
        return Ask("own", "GET", self.rng.choice(paths), token=person.token)

    async def one(self, due: float) -> None:
        """One page."""
        loop = asyncio.get_running_loop()
        ask = self.own() if self.rng.random() < SIGNED_IN else self.public()
        try:
            got = await asyncio.wait_for(self.lines.ask(ask), 10)
            self.failed += got.status != 200 and (ask.kind, got.status) != ("public", 404)
        except (OSError, TimeoutError, EOFError):
            self.failed += 1
        self.times[ask.kind].append(loop.time() - due)

    async def work(self) -> Pages:
        """Asks at the rate until the time is over."""
        loop = asyncio.get_running_loop()
        began, sent = loop.time(), 0
        running: set[asyncio.Task[None]] = set()
        while (passed := loop.time() - began) < self.plan.seconds:
            while sent / self.plan.rate <= passed:
                running.add(asyncio.create_task(self.one(began + sent / self.plan.rate)))
                sent += 1
            running = {task for task in running if not task.done()}
            await asyncio.sleep(0.002)
        await asyncio.gather(*running)
        self.lines.close()
        own = sorted(self.times["own"])
        every = sorted([*self.times["public"], *own])
        return Pages(
            asked=sent, signed_in=len(own), failed=self.failed, p50_ms=at(every, 0.5), p95_ms=at(every, 0.95), p99_ms=at(every, 0.99),
            signed_in_p95_ms=at(own, 0.95),
        )  # fmt: skip


def at(times: list[float], part: float) -> float:
    """A percentile of sorted times, in milliseconds."""
    return round(times[min(len(times) - 1, int(len(times) * part))] * 1000, 1) if times else 0.0


if __name__ == "__main__":
    print(msgspec.json.encode(uvloop.run(Askers(msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)).work())).decode())
