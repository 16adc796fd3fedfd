"""The scenarios are what their names say: the plan's own phases and flows, the mix's shares, ten times within a second."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from nollycrewhub.cli import loadtest as command
from nollycrewhub.loadtest.line import Ask, Got, Lines
from nollycrewhub.loadtest.pace import Layer, Visitor, visits
from nollycrewhub.loadtest.scenario import Asked, Ground, Scenario, Seen
from nollycrewhub.loadtest.scenarios import RECIPES, plan
from nollycrewhub.loadtest.scenarios.mix import SHARES, heard_all
from nollycrewhub.loadtest.scenarios.soak import flat, growth, slope
from nollycrewhub.loadtest.sockets import Crowd, Heard
from nollycrewhub.loadtest.tally import Kind, Outcome, Phase, Tally
from nollycrewhub.loadtest.watching import Inside, Look
from nollycrewhub.loadtest.world import World

PLAN = Path(__file__).parents[2] / "loadtest" / "plan.yml"


class Silent(Lines):
    """A line on which a casting call is posted and nothing else is said."""

    async def ask(self, ask: Ask) -> Got:
        assert (ask.method, ask.path) == ("POST", "/api/jobs")
        return Got(201, "", b'{"job":{"id":777}}')


def ground() -> Ground:
    """A small world."""
    world = World(Random(3), ["1", "2"], ["ada-obi"], ["sample10@example.com"], ["a-token"], ["/static/a.css", "/static/b.js"])
    lines = Silent("http://127.0.0.1:1", Random(1))
    return Ground(world, lines, Crowd(lines, 0), Random(1))


async def made(name: str, **asked: float) -> Scenario:
    """A scenario by its name."""
    return await RECIPES[name].make(ground(), Asked(**asked))


def asks(layer: Layer, seed: int = 1) -> list[tuple[float, str]]:
    """Moments (of those that are planned) and kinds of all requests of a layer."""
    found, at = [], 0.0
    for due in visits(layer, Random(seed)):
        for step in due.steps:
            at = due.at + step.after if step.after is not None else at
            ask = step.ask(Visitor("10.0.0.1", token="known"))
            assert ask is not None
            found.append((at, ask.kind))
    return found


def test_the_command_knows_every_scenario() -> None:
    assert {*command.NAMES, "flash-scaled"} == set(RECIPES)


async def test_the_plan_is_the_plans_and_artillerys() -> None:
    written = yaml.safe_load(PLAN.read_text())
    assert [(one["duration"], one["arrivalRate"]) for one in written["config"]["phases"]] == list(plan.PHASES)
    browse, sign_in = written["scenarios"]
    scenario = await made("plan")
    assert [(one.begins, one.seconds) for one in scenario.phases] == [(0, 60), (60, 120), (180, 60)]
    for layer, (seconds, rate) in zip(scenario.layers, plan.PHASES, strict=True):
        arrived = list(visits(layer, Random(1)))
        assert len(arrived) == seconds * rate
    flows: Counter[tuple[Any, ...]] = Counter()
    for due in visits(scenario.layers[2], Random(2)):
        visitor = Visitor("10.0.0.1", token="known")
        sent = [step.ask(visitor) for step in due.steps]
        flows[tuple((ask.method, ask.path, ask.body, ask.token) for ask in sent if ask)] += 1
    assert set(flows) == {
        tuple(("GET", step["get"]["url"], b"", "") for step in browse["flow"]),
        (
            ("POST", sign_in["flow"][0]["post"]["url"], b'{"email":"test@example.com","password":"password123"}', ""),
            ("GET", sign_in["flow"][1]["get"]["url"], b"", "known"),
        ),
    }  # fmt: skip
    assert all(0.45 < count / 6000 < 0.55 for count in flows.values())
    assert sign_in["flow"][0]["post"]["json"] == plan.LOGIN
    assert scenario.apart == {(2, "sign-in")}


def test_nobody_who_could_not_sign_in_asks_for_a_profile() -> None:
    assert plan.profile(Visitor("10.0.0.1")) is None


def told(tally: Tally, phase: int, kind: str, *, right: int, waits: int = 0, wrong: int = 0, ms: float = 20.0) -> None:
    """Counts some outcomes of a phase."""
    at = tally.phases[phase].begins
    for number in range(right + waits + wrong):
        status = "200" if number < right else "503" if number < right + waits else "500"
        tally.note(Outcome(at, ms / 1000, kind, status, status == "200", status == "503", int(status == "503"), ""))


def run_of_the_plan(**changes: Any) -> list[bool]:
    """Which of the plan's own sentences hold, with one thing changed."""
    tally = Tally([Phase(name=str(n), begins=60.0 * n, seconds=10) for n in range(3)])
    given = {"browse_ms": 20.0, "sign_ms": 40.0, "done": 400, "waits": 100, "neither": 0, **changes}
    for phase in range(3):
        told(tally, phase, "browse", right=100, ms=given["browse_ms"])
    for phase in range(2):
        told(tally, phase, "sign-in", right=100, ms=given["sign_ms"])
    told(tally, 2, "sign-in", right=given["done"], waits=given["waits"], wrong=given["neither"])
    seen = Seen(tally, tally.kind(), [], None, 50.0)
    return [one.holds for one in plan.sentences(seen)]


def test_the_plans_own_sentences_can_fail_alone() -> None:
    assert run_of_the_plan() == [True] * 4
    assert run_of_the_plan(browse_ms=100.0) == [False, True, True, True]
    assert run_of_the_plan(sign_ms=500.0) == [True, False, True, True]
    assert run_of_the_plan(neither=1) == [True, True, False, True]
    assert run_of_the_plan(done=340, waits=160) == [True, True, True, False]


