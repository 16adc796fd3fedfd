"""J8: told to stop, a worker fetches nothing more, lets finish what can, puts the rest back, and is gone in time with 0."""

import asyncio
import signal
import time

import pytest

from tests.conftest import FULL
from tests.measuring import Measure
from tests.queueing.conftest import Field, dice
from tests.queueing.toys import Mark

ROUNDS = 100 if FULL else 2
GRACE = 1.5
# The order is told by the clock of this process. What the machine kept the worker waiting around then, when other programs want all
# of it, is not the worker's; it is measured beside it, and is next to nothing where it has the machine.
LATE = """
select count(*)::int, coalesce(max(extract(epoch from claimed) - $1), 0)::float8 from platform.toy_start
where extract(epoch from claimed) > $1 + 0.1 + $2
"""


@pytest.mark.timeout(1800)
async def test_a_worker_goes_quietly(field: Field, measured: Measure) -> None:
    throw = dice("J8")
    slowest, put_back, finished, kept_waiting = 0.0, 0, 0, 0.0
    for turn in range(ROUNDS):
        base = turn * 1000
        short = [Mark(base + n, throw.uniform(0.1, 0.6)) for n in range(200)]
        await field.add("toy.long", [Mark(base + 900 + n, 8.0) for n in range(3)])
        await field.add("toy.mark", short)
        field.start(1, TOY_GRACE=str(GRACE), TOY_HEARTBEAT="15")
        await field.ready()
        await asyncio.sleep(throw.uniform(0.3, 1.0))
        worker = field.workers[0]
        told = time.time()
        worker.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(worker.wait, 20)
        seconds = time.time() - told
        assert code == 0
        assert seconds < 20  # the supervisor kills after 25
        stalled = float(worker.stdout.readline())  # type: ignore[union-attr]
        late, by = (await field.sql(LATE, told, stalled))[0]
        assert late == 0, f"{late} jobs were fetched up to {by:.2f} s after the order to stop, {stalled:.2f} s of them stalled"
        left = await field.left()
        assert set(left) <= {"queued"}, left
        effects = await field.effects()
        assert len(effects) == len(set(effects))
        assert len(effects) + left.get("queued", 0) == 203
        spent = await field.sql("select distinct attempts, kills, error from platform.pgqueuer where attempts > 0")
        assert spent == []
        print(f"round {turn}: {seconds:.2f} s, {len(effects)} finished", flush=True)
        slowest, put_back, finished = max(slowest, seconds), put_back + 3, finished + len(effects)
        kept_waiting = max(kept_waiting, stalled)
        field.stop()
        await field.sql("truncate platform.toy_effect, platform.toy_start, platform.pgqueuer")
    measured(
        "J8",
        rounds=ROUNDS,
        exit_codes_other_than_0=0,
        fetched_later_than_100_ms=0,
        slowest_s=round(slowest, 2),
        most_stalled_ms=round(kept_waiting * 1000),
        put_back=put_back,
        finished=finished,
    )
