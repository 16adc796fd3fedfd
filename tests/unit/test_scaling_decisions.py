"""How many processes there should be: the plan's thresholds by their names, and no decision that swings, overshoots or fails."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.scaling.rules.deciding import (
    Decision,
    Policy,
    Sample,
    State,
    Thresholds,
    Wish,
    actions_of,
    caps,
    decide,
    percentile,
    seen_in,
    steady,
)

CALM: dict[str, Any] = {
    "in_flight": 50.0, "response_ms": 40.0, "cpu_percent": 30.0, "memory_percent": 40.0, "error_percent": 0.0,
    "active_users": 500, "waiting": 0, "oldest_s": 0.0,
}  # fmt: skip
LOOK = 15.0


def sample(at: float = 0.0, web: int = 2, workers: int = 1, **changes: Any) -> Sample:
    """A calm look, but for some figures."""
    return Sample(**{"at": at, "web": web, "workers": workers, "web_asked": web, "workers_asked": workers, **CALM, **changes})


def run(
    policy: Policy, looks: int, load: Callable[[float], float], *, web: int = 2, state: State | None = None, **changes: Any
) -> tuple[list[Decision], State]:
    """A fleet that does at once what is decided, and shares a load of requests in flight."""
    decisions: list[Decision] = []
    state, workers = state or State(), policy.least_workers
    for number in range(looks):
        at = number * LOOK
        given = {**changes, "in_flight": load(at) / web}
        decision, state = decide(policy, state, sample(at, web, workers, **given))
        web, workers = decision.web, decision.workers
        decisions.append(decision)
    return decisions, state


@pytest.mark.parametrize(
    ("figure", "bound", "action"),
    [
        ("cpu_percent", 70, "scale_up_cpu"), ("memory_percent", 80, "scale_up_memory"), ("response_ms", 500, "scale_up_instances"),
        ("waiting", 100, "scale_up_workers"), ("error_percent", 1, "investigate_issues"), ("active_users", 10_000, "scale_up_active_users"),
    ],
)  # fmt: skip
def test_the_plans_thresholds_have_the_plans_names(figure: str, bound: int, action: str) -> None:
    for value, wanted in ((bound, ()), (bound + 1, (action,))):
        assert actions_of(seen_in([sample(**{figure: value})]), 2, Thresholds()) == wanted


def test_a_very_slow_answer_has_both_names() -> None:
    assert actions_of(seen_in([sample(response_ms=1001.0)]), 2, Thresholds()) == ("scale_up_instances", "scale_up_response_time")


@pytest.mark.parametrize("brings_memory", [True, False])
def test_full_memory_adds_a_process_only_where_it_brings_memory_of_its_own(brings_memory: bool) -> None:
    policy = Policy(brings_memory=brings_memory)
    decision, _ = decide(policy, State(), sample(1000.0, 3, 1, memory_percent=91.0, in_flight=50.0))
    assert (decision.actions, decision.web) == (("scale_up_memory",), 4 if brings_memory else 3)
    shared = "the machine's memory is at 91 %, which another process on it does not mend"
    assert (shared in decision.reasons, "memory is at 91 %" in decision.reasons) == (not brings_memory, brings_memory)


def test_percentiles_are_by_nearest_rank_and_a_lone_spike_is_none() -> None:
    assert [percentile([15, 20, 35, 40, 50], share) for share in (0.05, 0.3, 0.4, 0.5, 1.0)] == [15, 20, 20, 35, 50]
    assert steady([10, 10, 10, 90]) == 10
    assert steady([10, 10, 90, 80]) == 80
    assert steady([]) is None


@given(load=st.floats(0, 2000), web=st.integers(2, 40))
def test_a_steady_load_is_answered_once_and_never_swung_about(load: float, web: int) -> None:
    """Up is reached without overshooting, down without coming back: no change of direction, and none at all in the end."""
    policy = Policy(most_web=40, connections=10_000)
    decisions, _ = run(policy, 200, lambda _: load, web=web)
    path = [web, *(decision.web for decision in decisions)]
    directions = [math.copysign(1, later - now) for now, later in itertools.pairwise(path) if later != now]
    assert len(set(directions)) <= 1, path
    assert path[-1] == path[-20]
    assert load <= path[-1] * 50 * (1 + policy.dead_band) + 1e-6 or path[-1] == 40


def test_ten_times_the_load_is_answered_by_the_second_look_and_let_go_slowly() -> None:
    policy = Policy(most_web=40, connections=10_000)
    decisions, _ = run(policy, 80, lambda at: 1000.0 if 60 <= at < 300 else 100.0)
    path = [decision.web for decision in decisions]
    assert path[4] == 2, "one look alone"
    assert path[5] == 6, "two looks agree: four more at once"
    assert max(path[:12]) == 20
    end = 300 / LOOK
    assert all(web == 20 for web in path[10 : int(end + policy.stabilisation / LOOK)])
    shrinks = [now - later for now, later in itertools.pairwise(path) if later < now]
    assert shrinks
    assert max(shrinks) <= 5
    assert path[-1] < 10


def test_one_look_that_is_wrong_moves_nothing() -> None:
    decisions, _ = run(Policy(), 40, lambda at: 5000.0 if at == 150 else 100.0)
    assert {decision.web for decision in decisions} == {2}


def test_errors_open_one_incident_and_change_no_number_by_themselves() -> None:
    policy = Policy()
    decisions, state = run(policy, 40, lambda _: 100.0, web=6, error_percent=5.0, response_ms=900.0)
    assert [decision.incident for decision in decisions] == ["5.0 % of the requests fail"] + [""] * 39
    assert {decision.web for decision in decisions} == {6}, "no step for slow answers, and nobody is let go"
    assert all("investigate_issues" in decision.actions for decision in decisions)
    later, state = decide(policy, state, sample(10_000.0, 6))
    assert (later.incident, state.is_incident) == ("", False)
    again, _ = decide(policy, state, sample(20_000.0, 6, error_percent=9.0))
    assert again.incident


def test_load_is_answered_also_while_errors_come() -> None:
    decisions, _ = run(Policy(), 5, lambda _: 500.0, error_percent=5.0)
    assert decisions[-1].web == 10


def test_slow_answers_ask_for_a_step_and_the_step_has_time_to_work() -> None:
    decisions, _ = run(Policy(), 13, lambda at: 100.0, response_ms=600.0)
    path = [decision.web for decision in decisions]
    assert path[:5] == [3, 3, 3, 3, 4], "one a minute"
    assert "scale_up_instances" in decisions[0].actions
    assert any("600 ms" in reason for reason in decisions[0].reasons)


def test_what_nobody_knows_changes_nothing() -> None:
    unknown = dict.fromkeys(CALM)
    state, policy = State(), Policy()
    for number in range(60):
        decision, state = decide(policy, state, sample(number * LOOK, 7, 3, **unknown))
        assert (decision.web, decision.workers, decision.actions) == (7, 3, ())
    assert any("nothing is known" in reason for reason in decision.reasons)


def test_a_new_leader_lets_nobody_go_before_it_has_looked_long_enough() -> None:
    decisions, _ = run(Policy(), 60, lambda _: 20.0, web=10)
    path = [decision.web for decision in decisions]
    assert path[19] == 10
    assert path[21] < 10


def test_workers_follow_the_oldest_jobs_age_and_web_processes_do_not() -> None:
    state, policy, web, workers = State(), Policy(), 2, 1
    seen = []
    for number, oldest in enumerate([0, 0, 90, 90, 60, 30, 30, 28]):
        decision, state = decide(policy, state, sample(number * LOOK, web, workers, oldest_s=float(oldest), waiting=50))
        web, workers = decision.web, decision.workers
        seen.append(workers)
    assert seen[2] == 1, "one look alone"
    assert seen[3] == 3
    assert min(seen[3:]) >= 3
    assert web == 2
    more, _ = decide(policy, State(), sample(0, 2, 2, oldest_s=25.0, waiting=101))
    assert (more.workers, more.actions) == (3, ("scale_up_workers",))


def test_the_calendar_is_a_floor_and_says_so() -> None:
    decision, _ = decide(Policy(), State(), sample(ready_for=2.0))
    assert decision.web == 4
    assert "the calendar asks for at least 4 (factor 2)" in decision.reasons
    ten, _ = decide(Policy(most_web=40, connections=10_000), State(), sample(web=18, ready_for=10.0))
    assert ten.web == 20


def test_connections_are_the_last_word_and_the_reason_is_told() -> None:
    policy = Policy(most_web=30, connections=130)
    decisions, _ = run(policy, 10, lambda _: 3000.0, oldest_s=500.0)
    last = decisions[-1]
    assert (last.web, last.workers) == (6, 1)
    assert "no more than 6: more would need more connections than there are" in last.reasons
    assert "no more than 10: that is the most allowed" in run(Policy(), 10, lambda _: 3000.0)[0][-1].reasons


def test_what_only_the_calendar_asks_for_is_told_before_the_load() -> None:
    decision, _ = decide(Policy(), State(), sample(ready_for=2.0))
    assert decision.reasons[0] == "the calendar asks for at least 4 (factor 2)"
    busy, _ = decide(Policy(), State(), sample(ready_for=2.0, in_flight=100.0))
    assert (busy.web, busy.reasons[0]) == (4, "200 requests are in flight, 50 to a process")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "web processes are taken away once fewer have been enough for 300 s"),
        ({"error_percent": 5.0}, "no web process is taken away while requests fail"),
        ({"in_flight": None, "cpu_percent": None}, "no web process is taken away while nobody knows what they carry"),
        ({"oldest_s": 1.0}, "workers are taken away once fewer have been enough for 300 s"),
    ],
)
def test_why_more_are_kept_than_the_load_asks_for_is_told(given: dict[str, Any], reason: str) -> None:
    decision, _ = decide(Policy(), State(), sample(web=8, workers=4, **{"in_flight": 5.0, "cpu_percent": 3.0, **given}))
    assert (decision.web, decision.workers) == (8, 4)
    assert reason in decision.reasons


def test_a_step_that_waits_for_the_last_one_says_so() -> None:
    state = State(web_changed=0.0, wishes=(Wish(-400.0, 2, 1),))
    decision, _ = decide(Policy(), state, sample(30.0, web=8, in_flight=5.0, cpu_percent=3.0))
    assert (decision.web, "the last change of web processes was less than 60 s ago" in decision.reasons) == (8, True)
    free = Policy(stabilisation=1.0)
    after, _ = decide(free, state, sample(90.0, web=8, in_flight=5.0, cpu_percent=3.0))
    assert (after.web, "web processes are taken away step by step" in after.reasons) == (6, True)


def test_a_step_is_no_greater_than_it_may_be_and_says_so() -> None:
    decision, _ = decide(Policy(most_web=40, connections=10_000), State(), sample(in_flight=1000.0, oldest_s=500.0))
    assert (decision.web, decision.workers) == (6, 5)
    assert "no more than 4 web processes are added at once" in decision.reasons
    assert "no more than 4 workers are added at once" in decision.reasons


def test_the_least_and_the_connections_are_reasons_too() -> None:
    decision, _ = decide(Policy(), State(), sample(in_flight=1.0))
    assert "no fewer than 2 web processes are allowed" in decision.reasons
    tight, _ = decide(Policy(connections=60), State(), sample(oldest_s=500.0))
    assert (tight.workers, "more workers would need more connections than there are" in tight.reasons) == (2, True)
    enough, _ = decide(Policy(), State(), sample(in_flight=50.0))
    assert len(enough.reasons) == 2, "what is as it should be needs no more reasons than the two loads"


FIGURE = st.none() | st.floats(0, 1e6) | st.sampled_from([math.inf, math.nan, -1.0])
SAMPLES = st.lists(
    st.fixed_dictionaries(dict.fromkeys(CALM, FIGURE) | {"ready_for": st.sampled_from([1.0, 2.0, 10.0])}), min_size=1, max_size=30
)


@given(figures=SAMPLES, connections=st.integers(60, 2000), most=st.integers(2, 50), gap=st.floats(0, 120), begin=st.integers(0, 2))
def test_whatever_is_seen_the_bounds_hold(figures: list[dict[str, Any]], connections: int, most: int, gap: float, begin: int) -> None:
    policy = Policy(connections=connections, most_web=most, most_workers=most)
    state, web, workers = State(), begin, begin
    for number, given_figures in enumerate(figures):
        decision, state = decide(policy, state, sample(number * gap, web, workers, **given_figures))
        assert 1 <= decision.workers <= most
        assert min(policy.least_web, caps(policy)[0]) <= decision.web <= most
        assert decision.web * policy.connections_a_web + decision.workers * policy.connections_a_worker <= connections
        floor = math.ceil(policy.least_web * given_figures["ready_for"])
        assert decision.web <= max(web + max(4, web), floor)
        assert decision.web >= web - max(1, web // 4)
        web, workers = decision.web, decision.workers


def test_the_same_looks_give_the_same_decisions_byte_for_byte() -> None:
    first, one = run(Policy(), 50, lambda at: 100 + at)
    second, two = run(Policy(), 50, lambda at: 100 + at)
    assert msgspec.json.encode([first, one]) == msgspec.json.encode([second, two])


def test_who_was_turned_away_counts_as_load_so_that_one_jump_is_enough() -> None:
    """Ten in flight is all a process lets in; nine of ten are turned away, so there is ten times as much."""
    policy = Policy(in_flight_limit=10, least_web=1, most_web=40, connections=10_000)
    state = State()
    for number in range(2):
        decision, state = decide(policy, state, sample(number * 5.0, web=1, in_flight=10.0, shed_percent=90.0))
    assert decision.web == 5, "as many more as may be at once; without counting them it would be two"
    assert any("90 % of the requests were turned away" in reason for reason in decision.reasons)
    decision, _ = decide(policy, State(), sample(0.0, web=20, in_flight=10.0, shed_percent=100.0))
    assert decision.web <= 40


def test_an_incident_is_over_when_failures_have_been_gone_for_a_while() -> None:
    policy, state, told = Policy(), State(), []
    for number in range(60):
        failing = 5.0 if number in (0, 1, 2, 12, 13) else 0.0
        decision, state = decide(policy, state, sample(number * LOOK, 6, error_percent=failing))
        told += [(number, "opens")] if decision.incident else []
        told += [(number, "over")] if decision.is_over else []
    assert [what for _, what in told] == ["opens", "over"], told
    assert told[1][0] * LOOK >= 13 * LOOK + policy.quiet


def test_a_fleet_of_nobody_gets_its_least_and_workers_may_be_left_to_others() -> None:
    decision, _ = decide(Policy(), State(), sample(web=0, workers=0, in_flight=0.0))
    assert (decision.web, decision.workers) == (2, 1)
    none, _ = decide(Policy(least_workers=0, most_workers=0), State(), sample(web=2, workers=0, oldest_s=500.0, waiting=900))
    assert none.workers == 0
