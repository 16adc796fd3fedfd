"""The simulation: against Erlang C and a second simulator, stream against single requests, the same bytes for a seed."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
import simpy

from nollycrewhub.capacity.simulation import checking, intervals, policies
from nollycrewhub.capacity.simulation.arrivals import Load
from nollycrewhub.capacity.simulation.checking import BAR, CASES, check, replication
from nollycrewhub.capacity.simulation.fleet import Fleet, reversals
from nollycrewhub.capacity.simulation.flow import Flow
from nollycrewhub.capacity.simulation.policies import CALENDAR, CPU, NAMES, ORACLE, OURS, STATIC
from nollycrewhub.capacity.simulation.requests import Requests
from nollycrewhub.capacity.simulation.running import Run
from nollycrewhub.capacity.simulation.scene import Demand, Plant, Scene, latency, web_needed, workers_needed
from nollycrewhub.capacity.simulation.stations import Station
from nollycrewhub.capacity.simulation.trace import Score, is_lost, weighted
from nollycrewhub.scaling.rules import deciding
from nollycrewhub.scaling.rules.calendar import Span

TUESDAY = datetime(2026, 3, 3, 17, tzinfo=UTC)
SLOW = Plant(speed=0.05, in_flight=25, most_web=20, database_speed=2.0)
FLASH = Scene(name="flash", plant=SLOW, load=Load(begins=TUESDAY, seconds=900.0, evening=40.0, flash=240.0, flash_fade=300.0))


def played(scene: Scene, name: str, seed: int = 1, kind: type[Run] = Flow) -> tuple[Score, Any]:
    """One run's figures, and the run."""
    run = kind(scene, name, seed, step=2.0 if kind is Flow else 1.0)
    return run.play(), run


def test_stations_wait_as_erlang_says() -> None:
    found = check(CASES[1], replications=30, customers=6000, with_second=False)
    assert found.expected == pytest.approx(0.4444, abs=5e-5)
    assert abs(found.off) < 0.05
    assert found.simulated.holds(found.expected) or abs(found.off) < BAR
    assert abs(found.share_off) < 0.05


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_stations_wait_as_erlang_and_the_second_simulator_say(case: checking.Case, measured: Any) -> None:
    found = check(case)
    measured("L11", **msgspec.to_builtins(found))
    assert found.second is not None
    assert abs(found.off) < BAR
    assert abs(found.share_off) < BAR
    assert found.second_off is not None
    assert abs(found.second_off) < 2 * BAR


def test_a_station_that_serves_too_fast_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Station.serve
    monkeypatch.setattr(Station, "serve", lambda self, seconds: honest(self, seconds * 0.97))
    found = check(CASES[1], replications=10, customers=6000, with_second=False)
    assert found.off < -0.05


def test_the_same_seed_waits_the_same() -> None:
    assert replication(CASES[0], 3, 2000) == replication(CASES[0], 3, 2000) != replication(CASES[0], 4, 2000)


def test_an_interval_is_students() -> None:
    found = intervals.of([1.0, 2.0, 3.0, 4.0])
    assert found.mean == 2.5
    assert found.half == pytest.approx(3.182 * (5 / 3) ** 0.5 / 2, rel=1e-3)
    assert found.holds(4.5)
    assert not found.holds(4.6)
    assert intervals.of([1.0] * 60).half == 0.0


def test_streams_say_nearly_what_single_requests_say() -> None:
    for name in (STATIC, OURS):
        (stream, _), (single, _) = played(FLASH, name), played(FLASH, name, kind=Requests)
        assert stream.instance_minutes == pytest.approx(single.instance_minutes, rel=0.1)
        assert abs(stream.lost_minutes - single.lost_minutes) <= 1
        assert stream.refused_percent == pytest.approx(single.refused_percent, rel=0.2, abs=0.5)


def test_the_controllers_own_function_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert policies.decide is deciding.decide
    asked: list[float] = []

    def watched(policy: deciding.Policy, state: deciding.State, sample: deciding.Sample) -> tuple[deciding.Decision, deciding.State]:
        asked.append(sample.at)
        return deciding.decide(policy, state, sample)

    monkeypatch.setattr(policies, "decide", watched)
    played(FLASH, OURS)
    assert len(asked) == (900 - SLOW.delay) / SLOW.look - 1  # the look at the very end is none


def test_the_calendar_is_ready_before_the_crowd_and_we_are_not() -> None:
    night = Span(name="Premiere", first=date(2026, 3, 4), last=date(2026, 3, 4), factor=10.0)
    scene = Scene(
        name="premiere", plant=SLOW, calendar=(night,),
        load=Load(begins=datetime(2026, 3, 3, 22, 15, tzinfo=UTC), seconds=5400.0, evening=160.0, events=(night,)),
    )  # fmt: skip
    (ours, _), (ready, run), (best, _) = (played(scene, name) for name in (OURS, CALENDAR, ORACLE))
    assert max(web for web in run.trace.web[: 45 * 30]) == 20
    assert ready.lost_minutes < ours.lost_minutes
    assert best.lost_minutes <= ready.lost_minutes
    assert best.instance_minutes < ready.instance_minutes


def test_what_an_instance_takes_to_start_is_what_a_flash_crowd_costs() -> None:
    slow = msgspec.structs.replace(FLASH, plant=msgspec.structs.replace(SLOW, boot=180.0))
    assert played(slow, OURS)[0].refused_percent > played(FLASH, OURS)[0].refused_percent > 0


