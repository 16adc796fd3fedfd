"""More than twenty faults, one after another, under steady load (bar L12): each may cost so much and no more, and is over by itself."""

import asyncio
import time
from collections.abc import Iterator

import msgspec
import pytest

from nollycrewhub.kit.ids import token
from nollycrewhub.loadtest.line import Ask
from nollycrewhub.platform.sessions import BORN_KEY
from nollycrewhub.services import monolith
from tests.drills.breaking import FAULTS, Market
from tests.faults.scene import member
from tests.journeys.conftest import JOB
from tests.measuring import Measure
from tests.openloop import OpenLoop, part
from tests.served import Served, environment
from tests.servers import a_stack, migrated, settings_on

RATE = 40.0
CALM, BROKEN, AFTER = 1.0, 3.0, 6.0
PUBLIC = ("/jobs", "/api/jobs?view=compact", "/talent", "/livez")
CUT_OFF = 0
AT_MOST = 5.0  # seconds; nobody waits longer for a page, so a later answer is none


def enough(count: int) -> bool:
    """The bar asks for twenty."""
    return count >= 20


def test_there_are_twenty_faults_and_more() -> None:
    assert enough(len(FAULTS)) and not enough(19)
    assert all(0.9 < fault.reads <= 1 and fault.well_after <= 15 for fault in FAULTS.values())


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A market that is served: two web processes, a worker, a primary with two standbys, two Valkeys."""
    folder = tmp_path_factory.mktemp("chaos")
    with a_stack("chaos", replicas=2) as stack:
        settings = migrated(settings_on(stack.addresses(), instance_id="chaos", media_folder=str(folder / "media")))
        stack.valkeys[0].ask("SET", BORN_KEY, "0")  # while Valkey is new, everybody reads the primary
        env = environment(settings, POOL_WAIT="2", DRAIN_WAIT="0.5")
        workers: list[Served] = []

        def start_worker() -> Served:
            (place := folder / f"worker-{len(workers)}").mkdir()
            workers.append(Served(place, ["worker"], env).working())
            return workers[-1]

        served = Served(folder, ["serve", "--workers", "2"], env).ready()
        yield Market(stack, settings, served, start_worker(), start_worker)
        for one in (served, *workers):
            one.stop()


@pytest.fixture(scope="module")
async def bearer(market: Market) -> str:
    """Somebody who posts all the while."""
    process = monolith.create_app(market.settings)
    await process.runtime.start()
    _, headers = await member(process)
    await process.runtime.stop()
    return headers["authorization"].removeprefix("Bearer ")


class Life:
    """Nine reads of ten, half of them of lists that no cache has, and one post."""

    def __init__(self, bearer: str) -> None:
        self.bearer = bearer
        self.word = token(6)

    def __call__(self, number: int) -> Ask:
        """The next request."""
        if number % 10 == 0:
            return Ask("write", "POST", "/api/jobs", msgspec.json.encode({**JOB, "title": f"{self.word} {number} wanted"}), self.bearer)
        if number % 2:
            return Ask("read", "GET", f"/api/jobs?limit=1&view=compact&pay_min={number + time.monotonic_ns() % 1_000_000}")
        return Ask("read", "GET", PUBLIC[number // 2 % len(PUBLIC)])


@pytest.mark.full
@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault(name: str, market: Market, bearer: str, measured: Measure) -> None:
    fault, load, over = FAULTS[name], OpenLoop(market.served.url), False
    await load.run(Life(bearer), rate=RATE, until=CALM)
    calm = load.statuses()
    assert set(calm) <= {200, 201}, (calm, "not well before anything was broken")
    load.outcomes.clear()
    life = Life(bearer)
    running = asyncio.create_task(load.run(life, rate=RATE, until=lambda: over))
    await asyncio.to_thread(fault.breaks, market)
    await asyncio.sleep(BROKEN)
    await asyncio.to_thread(fault.mends, market)
    mended = time.monotonic()
    await asyncio.sleep(max(AFTER, fault.well_after + 2))
    over = True
    await running
    await asyncio.to_thread(market.let_go)
    bad = [outcome for outcome in load.outcomes if outcome.status not in (200, 201)]
    well_after = max([0.0, *(outcome.ended - mended for outcome in bad)])
    reads, writes = load.statuses("read"), load.statuses("write")
    in_time = sum(each.kind == "read" and each.status == 200 and each.seconds <= AT_MOST for each in load.outcomes)
    share = in_time / sum(reads.values())
    stored = int(market.stack.primary.sql(f"select count(*) from jobs.job where title like '{life.word} %'", database="nollycrewhub"))
    measured(
        "L12", fault=name, reads=sum(reads.values()), reads_answered=round(share, 4), writes=sum(writes.values()), written=writes[201], stored=stored,
        told_to_come_again=reads[503] + writes[503], cut_off=reads[CUT_OFF] + writes[CUT_OFF], well_after_s=round(well_after, 2),
        read_p95_ms=part([outcome.seconds for outcome in load.outcomes if outcome.kind == "read"], 0.95),
        slo=f"reads {fault.reads:.1%}, well within {fault.well_after:g} s",
    )  # fmt: skip
    allowed = {200, 201, 503} | ({CUT_OFF} if fault.hangs_up else set())
    assert set(load.statuses()) <= allowed, (load.statuses(), load.why)
    assert share >= fault.reads, reads
    assert well_after <= fault.well_after, sorted(round(outcome.ended - mended, 1) for outcome in bad)[-5:]
    assert stored >= writes[201], "a post that was acknowledged is gone"
