"""Everybody else: pages and lists at a fixed rate, open loop, times counted from the moment each was due."""

import asyncio
import random
import sys

import msgspec
import uvloop

from loadtest.line import Ask, Lines
from nollycrewhub.kit.places import STATES


class Plan(msgspec.Struct, kw_only=True):
    """What to ask for, given on standard input."""

    port: int
    jobs: int
    rate: float
    seconds: float


class Pages(msgspec.Struct, kw_only=True):
    """What came back."""

    asked: int
    failed: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


def paths(rng: random.Random, jobs: int) -> str:
    """The board, a state's list as a page or as JSON, one job."""
    state = rng.choice(STATES).code
    return rng.choice(
        ["/jobs", f"/jobs?state={state}", f"/api/jobs?view=compact&limit=20&state={state}", f"/jobs/{rng.randrange(1, jobs)}"]
    )


async def work(plan: Plan) -> Pages:
    """Asks at the rate until the time is over."""
    rng = random.Random(3)  # noqa: S311 - the same pages each time
    lines, loop = Lines(f"http://127.0.0.1:{plan.port}", rng), asyncio.get_running_loop()
    times: list[float] = []
    failed = 0

    async def one(due: float) -> None:
        nonlocal failed
        try:
            got = await asyncio.wait_for(lines.ask(Ask("page", "GET", paths(rng, plan.jobs))), 10)
            failed += got.status not in (200, 404)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            failed += 1
        times.append(loop.time() - due)

    began, sent = loop.time(), 0
    running: set[asyncio.Task[None]] = set()
    while (passed := loop.time() - began) < plan.seconds:
        while sent / plan.rate <= passed:
            running.add(asyncio.create_task(one(began + sent / plan.rate)))
            sent += 1
        running = {task for task in running if not task.done()}
        await asyncio.sleep(0.002)
    await asyncio.gather(*running)
    lines.close()
    times.sort()

    def at(part: float) -> float:
        return round(times[min(len(times) - 1, int(len(times) * part))] * 1000, 1)

    return Pages(asked=sent, failed=failed, p50_ms=at(0.5), p95_ms=at(0.95), p99_ms=at(0.99))


if __name__ == "__main__":
    print(msgspec.json.encode(uvloop.run(work(msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)))).decode())
