"""The report: a page that holds every figure of its run, and drawings that are right at their edges."""

from pathlib import Path
from random import Random

import msgspec
import pytest

from nollycrewhub.loadtest.plots import HIGH, LEFT, TOP, Frame, line, plots, spoken, step_for
from nollycrewhub.loadtest.progress import line as progress_line
from nollycrewhub.loadtest.report import page
from nollycrewhub.loadtest.results import Criterion, Curves, Machine, Result, read, thinned, write
from nollycrewhub.loadtest.running import by_kind, curves
from nollycrewhub.loadtest.tally import Outcome, Phase, Tally
from nollycrewhub.loadtest.verdict import KEYS
from nollycrewhub.loadtest.watching import Inside, Look

SECONDS = 60


def a_tally() -> Tally:
    """A minute of two kinds, with a bad moment in its middle."""
    rng, tally = Random(2), Tally([Phase(name="before", begins=0, seconds=20), Phase(name="the crowd & after", begins=20, seconds=40)])
    for number in range(3000):
        at = number / 50
        is_bad = 30 <= at < 33 and rng.random() < 0.4
        took = rng.expovariate(20 if is_bad else 120)
        tally.note(Outcome(at, took, "list" if number % 3 else "one", "503" if is_bad else "200", not is_bad, is_bad, int(is_bad), "hit"))
    return tally


def some_looks() -> list[Look]:
    """A minute of looks, with one at which the database did not answer."""
    return [
        Look(
            at=1.0 + n, cpu=30.0 + n / 2, own=0.2, memory=41.0, web_mb=(150.0, 160.0 + n / 10), files=100,
            inside=None if n == 30 else Inside(connections=40 + n // 10, accepted=97, waiting=n % 7, oldest_s=0.2),
        )
        for n in range(SECONDS)
    ]  # fmt: skip


def a_result(**changes: object) -> Result:
    """A run."""
    tally = a_tally()
    on = Machine(
        when="2026-11-30 11:00", revision="abc1234", cores=2, processor="A Processor", memory_gb=7.6, system="Linux", python="3.11.7", busy=0.2
    )  # fmt: skip
    found = Result(
        name="flash", says="A flash crowd", machine=on, target="an `up` of its own", seconds=SECONDS, seed=1, phases=list(tally.phases),
        by_phase=[by_kind(tally, n) for n in range(2)], kinds={name: tally.kind(kinds=[name]) for name in tally.kinds()}, whole=tally.kind(),
        planned=3000, dropped=0, impossible=0, generator_cores=0.2, generator_late_p99_ms=2.0, sockets=None,
        curves=curves(tally, SECONDS, some_looks()), void=[],
        criteria=[Criterion(key=key, says=f"{key} is well", measured=f"{n + 7}.5", holds=True) for n, key in enumerate(KEYS)],
    )  # fmt: skip
    return msgspec.structs.replace(found, **changes)


def test_the_page_says_the_verdict_and_every_measured_figure_and_needs_nothing_else() -> None:
    told = page(a_result())
    assert all(f"{n + 7}.5" in told and key in told for n, key in enumerate(KEYS))
    assert "Passed" in told and "2026-11-30 11:00" in told and "A Processor" in told
    assert "the crowd &amp; after" in told
    for asked_for in ("http://", "https://", "src=", "@import", "url(", "<script"):
        assert asked_for not in told, asked_for


def test_a_run_that_failed_or_proves_nothing_says_so_first() -> None:
    bad = Criterion(key=KEYS[0], says="p95 below 500 ms", measured="p95 612 ms", holds=False)
    failed = a_result(criteria=[bad])
    assert failed.has_passed is False and "Not passed" in page(failed) and "fails" in page(failed)
    void = a_result(void=["The generator was too slow."])
    assert void.has_passed is False and ">Void<" in page(void)


def test_each_drawing_has_what_was_measured_and_nothing_that_was_not() -> None:
    drawn = {one.title: one for one in plots(a_result())}
    assert set(drawn) == {
        "Requests", "Response times", "Not answered rightly", "Processors", "Memory", "Database connections", "Queue backlog",
        "Web processes", "Largest web process",
    }  # fmt: skip
    assert [one.name for one in drawn["Response times"].lines] == ["p50", "p95", "p99"]
    assert "wrong at most" in drawn["Not answered rightly"].summary
    blind = a_result()
    empty: Curves = msgspec.structs.replace(
        blind.curves, machine_cpu=[], generator_cpu=[], memory=[None] * 60, connections=[], waiting=[], web=[], web_mb=[]
    )
    assert [one.title for one in plots(msgspec.structs.replace(blind, curves=empty))] == [
        "Requests",
        "Response times",
        "Not answered rightly",
    ]


def test_the_frame_puts_values_where_they_belong() -> None:
    plain, log = Frame(100, 50, False), Frame(100, 1000, True)
    assert (plain.y(50), plain.y(0), plain.x(0)) == (TOP, HIGH - 22, LEFT)
    assert plain.y(25) == pytest.approx((plain.y(0) + plain.y(50)) / 2, abs=0.1)
    assert (log.y(1), log.y(1000), log.y(0)) == (HIGH - 22, TOP, HIGH - 22)
    assert log.y(10) - log.y(100) == pytest.approx(log.y(1) - log.y(10), abs=0.2)
    assert [tick.text for tick in log.up()] == ["1", "10", "100", "1000"]
    assert [tick.text for tick in plain.up()] == ["0", "20", "40"]
    assert [tick.text for tick in Frame(3600, 1, False).across()] == ["0 min", "20", "40", "60"]
    assert [step_for(each) for each in (1, 7, 50, 1100)] == [0.25, 2, 20, 500]
    assert [step_for(each, least=1.0) for each in (1, 3, 50)] == [1, 1, 20]
    assert [spoken(each) for each in (0.25, 500, 12_000)] == ["0.25", "500", "12k"]


def test_a_curve_breaks_where_nothing_was_measured() -> None:
    found = line(Frame(10, 10, False), "x", "first", [0, 1, 2, 3, 4, 5], [1, 2, None, 3, None, 5])
    assert found.path.count("M") == 1 and len(found.dots) == 2


def test_long_runs_keep_their_peaks() -> None:
    values = [1.0] * 3600
    values[1777] = 99.0
    assert max(each or 0 for each in thinned(values)) == 99.0 and len(thinned(values)) <= 400
    assert thinned([None, None]) == [None, None]


def test_what_is_kept_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "flash.json"
    write(a_result(), path)
    assert read(path) == a_result()
    assert b'"cores": 2' in path.read_bytes()


def test_the_progress_says_rate_p95_and_errors() -> None:
    told = progress_line(a_tally(), 33.0, 60.0, cpu=41.0)
    assert "33/60 s" in told and "50/s" in told and "p95" in told and "errors" in told and "cpu  41 %" in told
    assert told.startswith("█" * 11 + "░" * 9)
