"""What the console works out: how well things are, how far from each threshold, and pictures that can be read."""

import re
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.scaling.rules.deciding import INVESTIGATE, SLOW, Policy, Sample, State, Thresholds, decide
from nollycrewhub.scaling.rules.figuring import Figures, OneProcess
from nollycrewhub.scaling.rules.plotting import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Series, Stretch, plot
from nollycrewhub.scaling.rules.telling import explained
from nollycrewhub.scaling.rules.watching import Check, Known, Trigger, checks, triggers_of, worst

ONE = Sample(at=1000.0, web=2, workers=1, web_asked=2, workers_asked=1)
HOUR = Stretch(begins=datetime(2026, 11, 30, 12, 7, tzinfo=UTC), seconds=60, count=60)
PROCESS = OneProcess(name="web-1", role="web", pid=7, is_ready=True, limit=100)
WELL = Known(seen=Figures(processes=(PROCESS,), web=2, workers=1), triggers=(), asked=(2, 1))
BOUNDS = {"scale_up_cpu": 70, "scale_up_memory": 80, "scale_up_instances": 500, "scale_up_workers": 100, "investigate_issues": 1,
          "scale_up_active_users": 10_000, "scale_up_response_time": 1000}  # fmt: skip
FIGURE = st.one_of(st.none(), st.floats(0, 3000))


def look(at: float, **changes: float | None) -> Sample:
    """One look."""
    return msgspec.structs.replace(ONE, at=at, **changes)


def points(path: str) -> list[tuple[float, float]]:
    """The points of a drawn line."""
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


def test_what_holds_past_midnight_is_told_with_both_days() -> None:
    at = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)

    def said(until: datetime) -> str:
        return explained(at=at, until=until, looks=9, before=(2, 1), after=(2, 1), actions=(), reasons=(), outcome="held")

    assert said(datetime(2026, 12, 31, 22, 45, tzinfo=UTC)).startswith("From 2026-12-31 23:30:00 to 23:45:00 (9 looks)")
    assert said(datetime(2026, 12, 31, 23, 15, tzinfo=UTC)).startswith("From 2026-12-31 23:30:00 to 2027-01-01 00:15:00 (9 looks)")


def test_the_triggers_are_the_plans_with_its_thresholds() -> None:
    assert {one.action: one.bound for one in triggers_of([ONE])} == BOUNDS
    assert all(one.now is None and not one.is_past for one in triggers_of([ONE]))
    assert len(triggers_of([])) == len(BOUNDS)


def test_a_trigger_has_the_newest_figure_and_that_of_the_window() -> None:
    found = {one.action: one for one in triggers_of([look(1.0, cpu_percent=90), look(2.0, cpu_percent=90), look(3.0, cpu_percent=20)])}
    assert (found["scale_up_cpu"].now, found["scale_up_cpu"].window, found["scale_up_cpu"].is_past) == (20, 90, True)


@given(st.lists(st.tuples(FIGURE, FIGURE, FIGURE), min_size=1, max_size=8))
def test_what_is_past_its_threshold_is_what_the_decision_says(values: list[tuple[float | None, ...]]) -> None:
    policy, state = Policy(), State()
    samples = [
        look(1000.0 + place, response_ms=one, cpu_percent=other, waiting=None if third is None else int(third))
        for place, (one, other, third) in enumerate(values)
    ]
    for one in samples:
        decision, state = decide(policy, state, one)
    assert tuple(one.action for one in triggers_of(samples) if one.is_past) == decision.actions


def test_nothing_is_wrong_when_all_is_there() -> None:
    assert worst(checks(WELL)) == "good"


