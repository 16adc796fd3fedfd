"""A provider that never answers (bar L5): its own route is told so soon, and every other route is as quick as before."""

import asyncio
import time
from pathlib import Path

from nollycrewhub.loadtest.line import Ask
from nollycrewhub.platform.bulkhead import AT_ONCE
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.measuring import Measure
from tests.openloop import OpenLoop, part
from tests.served import Served, environment

SECONDS, TURNS = (15.0, 4) if FULL else (3.0, 1)  # with the storm and without in turn, so that both meet the same machine
RATE = 60.0
OTHERS = ("/jobs", "/api/jobs?view=full&q=nobody{}", "/talent", "/api/jobs?view=compact", "/signin")


def other(number: int) -> Ask:
    """Any other route, cached or not."""
    return Ask("other", "GET", OTHERS[number % len(OTHERS)].format(number))


class Hung:
    """Takes connections and never says a word. Counts them, and how many are open at once."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.open = self.most = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at.append(time.monotonic())
        self.open += 1
        self.most = max(self.most, self.open)
        while await reader.read(4096):
            pass
        self.open -= 1
        writer.close()


async def beside_a_storm(beside: OpenLoop, google: OpenLoop) -> None:
    """Asks for other routes while as many want to sign in with the provider."""
    over = False
    storm = asyncio.create_task(google.run(lambda _: Ask("google", "GET", "/signin/google"), rate=RATE, until=lambda: over))
    await beside.run(other, rate=RATE, until=SECONDS)
    over = True
    await storm


async def test_a_provider_that_hangs_slows_no_other_route(settings: Settings, tmp_path: Path, measured: Measure) -> None:
    hung = Hung()
    server = await asyncio.start_server(hung, "127.0.0.1", 0)
    issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    env = environment(settings, GOOGLE_CLIENT_ID="client", GOOGLE_CLIENT_SECRET="a-secret-of-tests-only", GOOGLE_ISSUER=issuer)  # noqa: S106
    served = Served(tmp_path, ["serve"], env).ready()
    try:
        alone, beside, google = OpenLoop(served.url), OpenLoop(served.url), OpenLoop(served.url)
        for _ in range(2):  # the first questions fill caches and pools
            await alone.run(other, rate=RATE, until=SECONDS / 2)
        alone.outcomes.clear()
        began = time.monotonic()
        for _ in range(TURNS):
            await alone.run(other, rate=RATE, until=SECONDS)
            await beside_a_storm(beside, google)
    finally:
        served.stop()
        server.close()
    before, during = (part([outcome.seconds for outcome in loop.outcomes], 0.95) for loop in (alone, beside))
    told = [outcome for outcome in google.outcomes if outcome.ended - began > SECONDS + 5.0 or not FULL]
    late = [at for at in hung.at if at - began > SECONDS + 6.0]
    a_second = len(late) / max(1.0, SECONDS * TURNS - 6.0)
    measured("L5", what="sign-in with Google, hung", others_p95_ms=before, others_p95_beside_ms=during, at_once=hung.most, bound=AT_ONCE,
             asked=len(google.outcomes), reached=len(hung.at), tries_a_second_once_open=round(a_second, 2),
             told_p95_ms=part([outcome.seconds for outcome in told], 0.95))  # fmt: skip
    assert set(beside.statuses()) == {200}, (beside.statuses(), beside.why)
    assert 0 < len(hung.at) < len(google.outcomes) / 2, "everybody was sent to the provider, or nobody"
    assert hung.most <= AT_ONCE
    if FULL:
        assert during <= before * 1.1 and a_second <= 1.0
