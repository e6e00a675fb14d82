from __future__ import annotations

import numpy as np
import pytest

from opscope.dashboard.percentiles import percentiles


@pytest.mark.parametrize(
    ("buckets", "expected"),
    [
        ([], [0] * 9),
        ([[0, 1, 0], [1, 2, 0]], [2] * 9),
        ([[3, 3, 5]], [3] * 9),
        ([[0, 100, 7]], [0, 6.68, 15.87, 30.85, 50, 69.15, 84.13, 93.32, 100]),
        # Half of the values lie below 1, the others between 1 and 3.
        ([[0, 1, 2], [1, 3, 2]], [0, 0.1336, 0.3174, 0.617, 1, 1.766, 2.3652, 2.7328, 3]),
    ],
)
def test_values_at_the_nine_percentages(buckets: list[list[float]], expected: list[float]) -> None:
    found = percentiles(np.array(buckets, np.float64).reshape(-1, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_infinite_ends_give_no_warning() -> None:
    assert np.isnan(percentiles(np.array([[-np.inf, np.inf, 3.0]]))).any()
