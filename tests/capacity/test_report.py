"""So many people: arithmetic that can be followed by hand, prices from the table, and refusals in a sentence."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nollycrewhub.capacity import measured, prices
from nollycrewhub.capacity.assumptions import Assumptions, NoAssumption, changed
from nollycrewhub.capacity.demand import demand_of, hits
from nollycrewhub.capacity.law import Level, fit
from nollycrewhub.capacity.measured import AtLevel, Kind, Machine, Measured, Memory, NothingMeasured, Table
from nollycrewhub.capacity.prices import Box, NoPrices, cheapest
from nollycrewhub.capacity.report import DEFAULT, asked_of, connections_of, fleet_for, report
from nollycrewhub.cli.main import main
from nollycrewhub.platform.db.budget import wanted
from nollycrewhub.platform.settings import Settings

TOP = Path(__file__).parents[2]
STANDARD = Box(dollars=25.0, cpu=1.0, memory_mb=2048.0)
GIVEN = Assumptions()


def kind(name: str, processor: dict[str, float], found: dict[str, int], *, spread: float = 1.0) -> Kind:
    """A kind of request as it might have been measured."""
    levels = [
        AtLevel(at_once=n, per_second=100.0 * n, mean=0.01, spread=spread, p50=0.01, p95=0.02, asked=100, refused=0) for n in (1, 2, 4, 8, 16, 32)
    ]  # fmt: skip
    return Kind(
        name=name, share=0.5, levels=levels, law=fit([Level(one.at_once, one.per_second) for one in levels]), processor=processor,
        bytes_out=2000.0, found=found, statuses={"200": 600}, queries=[],
    )  # fmt: skip


MEASURED = Measured(
    machine=Machine(
        when="2026-11-30 09:00", revision="0000000", cores=2, processor="", memory_mb=8000, system="Linux", python="3.11", busy_before=0.1, busy_after=1.0
    ),
    seconds=3.0,
    kinds=[kind("list", {"web": 0.0001}, {"hit": 600}), kind("one", {"web": 0.002}, {"filled": 600}, spread=0.5)],
    mix=kind("mix", {"web": 0.0005, "hashing": 0.0004, "primary": 0.0002, "replicas": 0.0001}, {"hit": 450, "filled": 50}),
    jobs=0.1,
    tables=[
        Table(name="users.person", rows=10_000, bytes_all=5_000_000, row=500.0), Table(name="jobs.application", rows=12, bytes_all=98_304, row=None),
        Table(name="jobs.word", rows=900, bytes_all=90_000, row=100.0),
    ],
    memory=Memory(session=600.0, answer=5000.0, answers=900, web=170e6, worker=110e6),
)  # fmt: skip


def table() -> prices.Prices:
    """The committed one."""
    return prices.read(TOP / prices.FILE)


def test_a_mean_request_is_the_mix_taken_apart() -> None:
    assert hits(MEASURED.mix) == 0.75
    demand = demand_of(MEASURED, job_seconds=0.3)
    assert demand.web_hit == 0.0001
    assert demand.web_miss == pytest.approx((0.0005 - 0.75 * 0.0001) / 0.25)
    assert demand.web() == pytest.approx(0.0005 + 0.0004)
    assert demand.database * (1 - demand.hits) == pytest.approx(0.0003)
    assert (demand.spread, demand.jobs, demand.job) == (0.5, 0.1, 0.3)


def test_the_plans_three_scenarios_are_the_plans() -> None:
    for people, at_once, rate in ((10_000, 1000, 100), (50_000, 5000, 500), (100_000, 10_000, 1000)):
        asked = asked_of(people, GIVEN)
        assert (asked.at_once, asked.evening, asked.event) == (at_once, pytest.approx(rate), pytest.approx(10 * rate))
        assert 0.4 * rate < asked.requests_a_month / (730 * 3600) < 0.6 * rate


def test_instances_follow_by_hand() -> None:
    fleet = fleet_for(1000.0, STANDARD, MEASURED, GIVEN)
    assert fleet.instances == 4  # 1000 * 0.0009 / (0.5 * 0.6) = 3, and a spare
    assert fleet.used == pytest.approx(1000 * 0.0009 / 0.5 / 4)
    assert fleet.workers == 5  # 1000 * 0.1 * 0.3 = 30 erlangs over 10 slots at 60 %
    assert fleet.database_cores == pytest.approx(1000 * 0.0003 / 0.3)
    assert fleet_for(1.0, STANDARD, MEASURED, GIVEN).instances == 2  # one, and a spare
    assert fleet_for(1000.0, STANDARD, MEASURED, changed(GIVEN, ["edge_share=0.5"])).instances == 3


def test_room_in_flight_counts_when_it_is_the_tighter_one() -> None:
    slow = msgspec.structs.replace(MEASURED, mix=kind("mix", {"web": 0.0001, "primary": 0.4}, {"filled": 600}))
    assert DEFAULT["most_in_flight"] == 100
    assert fleet_for(1000.0, STANDARD, slow, GIVEN).instances == 8  # 400 in flight over 60 each, and a spare


def test_connections_are_what_the_start_of_serve_counts() -> None:
    settings = Settings(
        shape="laptop", database_url="postgresql://a@b/c", database_owner_url="postgresql://a@b/c", database_direct_url="postgresql://a@b/c",
        database_reader_url="postgresql://a@b/c", read_replica_urls={}, session_url="redis://a", cache_url="redis://a", secret="x" * 40,
        worker_processes=3,
    )  # fmt: skip
    assert connections_of(7, 3) == wanted(settings, primary=True, web_processes=7)


def test_growth_names_what_was_measured_and_what_was_guessed() -> None:
    found = {one.table: one for one in report(10_000, MEASURED, table(), GIVEN).growth}
    assert found["users.person"].gigabytes == pytest.approx(10_000 * 500 / 1e9)
    assert found["users.person"].is_measured
    assert not found["jobs.application"].is_measured
    assert found["jobs.application"].row == GIVEN.row_guess
    assert "jobs.word" not in found


def test_more_people_cost_more_and_naira_are_dollars_times_their_price() -> None:
    reports = [report(people, MEASURED, table(), GIVEN) for people in (1000, 10_000, 50_000, 100_000, 1_000_000)]
    for place in (0, 1):
        bills = [one.bills[place] for one in reports]
        assert [bill.dollars for bill in bills] == sorted(bill.dollars for bill in bills)
        assert all(bill.dollars == pytest.approx(sum(line.dollars for line in bill.lines)) for bill in bills)
        assert all(bill.naira == pytest.approx(bill.dollars * table().meta.naira_per_dollar) for bill in bills)
    assert [one.replicas for one in reports] == [0, 0, 1, 2, 2]


def test_the_cheapest_box_that_is_large_enough() -> None:
    boxes = {
        "small": Box(dollars=5, cpu=1, memory_mb=512),
        "odd": Box(dollars=4, cpu=0.5, memory_mb=4096),
        "large": Box(dollars=20, cpu=4, memory_mb=8192),
    }
    assert cheapest(boxes, cpu=1)[0] == "small"
    assert cheapest(boxes, memory_mb=1024)[0] == "odd"
    assert cheapest(boxes, cpu=1, memory_mb=1024)[0] == "large"
    assert cheapest(boxes, cpu=9) == ("large", boxes["large"], 3)


NO_ASSUMPTIONS = (
    "core", "core=much", "cores=1", "core=-1", "core=nan", "core=inf", "core=0", "core=1e-300", "processor_target=0", "processor_target=3", "slots=0",
    "at_once=5", "edge_share=2", "event_times=0", "event_hours=1000", "headroom=0",
)  # fmt: skip


@pytest.mark.parametrize("word", NO_ASSUMPTIONS)
def test_an_assumption_that_is_none_is_refused(word: str) -> None:
    with pytest.raises(NoAssumption):
        changed(GIVEN, [word])
    assert changed(GIVEN, ["core=0.8", "spare=0"]).core == 0.8


def test_files_that_are_none_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NothingMeasured, match="capacity measure"):
        measured.read(tmp_path / "none.json")
    (tmp_path / "prices.toml").write_text('[meta]\ndate = "soon"\n')
    with pytest.raises(NoPrices, match="date"):
        prices.read(tmp_path / "prices.toml")


NO_PRICES = (
    ("naira_per_dollar = 1420.0", "naira_per_dollar = 0", "naira_per_dollar"),
    ("naira_per_dollar = 1420.0", "naira_per_dollar = nan", "naira_per_dollar"),
    ("hours_a_month = 730", "hours_of_a_month = 730", "hours_a_month"),
    ("dollars = 7.0\ncpu = 0.5", "dollars = -7.0\ncpu = 0.5", "dollars"),
    ("dollars = 7.0\ncpu = 0.5", "dollars = 7.0\ncpus = 0.5", "cpu"),
    ("dollars = 7.0\ncpu = 0.5", "dollars = 7.0\ncpu = 0", "cpu"),
    ("dollars = 10.0\nmemory_mb = 256\nconnections = 250", "dollars = 10.0\nmemory_mb = 256\nconnection = 250", "connection"),
    ("vcpu_hour = 0.0440", "vcpu_hour = inf", "vcpu_hour"),
    ("dollars_per_geo_steering = 10.0", "dollars_per_geo_steering = -10.0", "dollars_per_geo_steering"),
)


@pytest.mark.parametrize(("right", "wrong", "name"), NO_PRICES)
def test_a_price_that_is_none_is_refused_by_its_name(right: str, wrong: str, name: str, tmp_path: Path) -> None:
    text = (TOP / prices.FILE).read_text()
    assert text.count(right) == 1
    (tmp_path / "prices.toml").write_text(text.replace(right, wrong))
    with pytest.raises(NoPrices, match=name):
        prices.read(tmp_path / "prices.toml")


def test_no_instance_that_holds_a_web_process_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capacity", "report", "--assume", "headroom=100000"]) == 1
    assert capsys.readouterr().err == "No kind of instance in the table of prices holds a web process.\n"


def test_a_bill_says_where_an_events_pools_do_not_fit_into_the_server_it_names() -> None:
    found = report(50_000, MEASURED, prices.read(TOP / prices.FILE), Assumptions())
    for bill in found.bills:
        (line,) = [one.what for one in bill.lines if one.what.startswith("PostgreSQL ")]
        assert f"pools may want {found.event.connections_accepted}: behind a pooler" in line
    few = report(100, MEASURED, prices.read(TOP / prices.FILE), Assumptions())
    assert [one.what for bill in few.bills for one in bill.lines if "pooler" in one.what] == []


def test_what_was_measured_is_kept_as_it_was(tmp_path: Path) -> None:
    measured.write(MEASURED, tmp_path / "docs" / "measured.json")
    assert measured.read(tmp_path / "docs" / "measured.json") == MEASURED


def test_the_command_tells_people_and_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured.write(MEASURED, tmp_path / "measured.json")
    words = ["capacity", "report", "--measured", str(tmp_path / "measured.json"), "--prices", str(TOP / prices.FILE)]
    assert main(words) == 0
    text = capsys.readouterr().out
    for wanted_text in ("10,000 people", "50,000 people", "100,000 people", "Render: $", "Kubernetes: $", "₦", "at_once", "Prices of "):
        assert wanted_text in text
    assert main([*words, "--people", "25000", "--assume", "core=1", "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told["assumptions"]["core"] == 1.0
    assert [one["asked"]["people"] for one in told["reports"]] == [25_000]
    assert main(["capacity", "report"]) == 0
    said = capsys.readouterr().out
    assert (main(["capacity"]), capsys.readouterr().out) == (0, said), "without another word it is the report"
    assert main([*words, "--people", "0"]) == 2
    assert main([*words, "--assume", "luck=1"]) == 1
    assert "luck" in capsys.readouterr().err
