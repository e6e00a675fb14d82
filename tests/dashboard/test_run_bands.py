"""Bands over groups of runs, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from opscope.dashboard.run_bands import bands
from opscope.dashboard.scalar_series import Curve


def curve(run: str, step: list[int], value: list[float]) -> Curve:
    """Points one second apart."""
    return Curve(run, np.array(step), np.array(step, float), np.array(value), "loss")


def test_mean_and_spread_at_the_same_steps() -> None:
    runs = [curve("a", [0, 1], [1.0, 2.0]), curve("b", [0, 1], [3.0, 6.0])]
    (found,) = bands(runs, ["g", "g"])
    assert (found["group"], found["tag"], found["runs"]) == ("g", "loss", ["a", "b"])
    assert found["mean"].tolist() == [2.0, 4.0]
    assert found["low"].tolist() == [1.0, 2.0]
    assert found["high"].tolist() == [3.0, 6.0]


@pytest.mark.parametrize(("spread", "width"), [("std", 1.0), ("sem", 2**-0.5), ("range", 1.0)])
def test_kinds_of_spread(spread: str, width: float) -> None:
    runs = [curve("a", [0], [1.0]), curve("b", [0], [3.0])]
    (found,) = bands(runs, ["g", "g"], spread=spread)  # type: ignore[arg-type]
    np.testing.assert_allclose([found["low"][0], found["high"][0]], [2 - width, 2 + width])


def test_runs_are_read_between_their_points_and_not_beyond() -> None:
    runs = [curve("a", [0, 4], [0.0, 4.0]), curve("b", [2, 6], [10.0, 10.0])]
    (found,) = bands(runs, ["g", "g"])
    assert found["x"].tolist() == [0, 2, 4, 6]
    assert found["mean"].tolist() == [0.0, 6.0, 7.0, 10.0]
    assert found["count"].tolist() == [1, 2, 2, 1]


def test_what_is_not_finite_counts_for_nothing_but_is_counted() -> None:
    runs = [curve("a", [0, 1, 2], [1.0, float("nan"), 3.0]), curve("b", [0], [float("inf")])]
    (found,) = bands(runs, ["g", "g"])
    assert found["mean"].tolist() == [1.0, 2.0, 3.0]
    assert (found["nan"], found["inf"]) == (1, 1)


def test_groups_keep_their_order_and_the_range_cuts() -> None:
    runs = [curve(name, [0, 1, 2], [0.0, 1.0, 2.0]) for name in "abc"]
    found = bands(runs, ["z", "y", "z"], low=1, high=1)
    assert [(one["group"], one["runs"]) for one in found] == [("z", ["a", "c"]), ("y", ["b"])]
    assert found[0]["x"].tolist() == [1]


def test_a_group_without_points_is_empty() -> None:
    (found,) = bands([curve("a", [], [])], ["g"])
    assert len(found["x"]) == len(found["mean"]) == 0


def test_many_places_are_thinned_evenly() -> None:
    (found,) = bands([curve("a", list(range(1000)), [1.0] * 1000)], ["g"], points=10)
    assert len(found["x"]) == 10
    assert found["x"][[0, -1]].tolist() == [0, 999]
