"""Case D-21: the vector of DebugNumericSummary, its bounds, its muting, its wrong attributes.

Bounds change the counts alone: as TensorFlow 2.21's op does, min, max, mean and variance are over
all finite elements.
"""

import numpy as np
import pytest

from opscope.events import data_type
from opscope.tfdbg.wrappers.debug_ops import debug_op

INF, NAN = np.inf, np.nan


def summary(value: np.ndarray | None, attributes: str = "") -> np.ndarray | None:
    made = debug_op(f"DebugNumericSummary({attributes})" if attributes else "DebugNumericSummary")
    found = made(value)
    return None if found is None else np.asarray(found)


@pytest.mark.parametrize(
    ("value", "attributes", "expected"),
    [
        pytest.param(
            np.float32([[NAN, -INF, -2, 0], [0, 1, 3, INF]]),
            "",
            [1, 8, 1, 1, 1, 2, 2, 1, -2, 3, 0.4, 2.64, data_type(np.float32), 2, 2, 4],
            id="D-21 initialized",
        ),
        pytest.param(
            np.float64([-5, -1, 1, 5]),
            "lower_bound=-3;upper_bound=4",
            [1, 4, 0, 1, 1, 0, 1, 1, -5, 5, 0, 13, data_type(np.float64), 1, 4],
            id="D-21 bounds",
        ),
        pytest.param(
            np.float32(NAN),
            "",
            [1, 1, 1, 0, 0, 0, 0, 0, INF, -INF, NAN, NAN, data_type(np.float32), 0],
            id="D-21 nothing finite",
        ),
    ],
)
def test_d_21_the_vector(value: np.ndarray, attributes: str, expected: list[float]) -> None:
    np.testing.assert_allclose(summary(value, attributes), expected)


def test_d_21_an_uninitialized_tensor() -> None:
    found = summary(None)
    assert found is not None
    np.testing.assert_array_equal(found[:12], [0] * 8 + [INF, -INF, NAN, NAN])


@pytest.mark.parametrize(
    ("value", "attributes", "is_muted"),
    [
        pytest.param([1.0, 2.0], "mute_if_healthy=true", True, id="healthy"),
        pytest.param([1.0, NAN], "mute_if_healthy=true", False, id="nan"),
        pytest.param([1.0, 5.0], "mute_if_healthy=T;upper_bound=4", False, id="above the bound"),
        pytest.param([1.0, 3.0], "mute_if_healthy=1;upper_bound=4", True, id="inside the bounds"),
        pytest.param([1.0, 2.0], "mute_if_healthy=false", False, id="not asked for"),
    ],
)
def test_d_21_only_what_is_healthy_is_muted(
    value: list[float], attributes: str, is_muted: bool
) -> None:
    assert (summary(np.array(value), attributes) is None) is is_muted


@pytest.mark.parametrize(
    "spec", ["foo=1", "foo=1;bar=2", "lower_bound", "lower_bound=1;lower_bound=2"]
)
def test_d_21_wrong_attributes_are_refused(spec: str) -> None:
    with pytest.raises(ValueError, match=r"attribute"):
        summary(np.ones(2), spec)
