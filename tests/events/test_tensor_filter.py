"""Filters: exact for every number dtype, on the host and in a GPU's operators."""

import math

import ml_dtypes
import numpy as np
import pytest

from opscope.events import (
    AbsoluteAbove,
    AllZero,
    AnyOf,
    HasInfOrNan,
    HasNan,
    OutOfRange,
    named_filter,
)

FLOATS = [np.float16, np.float32, np.float64, ml_dtypes.bfloat16]
COMPLEX = [np.complex64, np.complex128]
SHAPES = [(), (1,), (3, 5), (2000,)]
inf, nan = math.inf, math.nan


def arrays(dtype, values):
    """Arrays of every shape whose last element is each of `values`, the others 1; scalars too."""
    for shape in SHAPES:
        for value in values:
            array = np.ones(shape, dtype)
            array[(-1,) * len(shape)] = value
            yield value, array[()] if shape == () else array


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX)
@pytest.mark.parametrize(
    ("passes", "bad", "good"),
    [
        (HasInfOrNan(), [inf, -inf, nan, -nan], [0, 1, -6e4, 6e4]),
        (HasNan(), [nan, -nan], [inf, -inf, 0, -1, 6e4]),
        (OutOfRange(-1, 2), [nan, inf, -inf, 2.5], [0, 1, -1, 2, -0.0]),
        (AbsoluteAbove(4), [nan, inf, -inf, 4.25, -4.25], [4, -4, 0, 1]),
    ],
)
def test_an_element_passes(dtype, passes, bad, good):
    for expected, values in ((True, bad), (False, good)):
        if np.dtype(dtype).kind == "c" and isinstance(passes, OutOfRange):
            values = [v for v in values if v not in (-1,)]  # judged by magnitude
        for value, array in arrays(dtype, values):
            assert passes(None, array) is expected, (value, array.shape)
            assert passes.passes_on_device(np.asarray(array)) is expected, (value, array.shape)


@pytest.mark.parametrize("dtype", [*FLOATS, *COMPLEX, np.int8, np.uint64, np.int32])
def test_all_zero(dtype):
    for _, array in arrays(dtype, [0]):
        assert AllZero()(None, np.zeros_like(array))
        assert AllZero()(None, array) is (array.size == 1)
    assert AllZero()(None, np.full(3, -0.0)) is True
    assert not AllZero()(None, np.zeros((0, 3), dtype))
    assert not AllZero().passes_on_device(np.zeros((0, 3), dtype))


def test_bounds_are_exact_between_dtypes():
    tenth = np.float32(0.1)  # is above 0.1
    for value in (tenth, np.array([tenth]), np.array([0, tenth])):
        assert OutOfRange(-1, 0.1)(None, value)
        assert OutOfRange(-1, 0.1).passes_on_device(np.asarray(value))
        assert not OutOfRange(-1, float(tenth))(None, value)
    large = np.array([2**63 + 1], np.uint64)
    assert OutOfRange(0, 2.0**63)(None, large)
    assert not OutOfRange(0, 2.0**64)(None, large)
    assert AbsoluteAbove(1.2e38)(None, np.array([1e38 + 1e38j], np.complex64))
    assert AbsoluteAbove(2e38)(None, np.array([3e38 + 3e38j], np.complex64))
    assert AbsoluteAbove(1e-30)(None, np.array([1e-29, 0], np.float32))


def test_near_its_bound_the_sum_of_squares_decides_nothing():
    for dtype in (np.float32, np.float64):
        bound = dtype(3.3)
        above = np.nextafter(bound, dtype(4))
        assert AbsoluteAbove(float(bound))(None, np.array([above], dtype))
        assert not AbsoluteAbove(float(bound))(None, np.array([bound, -bound], dtype))


@pytest.mark.parametrize("passes", [HasInfOrNan(), HasNan(), OutOfRange(1, 2), AbsoluteAbove(0)])
def test_what_is_no_number_does_not_pass(passes):
    for value in (np.zeros(0), np.array([True]), np.array([b"a"], object), "text", None, b""):
        assert not passes(None, value)
    strided = np.ones((4, 4))[::2, ::2]
    assert passes(None, strided) is isinstance(passes, AbsoluteAbove)


def test_wrong_bounds_are_refused():
    for wrong in (lambda: OutOfRange(2, 1), lambda: OutOfRange(nan, 1), lambda: AbsoluteAbove(-1)):
        with pytest.raises(ValueError, match=r"bound|within"):
            wrong()


def test_names():
    assert named_filter("has_nan") == HasNan()
    assert named_filter("out_of_range(-1e3,1e3)") == OutOfRange(-1e3, 1e3)
    assert named_filter("abs_above(5)") == AbsoluteAbove(5)
    for wrong in ("", "has", "has_nan(1)", "abs_above", "abs_above(x)", "out_of_range(2,1)", "a b"):
        assert named_filter(wrong) is None


def test_any_of():
    either = AnyOf((HasNan(), AllZero()))
    assert either(None, np.zeros(2))
    assert either(None, np.array([nan]))
    assert not either(None, np.array([inf]))
