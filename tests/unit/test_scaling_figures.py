"""Reports in, figures out: percentiles over windows, rates from differences, and nothing made up of what nobody knows."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.kit.report import BOUNDS, Report, place_of, quantile
from nollycrewhub.scaling.rules.figuring import Figures, OneQueue, figures, kept, sample_of, with_queues
from nollycrewhub.scaling.rules.traffic import Part, Traffic, averaged


def took(*seconds: float) -> tuple[int, ...]:
    """Answers by how long they took."""
    counts = [0] * (len(BOUNDS) + 1)
    for each in seconds:
        counts[place_of(each)] += 1
    return tuple(counts)


def report(name: str = "web-1", at: float = 100.0, **changes: object) -> Report:
    """A web process's report."""
    return msgspec.structs.replace(Report(name=name, role="web", pid=7, at=at, limit=10, took=took()), **changes)


def after(first: Report, seconds: float = 5.0, **changes: object) -> Report:
    """The same process's report some seconds later."""
    return msgspec.structs.replace(first, at=first.at + seconds, **changes)


def seen(*pairs: tuple[Report, Report]) -> Figures:
    """The figures of some processes with two reports each."""
    return figures({last.key: (first, last) for first, last in pairs})


@given(values=st.lists(st.floats(0.0011, 50), min_size=1, max_size=200), part=st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_is_within_a_fifth_of_the_nearest_rank(values: list[float], part: float) -> None:
    true = sorted(values)[max(0, math.ceil(part * len(values)) - 1)]
    found = quantile(took(*values), part)
    assert found is not None
    assert true / 1.2 - 1e-9 <= found <= true * 1.2 + 1e-9


def test_a_quantile_of_nothing_is_none_and_of_hours_the_last_bound() -> None:
    assert quantile(took(), 0.95) is None
    assert quantile(took(4000.0), 0.95) == BOUNDS[-1]
    assert quantile(took(0.0002), 0.5) is not None


def test_rates_are_differences_between_two_reports() -> None:
    first = report(
        answered=1000, failed=50, shed=7, busy_seconds=80.0, cpu_seconds=30.0, took=took(*[3.0] * 1000), pool_waits=4, pool_waited=0.4
    )
    last = after(
        first, answered=1100, failed=51, shed=32, busy_seconds=110.0, cpu_seconds=32.5, took=took(*[3.0] * 1000, *[0.15] * 100),
        pool_waits=14, pool_waited=0.9, lag_ms=12.0, sockets=3,
    )  # fmt: skip
    found = seen((first, last))
    assert (found.web, found.limit, found.sockets, found.lag_ms) == (1, 10, 3, 12.0)
    assert (found.in_flight, found.per_second, found.cpu_percent) == (6.0, 20.0, 50.0)
    assert (found.error_percent, found.shed_percent) == (1.0, 20.0)
    assert (found.pool_waits, found.pool_wait_ms) == (2.0, 50.0)
    assert found.p95_ms is not None
    assert 125 <= found.p95_ms <= 180, "the thousand slow answers of before are not in it"


def test_half_a_processor_is_full_at_half() -> None:
    first = report(cores=0.5)
    assert seen((first, after(first, cpu_seconds=1.25))).cpu_percent == 50.0


def test_few_answers_have_no_percentile_and_no_share_of_failures() -> None:
    first = report()
    found = seen((first, after(first, answered=19, failed=3, took=took(*[9.0] * 19))))
    assert (found.p95_ms, found.error_percent, found.per_second) == (None, None, 3.8)


def test_a_new_process_is_there_and_has_no_rates_yet() -> None:
    first = report()
    found = figures(
        {"old": (first, after(first, busy_seconds=20.0, cpu_seconds=1.0)), "new": (report("web-2", cpu_seconds=3.0, busy_seconds=9.0),)}
    )
    assert (found.web, found.in_flight, found.cpu_percent) == (2, 4.0, 20.0)
    assert next(one for one in found.processes if one.name == "web-2").in_flight is None


def test_one_that_drains_still_carries_load_and_is_not_counted_as_ready() -> None:
    first, leaving = report(), report("web-2")
    found = seen((first, after(first, busy_seconds=10.0)), (leaving, after(leaving, busy_seconds=5.0, is_ready=False)))
    assert (found.web, found.in_flight) == (1, 3.0)


def test_without_reports_nothing_is_known() -> None:
    found = figures({})
    assert (found.in_flight, found.p95_ms, found.cpu_percent, found.error_percent, found.waiting) == (None,) * 5
    sample = sample_of(found, at=1.0, fleet=(3, 1, 3, 1), ready_for=1.0)
    assert (sample.in_flight, sample.response_ms, sample.shed_percent, sample.oldest_s) == (None,) * 4


def test_load_in_flight_is_shared_by_the_ready() -> None:
    sample = sample_of(Figures(in_flight=30.0, p95_ms=120.0, active_people=9), at=1.0, fleet=(3, 1, 5, 2), ready_for=2.0)
    assert (sample.in_flight, sample.response_ms, sample.active_users, sample.web_asked, sample.ready_for) == (10.0, 120.0, 9, 5, 2.0)
    assert sample_of(Figures(in_flight=30.0), at=1.0, fleet=(0, 0, 1, 1), ready_for=1.0).in_flight == 30.0


def test_workers_are_as_busy_as_their_jobs() -> None:
    first = report("worker", role="worker", limit=20)
    assert seen((first, after(first, busy_seconds=25.0))).worker_busy_percent == 25.0


def test_a_queue_that_its_own_rate_holds_back_is_shown_and_not_counted() -> None:
    queues = [
        OneQueue(queue="mail.send", due=900, running=5, failed=0, oldest_s=80.0, is_bounded=True),
        OneQueue(queue="event:jobs.match", due=3, running=1, failed=0, oldest_s=2.5),
    ]  # fmt: skip
    found = with_queues(Figures(), queues, 2.5)
    assert (found.waiting, found.oldest_s, found.event_lag_s, len(found.queues)) == (3, 2.5, 2.5, 2)
    assert with_queues(Figures(), [], 0.0).oldest_s == 0.0


@given(gaps=st.lists(st.floats(0, 5), min_size=1, max_size=40), span=st.floats(1, 10))
def test_reports_are_kept_for_a_window_and_one_before(gaps: list[float], span: float) -> None:
    histories: dict[str, tuple[Report, ...]] = {}
    at = 0.0
    for gap in gaps:
        at += gap
        histories = kept(histories, [report(at=at)], span=span)
        (history,) = histories.values()
        times = [one.at for one in history]
        assert times == sorted(set(times))
        assert times[-1] == at
        assert all(one > at - span for one in times[1:]), "only the first may be older than the window"


def test_who_tells_nothing_any_more_is_forgotten() -> None:
    histories = kept({}, [report("web-1"), report("web-2")], span=5)
    assert set(kept(histories, [report("web-2", at=105.0)], span=5)) == {"web-2:7"}


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.5, 70.0])
def test_every_time_has_a_bucket(seconds: float) -> None:
    assert 0 <= place_of(seconds) <= len(BOUNDS)


