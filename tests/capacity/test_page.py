"""The committed page and its plots are what the committed results give; runs are laid beside their simulation."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import msgspec
import pytest

from nollycrewhub.capacity import agreeing, measured, page, prices
from nollycrewhub.capacity.agreeing import NoRun, by_second
from nollycrewhub.capacity.simulation import checking, comparing
from nollycrewhub.capacity.simulation.comparing import NothingSimulated
from nollycrewhub.capacity.simulation.policies import CALENDAR, CPU, NAMES, OURS
from nollycrewhub.capacity.simulation.scene import Demand
from nollycrewhub.cli.capacity import OF_A_LAPTOP, scene_of
from nollycrewhub.cli.main import main
from nollycrewhub.kit.axes import nice_step

TOP = Path(__file__).parents[2]


def test_the_page_and_its_plots_are_what_the_results_give() -> None:
    stale = [path.name for path, text in page.made(TOP).items() if not path.exists() or path.read_text() != text]
    assert stale == [], "run `nollycrewhub capacity docs` and commit what it writes"


def test_other_results_are_another_page() -> None:
    seen, simulated, table = measured.read(TOP / measured.FILE), comparing.read(TOP / comparing.FILE), prices.read(TOP / prices.FILE)
    committed = (TOP / page.PAGE).read_text()
    other = msgspec.structs.replace(seen, machine=msgspec.structs.replace(seen.machine, cores=97))
    assert "97 cores" in page.page(other, simulated, table, [])
    dearer = msgspec.structs.replace(table, meta=msgspec.structs.replace(table.meta, naira_per_dollar=9999.0))
    assert page.page(seen, simulated, dearer, []) != committed


def test_no_picture_is_left_that_nothing_makes() -> None:
    assert {path.name for path in (TOP / page.PICTURES).iterdir()} == {path.name for path in page.made(TOP) if path.suffix == ".svg"}


def test_the_plots_are_pictures() -> None:
    for path, text in page.made(TOP).items():
        if path.suffix == ".svg":
            tree = ElementTree.fromstring(text)
            assert tree.tag.endswith("svg")
            assert len(tree.findall(".//{*}polyline")) >= 1


def test_round_steps_are_round() -> None:
    assert [nice_step(most) for most in (1, 6, 24, 100, 3500)] == [0.2, 1.0, 5.0, 20.0, 1000.0]


def test_the_committed_simulation_held_its_bars() -> None:
    simulated = comparing.read(TOP / comparing.FILE)
    assert simulated.seeds >= 30
    assert simulated.measured_at == measured.read(TOP / measured.FILE).machine.when
    assert len(simulated.checked) == len(checking.CASES)
    for one in simulated.checked:
        assert one.replications >= 30
        assert abs(one.off) < checking.BAR
        assert one.second is not None
        assert one.second_off is not None
        assert abs(one.second_off) < 2 * checking.BAR
    assert {row.policy for row in simulated.compared} == set(NAMES)
    pairs = {(one.policy, one.figure): one for one in simulated.agreed}
    for policy in (CPU, OURS):
        minutes = pairs[policy, "instance_minutes"]
        assert minutes.stream.mean == pytest.approx(minutes.single.mean, rel=0.15)
    found = {(row.scene, row.policy): row.figures["lost_minutes"].mean for row in simulated.compared}
    announced = "flash crowd, in the calendar"
    assert found[announced, CALENDAR] < found[announced, OURS]


def test_the_same_seeds_write_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brief = [msgspec.structs.replace(one, load=msgspec.structs.replace(one.load, seconds=2400.0)) for one in comparing.scenes(Demand())][
        2:4
    ]
    monkeypatch.setattr(comparing, "scenes", lambda demand: brief)
    monkeypatch.setattr(comparing, "agreement", lambda demand: [])
    written = []
    for name in ("one.json", "two.json"):
        found = comparing.simulate(Demand(), "today", [], seeds=3, say=lambda text: None)
        comparing.write(found, tmp_path / name)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    assert comparing.read(tmp_path / "one.json").seeds == 3
    with pytest.raises(NothingSimulated, match="capacity simulate"):
        comparing.read(tmp_path / "none.json")


def test_a_run_is_laid_beside_its_simulation(tmp_path: Path) -> None:
    due: list[float | None] = [20.0] * 60 + [200.0] * 60
    run = agreeing.Ran(
        name="flash", seconds=120.0, whole=agreeing.Whole(p95_ms=160.0),
        curves=agreeing.Curves(at=[float(n) for n in range(120)], due=due, watched_at=[0.0, 70.0], web=[1.0, 3.0]),
    )  # fmt: skip
    (tmp_path / "flash.json").write_bytes(msgspec.json.encode(run))
    assert agreeing.ran(tmp_path / "flash.json") == run
    assert main([
        "capacity", "agree", str(tmp_path / "flash.json"), "--in-flight", "20", "--out", str(tmp_path / "told.json"),
        "--measured", str(TOP / measured.FILE),
    ]) in (0, 1)  # fmt: skip
    told = agreeing.read(tmp_path / "told.json")
    assert 150 < told[0].p95_simulated.mean < 165  # what waits on a provider waits for nothing else while there is room
    waiting = Demand(provider_share=1.0)
    found = agreeing.compare(run, scene_of(run, waiting, msgspec.structs.replace(OF_A_LAPTOP, in_flight=20)), seeds=2)
    assert found.instance_minutes == pytest.approx((70 + 3 * 50) / 60)
    assert 150 < found.p95_simulated.mean < 250
    assert abs(found.minutes_off) < 0.6
    agreeing.keep(found, tmp_path / "runs.json")
    agreeing.keep(msgspec.structs.replace(found, p95_ms=1.0), tmp_path / "runs.json")
    assert [one.p95_ms for one in agreeing.read(tmp_path / "runs.json")] == [1.0]
    assert not msgspec.structs.replace(found, p95_off=0.31, minutes_off=0.0).holds
    assert not msgspec.structs.replace(found, p95_off=0.0, minutes_off=-0.21).holds
    assert msgspec.structs.replace(found, p95_off=-0.3, minutes_off=0.2).holds


def test_a_file_that_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "some.json").write_text("{}")
    with pytest.raises(NoRun):
        agreeing.ran(tmp_path / "some.json")
    assert main(["capacity", "agree", str(tmp_path / "some.json")]) == 1
    assert "no result" in capsys.readouterr().err


def test_a_curve_keeps_its_value_until_the_next_look() -> None:
    assert by_second([0.0, 2.0, 3.5], [1.0, None, 4.0], 6.0) == [1.0, 1.0, 1.0, 1.0, 4.0, 4.0]


@pytest.mark.parametrize(
    "words",
    [("--in-flight", "0"), ("--boot", "-5"), ("--provider", "nan"), ("--look", "0"), ("--most-web", "inf"), ("--web-at-first", "many")],
)
def test_a_figure_of_a_run_that_cannot_be_is_refused_and_nothing_is_kept(
    words: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["capacity", "agree", str(TOP / "loadtest/results/flash.json"), "--out", str(tmp_path / "told.json"), *words])
    assert refused.value.code == 2
    assert f"{words[1]!r} is not a number from" in capsys.readouterr().err
    assert not (tmp_path / "told.json").exists()
