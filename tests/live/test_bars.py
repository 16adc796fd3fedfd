"""Bars with a count: small here, whole with NOLLYCREWHUB_FULL. The listeners are the benchmark's, on raw epoll."""

import asyncio
import resource
import time
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from bench.live.__main__ import memory
from bench.live.crowd import Crowd, Listener, handshake, subscription
from bench.live.results import percentiles
from nollycrewhub.kit.ids import uuid7
from nollycrewhub.loadtest.line import Ask
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.live.hub import LEAST_SPREAD, MOST_SPREAD, SOCKETS_A_SECOND
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.live.conftest import Start
from tests.measuring import Measure
from tests.openloop import OpenLoop, Outcome
from tests.served import Served, environment

LISTENERS = 5000 if FULL else 200
BROADCASTS = 40 if FULL else 8
IDLE = 10_000 if FULL else 200
PER_SECOND = 500.0
CONNECT_P99_MS = 1000.0
KB_EACH = 40.0
WARM_S = 5.0 if FULL else 1.0
STEADY_S = 20.0 if FULL else 2.0
WINDOW_S = 3.0 if FULL else 1.0
AT_WORK = 500.0  # pages a second: a thousand requests over two instances
PAGES = AT_WORK if FULL else 50.0
OF_STEADY = 1.5


async def crowd_of(process: Process, served: Served, many: int) -> Crowd:
    """So many listeners of the job board on an instance, fifty pages a person."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 20_000)), hard))
    tokens = [await process.runtime.sessions.create(uuid7(), name="Ada") for _ in range(-(-many // 50))]
    listeners = [Listener(handshake(served.port, tokens[number // 50]), subscription(["jobs"])) for number in range(many)]
    return Crowd(served.port, listeners)


async def run(crowds: list[Crowd], over: asyncio.Event) -> None:
    """Reads for all of them."""
    while not over.is_set():
        for crowd in crowds:
            crowd.step(0.001)
        await asyncio.sleep(0.001)


@contextmanager
def workers(settings: Settings, folder: Path) -> Iterator[Served]:
    """Two web processes behind one address, as `serve --workers 2` starts them."""
    served = Served(folder, ["serve", "--workers", "2"], environment(settings, DRAIN_WAIT="0.5"))
    try:
        yield served.ready()
    finally:
        served.stop()


async def test_idle_sockets_are_let_in_soon_and_weigh_little(
    process: Process, settings: Settings, tmp_path: Path, measured: Measure
) -> None:
    """W1. The moment a connection is due counts, so a server that falls behind cannot hide it; memory is that of all processes."""
    with workers(settings, tmp_path) as served:
        supervisor = psutil.Process(served.process.pid)
        await asyncio.sleep(1)
        before = memory(supervisor)
        crowd = await crowd_of(process, served, IDLE)
        took = await asyncio.to_thread(crowd.connect_all, PER_SECOND)
        assert (crowd.open, crowd.broken) == (IDLE, 0)
        held, connect = memory(supervisor), percentiles(crowd.connected)
        each, more = held / 1024 / IDLE, (held - before) / 1024 / IDLE
        measured(
            "W1", sockets=IDLE, per_second=PER_SECOND, took_s=round(took, 1), connect_p50_ms=connect.p50_ms, connect_p99_ms=connect.p99_ms,
            most_ms=connect.most_ms, kb_each=round(each, 1), kb_more_each=round(more, 1), processes=1 + len(supervisor.children(recursive=True)),
        )  # fmt: skip
        assert connect.deliveries == IDLE
        if FULL:
            assert connect.p99_ms < CONNECT_P99_MS
            assert each < KB_EACH
        crowd.close()


async def test_a_broadcast_reaches_everyone_on_two_instances_once_and_in_order(
    process: Process, start: Start, tell: Callable[..., Awaitable[None]], measured: Measure
) -> None:
    instances = [start(), start()]
    crowds = [await crowd_of(process, served.ready(), LISTENERS // 2) for served in instances]
    for crowd in crowds:
        await asyncio.to_thread(crowd.connect_all, 400.0)
        assert (crowd.open, crowd.broken) == (LISTENERS // 2, 0)
    over = asyncio.Event()
    reading = asyncio.create_task(run(crowds, over))
    due: dict[str, float] = {}
    for number in range(BROADCASTS):
        due[f'posted{{"id":{number}}}'] = time.time()
        await tell("jobs", "posted", {"id": number})
        await asyncio.sleep(0.5 if FULL else 0.1)
    for _ in range(100):
        if sum(len(times) for crowd in crowds for times in crowd.heard.values()) >= LISTENERS * BROADCASTS:
            break
        await asyncio.sleep(0.1)
    over.set()
    await reading
    late = percentiles([one for crowd in crowds for one in crowd.late(due)])
    assert (late.deliveries, sum(crowd.missed for crowd in crowds)) == (LISTENERS * BROADCASTS, 0)
    measured("W2", listeners=LISTENERS, broadcasts=BROADCASTS, missed_or_doubled=0, p50_ms=late.p50_ms, p99_ms=late.p99_ms)
    if FULL:
        assert late.p99_ms < 500
    for crowd in crowds:
        crowd.close()


class Clock:
    """The processor's time of an instance (all its processes), looked at all the while."""

    def __init__(self, pid: int) -> None:
        self.process = psutil.Process(pid)
        self.looks: list[tuple[float, float]] = []

    def look(self) -> None:
        """Notes how much it has used by now."""
        family = (self.process, *self.process.children(recursive=True))
        self.looks.append((time.monotonic(), sum(sum(each.cpu_times()[:2]) for each in family)))

    def cores(self, since: float, until: float) -> float:
        """What it used between two moments."""
        within = [look for look in self.looks if since <= look[0] <= until]
        return (within[-1][1] - within[0][1]) / (within[-1][0] - within[0][0])

    def most(self, since: float, until: float) -> float:
        """What it used in its busiest seconds between two moments."""
        starts = [moment for moment, _ in self.looks if since <= moment <= max(since, until - WINDOW_S)]
        return max(self.cores(start, start + WINDOW_S) for start in starts)


