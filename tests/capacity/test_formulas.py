"""Queueing theory and the scalability law, by figures that others have published or that follow by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nollycrewhub.capacity.formulas import (
    best_count,
    corrected,
    erlang_b,
    erlang_c,
    in_system,
    mean_wait,
    origin_rate,
    servers_for,
    staffed,
    throughput,
    waits_beyond,
)
from nollycrewhub.capacity.law import Level, TooFewLevels, fit, solve


def test_three_servers_at_two_erlangs() -> None:
    assert erlang_c(3, 2.0) == pytest.approx(0.4444, abs=5e-5)
    assert mean_wait(3, 2.0, 1.0) == pytest.approx(0.4444, abs=5e-5)


def test_one_server_four_fifths_busy_waits_four_services() -> None:
    assert mean_wait(1, 0.8, 1.0) == pytest.approx(4.0)
    assert erlang_c(1, 0.8) == pytest.approx(0.8)
    assert waits_beyond(1, 0.8, 1.0, 0.0) == pytest.approx(0.8)


def test_erlang_b_by_hand() -> None:
    assert erlang_b(0, 2.0) == 1.0
    assert erlang_b(1, 2.0) == pytest.approx(2 / 3)
    assert erlang_b(2, 2.0) == pytest.approx(2 / 5)
    assert erlang_b(3, 2.0) == pytest.approx(4 / 19)


def test_more_load_than_servers_waits_for_ever() -> None:
    assert erlang_c(2, 2.0) == 1.0
    assert mean_wait(2, 2.5, 1.0) == math.inf
    assert waits_beyond(2, 2.5, 1.0, 60.0) == 1.0


def test_fixed_service_waits_half_as_long() -> None:
    assert corrected(4.0, 1.0, 0.0) == 2.0
    assert corrected(4.0, 1.0, 1.0) == 4.0


def test_a_thousand_requests_of_twenty_milliseconds_take_twenty_nine_servers() -> None:
    load = in_system(1000, 0.020)
    assert load == 20.0
    assert staffed(load) == 29
    assert round(load / staffed(load), 2) == 0.69


def test_the_fewest_servers_are_the_fewest() -> None:
    found = servers_for(20.0, 0.02, within=0.01, share=0.99)
    assert waits_beyond(found, 20.0, 0.02, 0.01) <= 0.01 < waits_beyond(found - 1, 20.0, 0.02, 0.01)


def test_the_law_turns_down_after_its_best() -> None:
    assert best_count(0.03, 0.0005) == pytest.approx(44.05, abs=0.01)
    at = [throughput(count, 100.0, 0.03, 0.0005) for count in (30, 44, 60, 90)]
    assert at[0] < at[1] > at[2] > at[3]
    assert best_count(0.03, 0.0) == math.inf
    assert throughput(1, 100.0, 0.03, 0.0005) == 100.0


def test_eight_points_less_from_the_cache_are_five_times_the_origin() -> None:
    assert origin_rate(1000, 0.90) / origin_rate(1000, 0.98) == pytest.approx(5.0)


@given(st.floats(1, 5000), st.floats(0, 0.5), st.floats(0, 0.01))
def test_the_fit_finds_the_law_that_made_the_figures(gamma: float, alpha: float, beta: float) -> None:
    levels = [Level(n, throughput(n, gamma, alpha, beta)) for n in (1, 2, 4, 8, 16, 32, 64)]
    law = fit(levels)
    assert (law.gamma, law.alpha, law.beta) == pytest.approx((gamma, alpha, beta), rel=1e-3, abs=1e-5)
    assert all(abs(one) <= 1e-3 for one in law.residuals)


def test_what_is_measured_is_never_quite_the_law_and_the_fit_says_by_how_much() -> None:
    noise = (1.02, 0.97, 1.03, 0.98, 1.01, 0.99, 1.0)
    levels = [Level(n, throughput(n, 500.0, 0.05, 0.001) * off) for n, off in zip((1, 2, 4, 8, 16, 32, 64), noise, strict=True)]
    law = fit(levels)
    assert 0.98 < law.r_squared < 1.0
    assert 0.005 < max(abs(one) for one in law.residuals) < 0.06
    assert law.at(8) == pytest.approx(throughput(8, 500.0, 0.05, 0.001), rel=0.05)
    assert law.seen_to == 64


def test_numbers_that_scale_better_than_in_proportion_give_no_negative_cost() -> None:
    law = fit([Level(n, 100.0 * n**1.2) for n in (1, 2, 3, 4, 6, 8)])
    assert (law.alpha, law.beta) == (0.0, 0.0)


def test_five_levels_are_too_few() -> None:
    with pytest.raises(TooFewLevels, match="6 levels"):
        fit([Level(n, 100.0 * n) for n in (1, 2, 4, 8, 16)])


def test_a_system_without_a_single_answer_has_none() -> None:
    assert solve([[1.0, 1.0], [2.0, 2.0]], [1.0, 2.0]) is None
    assert solve([[0.0, 2.0], [4.0, 0.0]], [2.0, 8.0]) == [2.0, 1.0]
