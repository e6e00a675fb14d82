from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opscope.dashboard.scalar_series import (
    Curve,
    robust_range,
    shown_points,
    spelt,
    view,
)
from opscope.dashboard.smoothing import smooth


def smoothed_one_by_one(values: list[float], weight: float) -> list[float]:
    """TensorBoard's loop, as it stands in its line chart."""
    last, count, out = 0.0, 0, []
    for value in values:
        if not np.isfinite(value):
            out.append(value)
            continue
        last = last * weight + (1 - weight) * value
        count += 1
        out.append(last / (1 - weight**count))
    return out


@pytest.mark.parametrize("weight", [0.01, 0.3, 0.6, 0.9, 0.99, 0.999])
def test_smoothing_is_tensorboards(weight: float) -> None:
    noise = np.random.default_rng(1)
    value = np.cumsum(noise.normal(size=3000))
    value[[5, 6, 7, 900]] = [np.nan, np.inf, -np.inf, np.nan]
    expected = smoothed_one_by_one(value.tolist(), weight)
    np.testing.assert_allclose(smooth(value, weight), expected, rtol=1e-9, atol=1e-9)


@given(st.lists(st.floats(-1e6, 1e6), max_size=40), st.floats(0, 0.999))
def test_smoothing_stays_within_the_values(values: list[float], weight: float) -> None:
    value = np.array(values)
    found = smooth(value, weight)
    if len(value):
        room = 1e-6 * (1 + np.abs(value).max())
        assert found.min() >= value.min() - room
        assert found.max() <= value.max() + room


def test_a_constant_series_and_no_smoothing_change_nothing() -> None:
    constant = np.full(50, 0.1)
    assert smooth(constant, 0.9) is constant
    value = np.arange(5.0)
    assert smooth(value, 0.0) is value


def test_the_points_kept_hold_every_extreme_and_every_gap() -> None:
    value = np.random.default_rng(2).normal(size=100_000)
    value[[777, 50_000, 99_000]] = [50.0, -60.0, np.nan]
    x = np.arange(len(value), dtype=float)
    kept = shown_points(x, value, smooth(value, 0.9), 600)
    assert {0, 777, 50_000, 99_000, 99_999} <= set(kept.tolist())
    assert len(kept) < 1300
    assert (np.diff(kept) > 0).all()


def test_few_points_are_all_kept() -> None:
    value = np.array([1.0, np.nan, 3.0])
    assert shown_points(np.arange(3.0), value, value, 4).tolist() == [0, 1, 2]


def test_outliers_do_not_decide_the_range() -> None:
    values = np.concatenate([np.linspace(0, 1, 100), [1e9]])
    low, high = robust_range(values) or [0.0, 0.0]
    assert 0 <= low < 0.1
    assert 0.9 < high <= 1
    assert robust_range(np.array([1.0, 100.0])) == [1.0, 100.0]


def test_what_a_curve_is_about_is_no_outlier() -> None:
    decay = 2.3 * np.exp(-np.arange(100) / 20)
    assert robust_range(decay) == [decay.min(), decay.max()]
    stepped = np.concatenate([np.full(100, 0.01), [1.0]])
    assert robust_range(stepped) == [0.01, 1.0]
    assert robust_range(np.empty(0)) is None


def test_zooming_in_gives_every_point_of_the_range() -> None:
    n = 50_000
    curve = Curve("r", np.arange(n), np.arange(n) * 0.5, np.sin(np.arange(n)))
    far = view([curve], points=500)["series"][0]
    near = view([curve], points=500, low=100, high=200)["series"][0]
    assert not far["whole"]
    assert near["whole"]
    assert near["step"].tolist() == list(range(99, 202))
    relative = view([curve], axis="relative", low=50, high=100)["series"][0]
    assert relative["step"].tolist() == list(range(99, 202))


def test_values_that_are_not_finite_are_counted_and_spelt() -> None:
    value = np.array([1.0, np.nan, np.inf, -np.inf])
    series = view([Curve("r", np.arange(4), np.arange(4.0), value)], smoothing=0.5)["series"][0]
    assert series["value"] == [1.0, "NaN", "Infinity", "-Infinity"]
    assert (series["nan"], series["inf"], series["count"]) == (1, 2, 4)
    assert spelt(-0.5) == -0.5


def test_a_view_of_nothing_has_no_range() -> None:
    drawn = view([])
    assert (drawn["series"], drawn["extent"], drawn["robust"]) == ([], None, None)