@pytest.mark.parametrize(
    ("changes", "name", "tone"),
    [
        ({"open": 1}, "incidents", "bad"),
        ({"asked": (3, 1)}, "web", "warn"),
        ({"asked": (2, 2)}, "workers", "warn"),
        ({"seen": msgspec.structs.replace(WELL.seen, web=0)}, "web", "bad"),
        ({"seen": Figures()}, "reports", "bad"),
        ({"seen": msgspec.structs.replace(WELL.seen, shed_percent=1.0)}, "room", "warn"),
        ({"triggers": (Trigger(action=INVESTIGATE, now=0, window=1.1, bound=1.0),)}, "answers", "bad"),
        ({"triggers": (Trigger(action=SLOW, now=0, window=1001, bound=1000),)}, "answers", "bad"),
        ({"triggers": (Trigger(action="scale_up_instances", now=0, window=501, bound=500),)}, "answers", "warn"),
        ({"triggers": (Trigger(action="scale_up_workers", now=0, window=101, bound=100),)}, "queues", "warn"),
        ({"is_primary_in": False}, "primary", "bad"),
        ({"replicas_out": 1}, "replicas", "warn"),
        ({"failed": 1}, "queues", "warn"),
        ({"asked": None}, "scaler", "warn"),
    ],
)  # fmt: skip
def test_each_thing_that_is_not_right_is_said(changes: dict[str, object], name: str, tone: str) -> None:
    found = checks(msgspec.structs.replace(WELL, **changes))
    assert Check(name, tone) in found  # type: ignore[arg-type]  # one of the three
    assert worst(found) != "good"


def test_without_reports_nobody_says_that_processes_are_gone() -> None:
    assert Check("web", "warn") in checks(msgspec.structs.replace(WELL, seen=Figures()))


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=60, max_size=60), st.sampled_from([None, 1.0, 500.0]))
def test_a_line_stays_in_its_frame_and_is_lifted_where_nothing_is_known(values: list[float | None], threshold: float | None) -> None:
    drawn = plot("answers", "ms", [Series("p95", values)], HOUR, threshold=threshold, digits=1)
    path = drawn.lines[0].path
    assert all(LEFT <= x <= WIDTH - RIGHT and TOP - 0.1 <= y <= HEIGHT - BOTTOM for x, y in points(path))
    assert len(points(path)) == sum(value is not None for value in values)
    known = [value is not None for value in values]
    assert path.count("M") == sum(now and not before for now, before in zip(known, [False, *known], strict=False))
    assert drawn.up[0].text == "0" and drawn.up[-1].at == pytest.approx(TOP)
    assert drawn.bound is None or TOP - 0.1 <= drawn.bound <= HEIGHT - BOTTOM


def test_a_threshold_is_drawn_when_the_line_comes_near_it() -> None:
    bound = Thresholds().response_ms
    far, near = (plot("answers", "ms", [Series("p95", [value] * 60)], HOUR, threshold=bound) for value in (249.0, 250.0))
    assert (far.bound, far.threshold, near.bound is not None) == (None, bound, True)


def test_time_is_marked_at_round_moments_in_lagos() -> None:
    assert [mark.text for mark in plot("answers", "ms", [], HOUR).across] == ["13:15", "13:30", "13:45", "14:00"]
    day = Stretch(begins=datetime(2026, 11, 30, 12, 0, tzinfo=UTC), seconds=1440, count=60)
    assert [mark.text for mark in plot("answers", "ms", [], day).across] == ["18:00", "00:00", "06:00", "12:00"]
    both = Stretch(begins=datetime(2026, 11, 30, 12, 0, tzinfo=UTC), seconds=2880, count=60)
    assert [mark.text for mark in plot("answers", "ms", [], both).across] == ["Tue 00:00", "Tue 12:00", "Wed 00:00"]


def test_counts_are_marked_by_whole_numbers_and_the_peak_is_told_with_its_time() -> None:
    drawn = plot("processes", "processes", [Series("web", [2.0, 3.0, 3.0, *[None] * 57]), Series("workers", [None] * 60)], HOUR)
    assert [mark.text for mark in drawn.up] == ["0", "1", "2", "3"]
    (peak,) = drawn.peaks
    assert (peak.name, peak.most, f"{peak.at:%H:%M}", peak.newest) == ("web", 3.0, "13:08", 3.0)