MOST_SHED = 0.001  # pages asked to come again at the moment the other dies; both and their clients share two cores here
IN_TIME = 0.05  # seconds; pages that the test itself sends later than that come in a heap of its own making, after it stood still,
HEAP_S = 1.0  # and those that are due just after it stand behind the heap


def statuses_of_those_in_time(outcomes: Sequence[Outcome]) -> list[int]:
    """What pages got that were sent when they were due, and not right behind a heap of late ones."""
    stood = sorted(one.ended - one.seconds for one in outcomes if one.seconds - one.since_sent > IN_TIME)

    def is_free(one: Outcome) -> bool:
        due = one.ended - one.seconds
        before = bisect_right(stood, due)
        return one.seconds - one.since_sent <= IN_TIME and not (before and due - stood[before - 1] < HEAP_S)

    return [one.status for one in outcomes if is_free(one)]


class Work:
    """An instance at work: pages of somebody signed in, which no cache answers, and a look at it ten times a second."""

    def __init__(self, served: Served, token: str) -> None:
        self.served, self.token = served, token
        self.load, self.clock = OpenLoop(served.url), Clock(served.process.pid)
        self.ready: list[int] = []
        self.over = asyncio.Event()

    async def run(self) -> None:
        """Until it is over."""
        asking = asyncio.create_task(self.load.run(self.page, rate=PAGES, until=self.over.is_set))
        async with httpx.AsyncClient(base_url=self.served.url, timeout=5) as client:
            while not self.over.is_set():
                self.clock.look()
                self.ready.append((await client.get("/readyz")).status_code)
                await asyncio.sleep(0.1)
        await asking

    def page(self, number: int) -> Ask:
        """The inbox, and what is new in it."""
        path = "/api/messages?limit=20" if number % 2 else "/api/messages/sync"
        return Ask("own", "GET", path, token=self.token)

    def of_steady(self, steady: tuple[float, float], storm: tuple[float, float]) -> float:
        """The storm beside a steady state of so many pages, each for what it cost: a busy machine answers fewer or more in either."""
        pages = [sum(since <= one.ended <= until and one.status == 200 for one in self.load.outcomes) for since, until in (steady, storm)]
        used = [self.clock.cores(*times) * (times[1] - times[0]) for times in (steady, storm)]
        each = used[0] / pages[0]
        return 1 + max(0.0, used[1] - each * pages[1]) / (storm[1] - storm[0]) / (each * AT_WORK)


async def test_the_clients_of_a_killed_instance_come_back_over_a_while_and_the_other_stays_ready(
    process: Process, start: Start, measured: Measure
) -> None:
    """W6. Steady is the other instance with as many sockets of its own and pages at a rate; the storm comes on top of these."""
    lost, left = start().ready(), start().ready()
    crowd, own = await crowd_of(process, lost, LISTENERS), await crowd_of(process, left, LISTENERS)
    for each in (crowd, own):
        await asyncio.to_thread(each.connect_all, 400.0)
    storm = await crowd_of(process, left, LISTENERS)  # now: whoever makes it must not hold up the pages later
    spread = min(MOST_SPREAD, max(LEAST_SPREAD, LISTENERS / SOCKETS_A_SECOND))
    work = Work(left, await process.runtime.sessions.create(uuid7(), name="Ada"))
    working = asyncio.create_task(work.run())
    await asyncio.sleep(WARM_S)
    began = time.monotonic()
    await asyncio.sleep(STEADY_S)
    lost.kill()
    killed = time.monotonic()
    await asyncio.to_thread(crowd.close)
    took = await asyncio.to_thread(storm.connect_all, LISTENERS / spread)
    await asyncio.sleep(WINDOW_S)
    ended = time.monotonic()
    work.over.set()
    await working
    steady, busy, most = work.clock.cores(began, killed), work.clock.most(began, killed), work.clock.most(killed, ended)
    for_the_same_pages = work.of_steady((began, killed), (killed, killed + took))
    at_work = [one for one in work.load.outcomes if one.ended > began]
    in_time = statuses_of_those_in_time(at_work)
    measured(
        "W6", listeners=LISTENERS, spread_s=round(spread, 1), took_s=round(took, 1), pages_a_second=PAGES, steady_cores=round(steady, 3),
        storm_cores=round(work.clock.cores(killed, killed + took), 3), busiest_cores=round(most, 3), busiest_s=WINDOW_S,
        steady_busiest_cores=round(busy, 3), busiest_of_steady_busiest=round(most / busy, 2), of_steady_for_the_same_pages=round(for_the_same_pages, 2),
        connect_p99_ms=percentiles(storm.connected).p99_ms, unready=sum(status != 200 for status in work.ready),
        pages=len(in_time), pages_shed=in_time.count(503), pages_sent_late=len(at_work) - len(in_time),
    )  # fmt: skip
    assert (storm.open, storm.broken) == (LISTENERS, 0)
    assert set(work.ready) == {200}
    assert for_the_same_pages <= OF_STEADY
    if FULL:
        assert {one.status for one in at_work} <= {200, 503}
        assert len(in_time) > 0.9 * len(at_work)
        assert in_time.count(503) < MOST_SHED * len(in_time)
        assert most <= OF_STEADY * busy
        assert spread >= 10 and took >= 10
    storm.close()
    own.close()
