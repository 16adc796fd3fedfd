"""A provider that is down for a day, on a clock of its own: every message is tried to the end, and no minute sees a crowd."""

import heapq
import random
from collections import Counter
from itertools import pairwise

import pytest

from nollycrewhub.domains.notifications.service.carrying import LONGEST_PAUSE, PATIENCE, pause_after
from nollycrewhub.platform.carriers import Away

MESSAGES = 2_000
DAY = PATIENCE.total_seconds()
HOUR = 3_600.0
SETTLED = 4 * HOUR
"""By then each has been turned away a dozen times, and waits up to an hour."""


def a_day_of_tries(away: Away) -> tuple[list[float], dict[int, list[float]]]:
    """When messages that were all told at once are tried, and the tries of each, while the answer is always the same."""
    due = [(0.0, number, 0) for number in range(MESSAGES)]
    times: list[float] = []
    by_message: dict[int, list[float]] = {}
    while due:
        at, number, tries = heapq.heappop(due)
        times.append(at)
        by_message.setdefault(number, []).append(at)
        if at <= DAY:
            heapq.heappush(due, (at + pause_after(away, tries).total_seconds(), number, tries + 1))
    return times, by_message


@pytest.mark.parametrize("after", [0.0, 20.0, 600.0], ids=["cannot be reached", "left alone for a moment", "asks to wait"])
def test_a_day_of_tries_has_no_spike_and_gives_nobody_up_early(after: float) -> None:
    random.seed(20261130)
    times, by_message = a_day_of_tries(Away("away", after))
    minutes = Counter(int(at // 60) for at in times if SETTLED <= at < DAY)
    usual = sum(minutes.values()) / len(range(int(SETTLED // 60), int(DAY // 60)))
    assert max(minutes.values()) < 1.6 * usual, "no minute sees a crowd"
    assert max(Counter(int(at) for at in times if at >= SETTLED).values()) < MESSAGES / 100
    for tries in by_message.values():
        gaps = [later - earlier for earlier, later in pairwise(tries)]
        assert min(gaps) >= after and max(gaps) <= after + max(after, LONGEST_PAUSE)
        assert tries[-1] > DAY, "the last word is said after a day, not before"
        assert 12 <= len(tries) <= 120


def test_who_was_turned_away_at_once_does_not_come_back_at_once() -> None:
    """The provider is up again after five hours: what waits comes over an hour, under what it takes in a second."""
    random.seed(20261130)
    _, by_message = a_day_of_tries(Away("away"))
    back = 5 * HOUR
    arrivals = Counter(int(next(at for at in tries if at >= back)) for tries in by_message.values())
    assert sum(arrivals.values()) == MESSAGES
    assert max(arrivals.values()) <= 10 and max(arrivals) <= back + HOUR
