"""When Nollywood comes: how many requests a second are to be expected at a moment, and the moments themselves.

The expected rate is the evening's of an ordinary weekday times what the hour (in each zone people live in), the weekday
and the calendar make of it, plus the bursts after an audition is announced and a crowd that follows a link at once. The
moments are a Poisson process of that rate, drawn by thinning (Lewis and Shedler, 1979): candidates at the greatest rate,
each kept with the share that the rate has of it.
"""

import math
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import msgspec

from nollycrewhub.scaling.rules.calendar import BUILT_IN, Span, Yearly, busy_at

# Shares of the evening's rate by the hour on the clock where somebody lives.
# Drawn by hand: there is no day of ours yet to measure.
DAY = (
    0.14, 0.09, 0.07, 0.06, 0.07, 0.12, 0.22, 0.36, 0.48, 0.56, 0.62, 0.66, 0.70, 0.68, 0.64, 0.64, 0.70, 0.82, 0.94, 1.00, 1.00, 0.88,
    0.58, 0.30,
)  # fmt: skip
WEEK = (1.0, 1.0, 1.0, 1.0, 1.05, 0.95, 0.80)  # from Monday
# Where people are, and what share of them: Nigeria, the diaspora in Britain and America, and the south of Africa.
ZONES = (("Africa/Lagos", 0.80), ("Europe/London", 0.09), ("America/New_York", 0.07), ("Africa/Johannesburg", 0.04))
RISE = 120.0  # seconds from the announcement of an audition to the greatest number of those who follow it
ASSEMBLED = 60.0  # seconds in which a flash crowd is there


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """People who come at once: so many times the evening's rate on top, `rise` seconds after `at`, then fewer by `fade`."""

    at: float
    times: float
    rise: float
    fade: float

    def rate(self, seconds: float) -> float:
        """The share of the evening's rate on top, so many seconds after the beginning."""
        since = seconds - self.at
        if since < 0:
            return 0.0
        return self.times * since / self.rise if since < self.rise else self.times * math.exp(-(since - self.rise) / self.fade)


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time and what comes in it: `evening` is the rate of requests in an ordinary weekday's busiest hour.

    `auditions` is how many are announced in an hour (on average, by day), each with its own crowd; `flash` is one great
    crowd, `flash_times` the evening's rate in all.
    """

    begins: datetime
    seconds: float
    evening: float
    events: tuple[Span | Yearly, ...] = BUILT_IN
    auditions: float = 0.0
    audition_times: float = 0.6
    flash: float | None = None
    flash_times: float = 10.0
    flash_fade: float = 900.0


def of_hour(moment: datetime) -> float:
    """The share of the evening's rate at a moment, over all zones; between two hours as on a line."""
    total = 0.0
    for zone, share in ZONES:
        local = moment.astimezone(ZoneInfo(zone))
        hour, part = local.hour, (local.minute * 60 + local.second) / 3600
        total += share * (DAY[hour] * (1 - part) + DAY[(hour + 1) % 24] * part)
    return total


def evening_peak() -> float:
    """The greatest share over an ordinary day: zones peak at different hours, so less than one."""
    day = datetime(2026, 3, 3, tzinfo=UTC)
    return max(of_hour(day + timedelta(minutes=minute)) for minute in range(0, 24 * 60, 15))


def mean_share() -> float:
    """The mean rate of an ordinary week as a share of the evening's."""
    week = datetime(2026, 3, 2, tzinfo=UTC)
    moments = [week + timedelta(minutes=15 * quarter) for quarter in range(7 * 96)]
    return sum(of_hour(one) * WEEK[one.weekday()] for one in moments) / len(moments) / evening_peak()


def audition_crowds(load: Load, rng: random.Random) -> list[Crowd]:
    """Announcements by chance, mostly when offices are open, each with a crowd of its own size and patience."""
    found: list[Crowd] = []
    at = 0.0
    if load.auditions <= 0:
        return found
    while True:
        at += rng.expovariate(load.auditions / 3600)
        if at >= load.seconds:
            return found
        size, fade = rng.lognormvariate(0.0, 0.6), rng.uniform(600.0, 1800.0)
        if rng.random() < of_hour(load.begins + timedelta(seconds=at)):
            found.append(Crowd(at=at, times=load.audition_times * size, rise=RISE, fade=fade))


def expected(load: Load, seed: int, *, step: float = 1.0) -> list[float]:
    """Requests a second to be expected in each step. The same seed has the same auditions, whatever a policy does."""
    rng = random.Random(f"{seed} auditions")  # noqa: S311 - a simulation, no secret
    crowds = audition_crowds(load, rng)
    if load.flash is not None:
        crowds.append(Crowd(at=load.flash, times=load.flash_times - 1, rise=ASSEMBLED, fade=load.flash_fade))
    calm, steps, every = calm_rates(load), round(load.seconds / step), 60.0
    total = [interpolated(calm, (number + 0.5) * step / every) for number in range(steps)]
    for crowd in crowds:
        first, end = int(crowd.at / step), min(steps, int((crowd.at + crowd.rise + 8 * crowd.fade) / step))
        for number in range(first, end):
            total[number] += crowd.rate((number + 0.5) * step)
    return [load.evening * each for each in total]


def calm_rates(load: Load) -> list[float]:
    """The share of the evening's rate at the beginning of each minute, without crowds."""
    peak, found = evening_peak(), []
    for minute in range(int(load.seconds // 60) + 2):
        moment = load.begins + timedelta(minutes=minute)
        weekday = WEEK[moment.astimezone(ZoneInfo("Africa/Lagos")).weekday()]
        found.append(of_hour(moment) / peak * weekday * busy_at(moment, load.events).factor)
    return found


def interpolated(values: Sequence[float], place: float) -> float:
    """Between two neighbours as on a line."""
    whole = min(int(place), len(values) - 2)
    return values[whole] + (values[whole + 1] - values[whole]) * (place - whole)


def moments(rates: Sequence[float], rng: random.Random, *, step: float = 1.0) -> Iterator[float]:
    """The arrivals of a Poisson process whose rate is given step by step, by thinning."""
    greatest, end, at = max(rates), len(rates) * step, 0.0
    if greatest <= 0:
        return
    while True:
        at += rng.expovariate(greatest)
        if at >= end:
            return
        if rng.random() * greatest < rates[int(at / step)]:
            yield at


def counts(rates: Sequence[float], rng: random.Random, *, step: float = 1.0) -> list[int]:
    """How many of the same process fall into each step: Poisson numbers, near enough to normal ones above fifty."""
    return [poisson(rate * step, rng) for rate in rates]


def poisson(mean: float, rng: random.Random) -> int:
    """A Poisson number: by Knuth's product for small means, by a rounded normal number for large ones."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    count, product, limit = 0, rng.random(), math.exp(-mean)
    while product > limit:
        count += 1
        product *= rng.random()
    return count


def dispersion(numbers: Sequence[int]) -> float:
    """The index of dispersion of counts: 1 for a steady Poisson process, more the burstier it is."""
    mean = sum(numbers) / len(numbers)
    return sum((one - mean) ** 2 for one in numbers) / len(numbers) / mean if mean else 0.0


def peak_to_mean(rates: Sequence[float], width: int) -> float:
    """The busiest stretch of so many steps beside the mean."""
    sums = [0.0, *accumulate(rates)]
    width = min(width, len(rates))
    busiest = max(sums[end] - sums[end - width] for end in range(width, len(sums))) / width
    return busiest * len(rates) / sums[-1]
