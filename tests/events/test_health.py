import math
import warnings

import ml_dtypes
import numpy as np
import pytest

from opscope.events import has_inf_or_nan, health_summary

FLOATS = [np.float16, np.float32, np.float64, ml_dtypes.bfloat16, np.complex64, np.complex128]
FLOATS += [ml_dtypes.float8_e5m2, ml_dtypes.float8_e4m3fn]
BAD = [math.inf, -math.inf, math.nan, -math.nan]


def can_hold(dtype: type, value: float) -> bool:
    return not np.isfinite(np.array(value).astype(dtype))


@pytest.mark.parametrize("dtype", FLOATS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("bad", BAD, ids=["inf", "-inf", "nan", "-nan"])
def test_one_bad_element_is_found_wherever_it_is(dtype: type, bad: float) -> None:
    if not can_hold(dtype, bad):
        pytest.skip(f"{dtype.__name__} has no such value")
    for shape in [(), (1,), (7,), (3, 5), (2, 3, 4)]:
        good = np.full(shape, -1.5).astype(dtype)
        assert not has_inf_or_nan(good)
        for index in range(good.size):
            array = good.copy()
            array.reshape(-1)[index] = np.array(bad).astype(dtype)
            assert has_inf_or_nan(array)
            assert has_inf_or_nan(array.T)
    assert has_inf_or_nan(np.array([1, bad, 2, bad]).astype(dtype)[1::2])
    assert not has_inf_or_nan(np.array([1, bad, 2, bad]).astype(dtype)[::2])
    assert has_inf_or_nan(np.array(bad).astype(dtype)[()])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.float16])
def test_large_finite_values_whose_squares_overflow_are_no_hit(dtype: type) -> None:
    largest = np.finfo(dtype).max
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not has_inf_or_nan(np.array([largest, -largest, 0], dtype=dtype))
        assert has_inf_or_nan(np.array([largest, math.nan], dtype=dtype))


def test_the_imaginary_part_counts() -> None:
    assert has_inf_or_nan(np.array([complex(0, math.inf)]))


@pytest.mark.parametrize(
    "value",
    [np.arange(4), np.array([True]), np.array(["nan"]), np.array([None]), np.zeros((0, 3)), 1.5],
)
def test_what_cannot_be_infinite_never_is(value: object) -> None:
    assert not has_inf_or_nan(value)


def test_summary_counts_every_class_of_value() -> None:
    array = np.array([[np.nan, np.inf, -np.inf, -2.0], [0.0, -0.0, 1.0, 3.0]], dtype=np.float32)
    expected = [1, 8, 1, 1, 1, 2, 2, 1, -2, 3, 0.4, 2.64, 1, 2, 2, 4]
    np.testing.assert_allclose(health_summary(array), expected, rtol=1e-12)


def test_bounds_turn_finite_values_into_infinite_ones() -> None:
    summary = health_summary(np.array([-5.0, -1.0, 0.0, 2.0, 7.0]), -1.0, 5.0)
    assert summary[3:8].tolist() == [2, 0, 1, 1, 1]
    assert summary[8:10].tolist() == [-5, 7]


def test_nothing_finite_leaves_the_moments_undefined() -> None:
    for array in (np.array([np.nan]), np.zeros((0, 2), np.float32)):
        np.testing.assert_array_equal(
            health_summary(array)[8:12], [math.inf, -math.inf, math.nan, math.nan]
        )


def test_an_uninitialized_tensor_has_no_elements_but_may_have_a_shape() -> None:
    assert len(health_summary(None)) == 14
    summary = health_summary(None, dtype=1, shape=(4, 3))
    assert summary[:8].tolist() == [0] * 8
    assert summary[12:].tolist() == [1, 2, 4, 3]


def test_strings_are_counted_and_nothing_else() -> None:
    summary = health_summary(np.array([b"a", b"b"], dtype=object))
    assert (summary[1], summary[12], summary[14]) == (2, 7, 2)
    assert not summary[2:8].any()


def test_complex_numbers_are_summarized_by_magnitude() -> None:
    array = np.array([3 + 4j, 0, complex(np.inf, np.nan), complex(np.inf, 0)])
    summary = health_summary(array)
    assert summary[2:8].tolist() == [1, 0, 0, 1, 1, 1]
    assert summary[8:10].tolist() == [0, 5]


def test_large_arrays_are_summarized_in_pieces() -> None:
    array = np.random.default_rng(0).normal(3, 2, (700, 300)).astype(np.float32)
    array[3, 4] = np.nan
    finite = array[np.isfinite(array)].astype(np.float64)
    expected = [finite.min(), finite.max(), finite.mean(), finite.var()]
    np.testing.assert_allclose(health_summary(array)[8:12], expected, rtol=1e-12)
    assert health_summary(array)[4] == np.count_nonzero(finite < 0)


def test_the_test_for_inf_and_nan_never_warns() -> None:
    with np.errstate(all="raise"):
        for number in (1e30, 1e-30):
            assert not has_inf_or_nan(np.full(50, number, np.float32))
        assert has_inf_or_nan(np.array([np.nan, np.inf, 1e300]))
