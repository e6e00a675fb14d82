"""Fewer points of a curve: what they must hold, and ranges of steps."""

from __future__ import annotations

import numpy as np
import pytest
from run_writer import RunWriter

from opscope.events import open_logdir
from opscope.events.thinning import gaps, thin, within


def test_gaps_are_the_starts_of_stretches() -> None:
    value = np.array([np.nan, np.nan, 1, np.inf, 2, np.nan])
    assert gaps(value).tolist() == [0, 3, 5]


def test_a_range_keeps_one_point_at_each_side() -> None:
    x = np.arange(10.0)
    assert within(x, 3, 5).tolist() == [2, 3, 4, 5, 6]
    assert within(x, 3.2, 3.8).tolist() == [3, 4]
    assert within(x, None, None).tolist() == list(range(10))


@pytest.mark.parametrize("method", ["minmax", "lttb"])
def test_extremes_ends_and_gaps_are_kept(method) -> None:
    value = np.random.default_rng(2).normal(size=50_000)
    value[[777, 20_000, 30_000]] = [50.0, -60.0, np.nan]
    kept = thin(np.arange(50_000), value, 400, method)
    assert {0, 777, 20_000, 30_000, 49_999} <= set(kept.tolist())
    assert len(kept) <= 404


def test_a_logdirs_points_are_thinned_only_on_request(tmp_path) -> None:
    writer = RunWriter(tmp_path)
    writer.scalars("loss", [(step, float(step % 7)) for step in range(1000)])
    writer.close()
    whole = open_logdir(tmp_path).scalars(".", "loss")
    assert len(whole.step) == 1000
    some = whole.thinned(20, low=100, high=200)
    assert (some.step[0], some.step[-1]) == (99, 201)
    assert len(some.step) <= 22
    assert some.value.tolist() == [float(step % 7) for step in some.step]
    with pytest.raises(ValueError, match="minmax or lttb"):
        whole.thinned(2)