def test_traffic_is_the_growth_of_all_processes_counters_a_second() -> None:
    first = report(served=(("africa", "phone", 2, 100),), found={"hit": 50}, broken={"/jobs": 1})
    last = after(
        first, served=(("africa", "phone", 2, 150), ("europe", "desktop", 5, 5)), found={"hit": 95, "filled": 5}, broken={"/jobs": 6}
    )
    other = report("web-2")
    found = seen((first, last), (other, after(other, 10.0, served=(("africa", "desktop", 3, 20),)))).traffic
    assert [(one.name, one.per_second, one.failed) for one in found.regions] == [("africa", 12.0, 0.0), ("europe", 1.0, 1.0)]
    assert [(one.name, one.per_second) for one in found.devices] == [("phone", 10.0), ("desktop", 3.0)]
    assert [(one.name, one.per_second) for one in found.statuses] == [("2xx", 10.0), ("3xx", 2.0), ("5xx", 1.0)]
    assert [(one.name, one.per_second) for one in found.routes] == [("/jobs", 1.0)]
    assert seen((first, last)).all_per_second == 11.0
    assert (found.per_second, found.found_percent, found.regions[1].error_percent) == (13.0, 90.0, 100.0)


def test_times_of_a_region_are_of_all_looks_together_and_not_a_mean_of_percentiles() -> None:
    first = report(took_by={"africa": took(*[5.0] * 900)})
    looks = [
        seen((first, after(first, took_by={"africa": took(*[5.0] * 900, *times), "phone": took(*times)}))).traffic
        for times in ([0.1] * 18, [0.1] * 18, [0.1, 2.0, 2.0])
    ]
    assert [one.p95_ms("africa") for one in looks] == [None, None, None], "too few in each"
    found = averaged(looks)
    assert found.p95_ms("africa") == found.p95_ms("phone") == pytest.approx(2000, rel=0.2), "two of 39 are more than 5 %"
    assert found.p95_ms("europe") is None


def test_the_mean_of_looks_counts_what_one_had_not_seen_as_nothing() -> None:
    quiet, busy = Traffic(), Traffic(regions=(Part("africa", 8.0, 2.0),), caches=(Part("refused", 1.0),))
    found = averaged([quiet, busy])
    assert found.regions == (Part("africa", 4.0, 1.0),)
    assert (found.per_second, found.found_percent, averaged([]).per_second) == (4.0, None, 0)
