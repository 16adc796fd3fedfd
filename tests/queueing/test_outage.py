"""J4: thirty minutes without a provider lose no job, and its return meets no wall of retries. Simulated time, declared numbers."""

import heapq
import random
from collections import Counter, deque

import pytest

from nollycrewhub.platform import mail
from nollycrewhub.platform.events import DELIVERY_ATTEMPTS
from nollycrewhub.platform.queue import Task, pause_asked, pause_before
from tests.conftest import FULL
from tests.measuring import Measure
from tests.queueing.conftest import dice

JOBS = 10_000 if FULL else 4_000
OUTAGE = 1800.0
ROUNDS = 5 if FULL else 1


def simulate(task: Task, *, outage: float, asks: float | None = None) -> tuple[list[float], int, float]:
    """Arrivals at a provider that is away for `outage` seconds, jobs given up, and when the last one got through.

    The provider says Retry-After `asks` when it is not None. The fleet's rate holds as the claim holds it.
    """
    waiting = [(0.0, n, 0) for n in range(JOBS)]
    arrivals: list[float] = []
    lately: deque[float] = deque()
    lost, last = 0, 0.0
    while waiting:
        due, n, attempt = heapq.heappop(waiting)
        while lately and lately[0] <= due - 1.0:
            lately.popleft()
        if task.rate and len(lately) >= task.rate.most:
            heapq.heappush(waiting, (lately[0] + 1.0 + 1e-9, n, attempt))
            continue
        lately.append(due)
        arrivals.append(due)
        if due >= outage:
            last = max(last, due)
        elif attempt + 1 >= task.attempts:
            lost += 1
        elif asks is not None:
            pause = pause_asked(asks, attempt, first=task.backoff, longest=task.longest_pause)
            heapq.heappush(waiting, (due + pause, n, attempt + 1))
        else:
            pause = pause_before(attempt, first=task.backoff, longest=task.longest_pause, whole=task.waits_whole)
            heapq.heappush(waiting, (due + pause, n, attempt + 1))
    return arrivals, lost, last


def busiest_second(arrivals: list[float]) -> int:
    """The most arrivals in any one second, wherever it begins."""
    window: deque[float] = deque()
    most = 0
    for moment in sorted(arrivals):
        window.append(moment)
        while window[0] <= moment - 1.0:
            window.popleft()
        most = max(most, len(window))
    return most


@pytest.mark.parametrize("asks", [None, 30.0], ids=["failing", "asking to wait"])
def test_half_an_hour_without_mail_loses_nothing_and_ends_softly(asks: float | None, measured: Measure) -> None:
    throw = dice("J4")
    random.seed(throw.random())
    worst, latest, most_lost = 0, 0.0, 0
    for _ in range(ROUNDS):
        arrivals, lost, last = simulate(mail.send_mail_now, outage=OUTAGE, asks=asks)
        worst, latest, most_lost = max(worst, busiest_second(arrivals)), max(latest, last), max(most_lost, lost)
    assert most_lost == 0
    assert worst <= 0.03 * JOBS
    measured(
        "J4",
        jobs=JOBS,
        outage_s=OUTAGE,
        rounds=ROUNDS,
        retry_after=asks or 0,
        lost=most_lost,
        busiest_second=worst,
        last_after_s=round(latest - OUTAGE),
    )


def test_a_day_is_the_usual_patience() -> None:
    for attempts, first in ((mail.send_mail_now.attempts, mail.send_mail_now.backoff), (DELIVERY_ATTEMPTS, 2.0)):
        expected = sum(min(first * 2.0**n, 3600.0) / 2 for n in range(attempts - 1))
        assert expected > 24 * 3600


def test_without_jitter_and_rate_the_same_outage_ends_in_a_wall() -> None:
    """The plan's numbers: three attempts, doubled from one second, no jitter. All come back together, and all are lost."""
    arrivals = Counter[int]()
    lost = 0
    for _ in range(JOBS):
        for moment in (0, 1, 3):
            arrivals[moment] += 1
        lost += 1
    assert max(arrivals.values()) > 0.03 * JOBS
    assert lost == JOBS
