"""A rate holds over four processes as over one (bar L6): no span of time holds more than its burst and its rate."""

import asyncio
import random
import sys
import time
from collections import defaultdict

import msgspec

from nollycrewhub.kit.ids import token
from nollycrewhub.platform.settings import Settings
from tests.conftest import FULL
from tests.instances.limiting import Asked, Trace
from tests.measuring import TOP, Measure

PROCESSES = 4
TRACES = 1000 if FULL else 30
ASKS = 12  # of each process on each trace
TOGETHER = 25  # traces that run at the same time
LASTS = 0.8
STARTING = 5.0 if FULL else 3.0


def drawn(rng: random.Random) -> list[list[Trace]]:
    """The same keys and rates for every process, each with times of its own."""
    run, start = token(6), time.monotonic() + STARTING
    kinds = [(f"l6-{run}-{number}", rng.randint(1, 30), rng.randint(1, 3)) for number in range(TRACES)]
    return [
        [
            Trace(key, limit, per, sorted(start + number // TOGETHER * LASTS + rng.uniform(0, LASTS) for _ in range(ASKS)))
            for number, (key, limit, per) in enumerate(kinds)
        ]
        for _ in range(PROCESSES)
    ]


async def process(url: str, traces: list[Trace]) -> list[Asked]:
    """One process's answers."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.instances.limiting", url, cwd=TOP, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate(msgspec.json.encode(traces))
    assert child.returncode == 0
    return msgspec.json.decode(out, type=list[Asked])


def too_many(admitted: list[Asked], limit: int, per: int) -> int:
    """How many spans of time hold more than they may. A span reaches from before its first decision to after its last."""
    found, order = 0, sorted(admitted, key=lambda one: one.before)
    for first, one in enumerate(order):
        latest = one.after
        for number, other in enumerate(order[first:], start=1):
            latest = max(latest, other.after)
            found += number > limit + (latest - one.before) * limit / per + 1e-6
    return found


async def test_a_rate_holds_over_four_processes(settings: Settings, measured: Measure) -> None:
    traces = drawn(random.Random(11))
    answers = await asyncio.gather(*(process(settings.session_url, own) for own in traces))
    by_key: defaultdict[str, list[Asked]] = defaultdict(list)
    for one in (one for own in answers for one in own):
        by_key[one.key].append(one)
    over = sum(too_many([one for one in by_key[trace.key] if one.admitted], trace.limit, trace.per) for trace in traces[0])
    short = sum(sum(one.admitted for one in by_key[trace.key]) < min(trace.limit, PROCESSES * ASKS) for trace in traces[0])
    asked, admitted = (sum(map(count, by_key.values())) for count in (len, lambda own: sum(one.admitted for one in own)))
    measured(
        "L6", processes=PROCESSES, traces=TRACES, asked=asked, admitted=admitted, spans_with_too_many=over, traces_below_their_burst=short
    )
    assert (over, short) == (0, 0)
    assert admitted < asked, "nothing was refused, so nothing was tried"