async def test_the_mix_has_its_shares_and_its_rate() -> None:
    scenario = await made("mix", rate=200)
    warm, whole = scenario.layers
    assert (len(asks(warm)) / warm.seconds, len(asks(whole)) / whole.seconds) == (pytest.approx(20, rel=0.2), pytest.approx(200, rel=0.05))
    counted = Counter(kind for _, kind in asks(whole))
    for name, share in SHARES:
        assert counted[name] / counted.total() == pytest.approx(share, rel=0.25, abs=0.002)
    assert sum(share for _, share in SHARES) == pytest.approx(1.0)
    assert len(set(ground().world.lists)) == 200


async def test_a_thousand_come_evenly_in_the_shares_of_the_mix() -> None:
    scenario = await made("thousand")
    begins = scenario.phases[1].begins
    every = [one for layer in scenario.layers for one in asks(layer)]
    whole = [one for one in every if one[0] >= begins]
    seconds = scenario.phases[1].seconds + scenario.phases[2].seconds
    assert (len(whole) / seconds, (len(every) - len(whole)) / begins) == (pytest.approx(1000, rel=0.001), pytest.approx(100, rel=0.01))
    counted = Counter(kind for _, kind in whole)
    assert {kind: counted[kind] / seconds for kind in counted} == {kind: pytest.approx(1000 * share, rel=0.001) for kind, share in SHARES}
    signs = sorted(at for at, kind in whole if kind == "sign-in")
    assert max(after - before for before, after in pairwise(signs)) == pytest.approx(1 / 18, abs=0.001)
    assert scenario.sockets == 0


async def test_a_flash_crowd_is_ten_times_as_many_within_a_second() -> None:
    scenario = await made("flash", rate=300)
    begins = scenario.phases[1].begins
    every = [at for layer in scenario.layers for at, _ in asks(layer)]
    before = sum(1 for at in every if begins - 10 <= at < begins) / 10
    first = sum(1 for at in every if begins <= at < begins + 1)
    assert 8 < first / before < 12.5
    over = begins + scenario.phases[1].seconds
    assert sum(1 for at in every if over <= at < over + 10) / 10 == pytest.approx(before, rel=0.35)


async def test_six_thousand_open_one_page_within_two_minutes() -> None:
    scenario = await made("rush")
    rush = scenario.layers[1]
    arrived = [due.at for due in visits(rush, Random(1))]
    assert len(arrived) == pytest.approx(6000, rel=0.05)
    assert max(arrived) - min(arrived) <= 120
    assert sum(1 for at in arrived if at < rush.begins + 40) > sum(1 for at in arrived if at > rush.begins + 80) * 2
    kinds = Counter(kind for _, kind in asks(rush))
    assert kinds["page"] > 6500 and kinds["asset"] == pytest.approx(2 * 0.8 * 6000, rel=0.1)


async def test_audition_day_is_a_burst_of_people_who_apply_to_one_call() -> None:
    scenario = await made("audition")
    burst = scenario.layers[1]
    arrived = [due.at - burst.begins for due in visits(burst, Random(1))]
    assert sum(1 for at in arrived if at < 30) == pytest.approx(len(arrived) / 2, rel=0.1)
    paths = {step.ask(Visitor("10.0.0.1", token="known")).path for due in visits(burst, Random(2)) for step in due.steps}  # type: ignore[union-attr]
    assert {"/jobs/777", "/api/jobs/777/applications", "/api/auth/login"} <= paths
    kinds = Counter(kind for _, kind in asks(burst))
    assert kinds["apply"] / kinds["call"] == pytest.approx(0.3, abs=0.05)


async def test_a_soak_is_an_hour_and_shorter_ones_are_shorter() -> None:
    assert ((await made("soak")).seconds, (await made("soak", shorter=60)).seconds) == (3600, 60)


def looks(*, grow: float = 0.0, files: float = 0.0, connections: float = 0.0) -> list[Look]:
    """Fifty minutes of looks, some of which grow each minute."""
    return [
        Look(
            at=600.0 + 60 * n, cpu=40.0, own=0.1, memory=30.0, web_mb=(150.0, 150.0 + grow * n), worker_mb=(120.0,), files=int(100 + files * n),
            inside=Inside(connections=int(40 + connections * n), accepted=100, waiting=0, oldest_s=0),
        )
        for n in range(50)
    ]  # fmt: skip


def test_what_grows_is_seen() -> None:
    assert slope([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]) == 2.0

    def verdict(grow: float) -> bool:
        return growth("a web process", [(one.at, one.web_mb) for one in looks(grow=grow)]).holds

    assert [verdict(each) for each in (0.0, 0.1, 0.11, 1.0)] == [True, True, False, False]
    assert growth("a worker", []).holds is False
    for files, holds in ((0.0, True), (0.15, True), (1.0, False)):
        assert flat("open files", [(one.at, float(one.files)) for one in looks(files=files)]).holds is holds


def test_open_pages_that_broke_or_missed_something_are_said() -> None:
    def verdict(**changes: float) -> bool:
        given: dict[str, Any] = {
            "wanted": 10, "opened": 10, "refused": 0, "broken": 0, "connect_p95_ms": 3.0, "told": 90, "missed": 0, "lag_p95_ms": 9.0, **changes,
        }  # fmt: skip
        nothing = Kind(asked=0, right=0, asked_to_wait=0, statuses={}, found={}, p50_ms=0, p95_ms=0, p99_ms=0, max_ms=0)
        return heard_all(Seen(Tally([]), nothing, [], Heard(**given), 0.0))[0].holds

    assert [verdict(), verdict(opened=9), verdict(broken=1), verdict(missed=1)] == [True, False, False, False]