def test_no_policy_passes_the_most_the_plant_allows_nor_the_connections() -> None:
    tight = msgspec.structs.replace(FLASH, plant=msgspec.structs.replace(SLOW, connections=170))
    for name in (OURS, CALENDAR, ORACLE, STATIC):
        assert max(played(tight, name)[1].trace.web) <= 8
    assert max(played(FLASH, CPU)[1].trace.web) <= 20


def test_instances_die_and_come_back_with_nothing_remembered() -> None:
    calm = Scene(name="calm", plant=SLOW, load=Load(begins=TUESDAY, seconds=1800.0, evening=40.0))
    deadly = msgspec.structs.replace(calm, deaths=20.0)
    for kind in (Flow, Requests):
        (score, run), (well, _) = played(deadly, STATIC, kind=kind), played(calm, STATIC, kind=kind)
        assert run.web.died > 3
        assert min(run.trace.web) < max(run.trace.web) == run.policy.first()[0]
        assert score.refused_percent > well.refused_percent


def test_lost_caches_cost_processors_until_they_are_warm() -> None:
    calm = Scene(name="calm", plant=SLOW, load=Load(begins=TUESDAY, seconds=900.0, evening=40.0))
    lost = msgspec.structs.replace(calm, caches_lost=(300.0,))
    for kind in (Flow, Requests):
        (score, run), (well, _) = played(lost, STATIC, kind=kind), played(calm, STATIC, kind=kind)
        at = round(310 / run.step)
        assert max(run.trace.in_flight[at : at + 20]) > 1.5 * sum(run.trace.in_flight[: at - 10]) / (at - 10)
        assert score.slow_percent + score.refused_percent >= well.slow_percent + well.refused_percent


def test_jobs_wait_for_workers_and_the_oldest_ones_age_brings_more() -> None:
    busy = Scene(name="jobs", plant=SLOW, demand=Demand(jobs=1.0, job=1.0), load=Load(begins=TUESDAY, seconds=1200.0, evening=40.0))
    (ours, run), (plan, _) = played(busy, OURS), played(busy, CPU)
    assert max(run.trace.workers) > 3
    assert ours.late_minutes < plan.late_minutes
    assert played(busy, OURS, kind=Requests)[1].trace.age[-1] < 60


def test_what_is_needed_grows_with_the_rate_and_by_the_tighter_of_two_limits() -> None:
    demand, plant = Demand(provider_share=1.0), Plant(speed=1.0, in_flight=10)
    assert web_needed(100, demand, plant) == -(-100 * latency(demand, plant) // 8.5)
    assert web_needed(1000, Demand(), Plant(speed=1.0)) == -(-1000 * Demand().web() // 0.85)
    assert workers_needed(100, Demand(jobs=1.0, job=1.0), Plant()) == 12
    assert web_needed(0.0, demand, plant) == workers_needed(0.0, demand, plant) == 1


def test_a_minute_is_lost_by_what_it_refuses_or_by_what_it_makes_wait() -> None:
    assert is_lost(1000, 11, 0)
    assert is_lost(1000, 0, 51)
    assert not is_lost(1000, 10, 40)
    assert not is_lost(0, 0, 0)


def test_turning_around_is_counted_and_going_on_is_not() -> None:
    assert reversals([(0, 2), (1, 4), (2, 8), (3, 7), (4, 5), (5, 6)]) == 2
    assert reversals([(0, 2)]) == 0


def test_a_fleet_takes_back_those_that_still_start() -> None:
    environment = simpy.Environment()
    fleet = Fleet(environment, Plant(boot=45.0), 2)
    fleet.scale(4)
    environment.run(10)
    fleet.scale(3)
    assert (len(fleet.ready), len(fleet.starting)) == (2, 1)
    environment.run(60)
    assert (len(fleet.ready), len(fleet.starting)) == (3, 0)
    fleet.scale(1)
    assert len(fleet.ready) == 1


def test_a_quantile_goes_by_weights() -> None:
    assert weighted([(1.0, 90.0), (5.0, 10.0)], 0.95) == 5.0
    assert weighted([(1.0, 96.0), (5.0, 4.0)], 0.95) == 1.0
    assert weighted([], 0.95) == 0.0


SAME = """
import sys, msgspec
from tests.capacity.test_simulation import FLASH, NAMES, CPU, OURS, Flow, Requests, played
brief = msgspec.structs.replace(FLASH, deaths=30.0, load=msgspec.structs.replace(FLASH.load, seconds=300.0, flash=30.0, auditions=30.0))
for kind, names in ((Flow, NAMES), (Requests, (CPU, OURS))):
    for name in names:
        score, run = played(brief, name, 5, kind)
        sys.stdout.buffer.write(msgspec.json.encode([score, run.web.changes, run.trace.in_flight]))
"""


def test_the_same_seed_is_the_same_byte_for_byte_whatever_the_hash_seed() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SAME], capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": str(seed)}
        ).stdout
        for seed in (1, 2)
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) > 5_000


def test_all_policies_meet_the_same_requests() -> None:
    asked = {name: played(FLASH, name, 3)[1].trace.asked for name in NAMES}
    assert all(numbers == asked[STATIC] for numbers in asked.values())
    brief = msgspec.structs.replace(FLASH, load=msgspec.structs.replace(FLASH.load, seconds=300.0))
    single = {name: played(brief, name, 3, Requests)[1].trace.asked for name in (STATIC, CPU)}
    assert single[STATIC] == single[CPU]
