"""The judge of the hour's soak sees what grows, and is quiet about what does not."""

import pytest

from tests.drills.soak import faults, slope


def test_a_slope_is_that_of_ten_minutes() -> None:
    assert slope([(0.0, 5.0), (60.0, 6.0), (120.0, 7.0)]) == pytest.approx(10.0)
    assert slope([(0.0, 5.0), (60.0, 5.0)]) == 0.0
    assert slope([(1.0, 5.0)]) == 0.0


def test_what_grows_is_a_fault_and_what_shrinks_or_rests_is_none() -> None:
    grows = {"connections": 0.2, "web 0 MiB": 0.9, "web 0 files": 0.0, "worker MiB": -3.0}
    assert faults({"grows_in_ten_minutes": grows, "statuses": {200: 5000, 503: 5}}) == []
    assert len(faults({"grows_in_ten_minutes": {**grows, "web 0 MiB": 1.1, "connections": 1.5}, "statuses": {200: 900, 500: 5}})) == 3
