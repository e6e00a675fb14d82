"""The exact inf/nan test and the health summary of a tensor, shared by all layers."""

import math
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from opscope.events.proto.summary_pb2 import Summary
from opscope.events.tensor_proto import data_type, make_tensor_proto

HEALTH_PLUGIN = "opscope_health"
"""The plugin name of summaries that hold a tensor's health."""

SUMMARY_SIZE = 14
"""Numbers before the dimension sizes in a health summary."""

_CHUNK = 1 << 16  # elements: the float64 copy of a chunk stays in the cache

# Where less than this share of the sum of squares is left, its rounding would show.
_CANCELLED = 1e-3

# Bit patterns of +inf and -inf. Read as signed integers, +inf and the positive NaNs are the
# largest values; read as unsigned, -inf and the negative NaNs are.
_INF_BITS = {
    np.dtype(np.float16): (0x7C00, 0xFC00),
    np.dtype(ml_dtypes.bfloat16): (0x7F80, 0xFF80),
}


def _is_floating(dtype: np.dtype[np.generic]) -> bool:
    if dtype.kind in "fc":
        return True
    return dtype.kind == "V" and dtype.name.startswith(("bfloat", "float"))


def has_inf_or_nan(array: object) -> bool:
    """Whether any element is infinite or NaN: exact, for every floating and complex dtype.

    Takes arrays and scalars of any rank; False for integers, strings, objects and empty arrays.
    float32, float64 and complex values are first multiplied with themselves: an inf or nan never
    gives a finite dot product, and an overflow falls through to the exact test.
    """
    value = array if isinstance(array, np.ndarray) else np.asarray(array)
    dtype = value.dtype
    if value.size == 0 or not _is_floating(dtype):
        return False
    if value.ndim == 0:
        return not bool(np.isfinite(value))
    flat = np.ascontiguousarray(value.ravel("K"))
    bits = _INF_BITS.get(dtype)
    if bits is not None:
        positive, negative = bits
        return bool(flat.view(np.int16).max() >= positive or flat.view(np.uint16).max() >= negative)
    if dtype.kind == "c":
        flat = flat.view(flat.real.dtype)
    # vdot is dot without the look at the floating-point flags, which would warn of an overflow.
    if dtype.kind in "fc" and math.isfinite(np.vdot(flat, flat)):
        return False
    return not bool(np.isfinite(flat).all())


class _Scratch(threading.local):
    """The memory that one thread works in."""

    def __init__(self) -> None:
        self.wide = np.empty(_CHUNK, dtype=np.float64)
        self.flags = np.empty(_CHUNK, dtype=np.bool_)


_scratch = _Scratch()
_ROW = 1024  # elements: a row of ones of this length is faster to multiply with than a long one
_ones = np.ones(_ROW, dtype=np.float64)


# The data type numbers of what is summarized without being converted.
_DIRECT = {np.dtype(kind): data_type(kind) for kind in (np.float32, np.float64)}


def _chunks(array: npt.NDArray[np.generic]) -> Iterator[npt.NDArray[Any]]:
    """Pieces of float32 or float64: what is neither is converted."""
    flat = array.ravel("K")
    for start in range(0, flat.size, _CHUNK):
        piece = flat[start : start + _CHUNK]
        if piece.dtype.kind == "c":
            magnitude = np.abs(piece).astype(np.float64)
            magnitude[np.isnan(piece)] = np.nan  # abs(inf + nan j) is inf
            yield magnitude
        elif piece.dtype == np.float32 or piece.dtype == np.float64:
            yield piece
        else:
            yield piece.astype(np.float64)


def health_summary(
    array: npt.ArrayLike | None,
    lower_bound: float = -math.inf,
    upper_bound: float = math.inf,
    *,
    dtype: int = 0,
    shape: Sequence[int] = (),
) -> npt.NDArray[np.float64]:
    """The 14 + rank numbers of TensorFlow's DebugNumericSummary.

    0 initialized, 1 elements, 2 NaNs, 3 -inf or finite <= lower_bound, 4 negative, 5 zero,
    6 positive, 7 +inf or finite >= upper_bound, 8 min, 9 max, 10 mean, 11 variance of the finite
    elements, 12 data type number, 13 rank, 14... sizes. None is an uninitialized tensor, whose
    `dtype` and `shape` may be given. Complex numbers are summarized by magnitude; strings and
    objects have counts of zero in 2-7. Mean and variance agree with TensorFlow's to rounding (its
    sums run left to right, these are pairwise).
    """
    if array is None:
        summary = _empty()
        summary[12:14] = dtype, len(shape)
        return np.array([*summary, *shape], dtype=np.float64)
    value = np.asarray(array)
    if lower_bound == -math.inf and upper_bound == math.inf and 0 < value.size <= _CHUNK:
        number = _DIRECT.get(value.dtype)
        found = _of_finite(value, dtype or number) if number and value.ndim else None
        if found is not None:
            return found
    summary = _empty()
    summary[0] = 1.0
    summary[1] = value.size
    summary[12:14] = dtype or data_type(value.dtype), value.ndim
    if value.ndim == 0 and value.dtype.kind in "fiu":
        _summarize_number(float(value), summary, lower_bound, upper_bound)
    elif value.dtype.kind not in "OSU":
        with np.errstate(over="ignore", invalid="ignore"):
            _summarize(value, summary, lower_bound, upper_bound)
    return np.array([*summary, *value.shape], dtype=np.float64)


def _empty() -> list[float]:
    """The numbers of a tensor without finite elements."""
    return [0.0] * 8 + [math.inf, -math.inf, math.nan, math.nan, 0.0, 0.0]


def health_of_shape(
    summary: npt.NDArray[np.float64], shape: Sequence[int]
) -> npt.NDArray[np.float64]:
    """The summary of a tensor of this shape that has the elements of what `summary` is of."""
    return np.array([*summary[: SUMMARY_SIZE - 1].tolist(), len(shape), *shape], dtype=np.float64)


def health_summaries_of_numbers(
    numbers: Sequence[np.generic],
) -> list[npt.NDArray[np.float64]]:
    """The `health_summary` of each of many real scalars of one dtype, at a fraction of its cost."""
    with np.errstate(invalid="ignore"):
        values = np.array(numbers)
        wide = values.astype(np.float64)
        rows = np.zeros((len(wide), SUMMARY_SIZE))
        rows[:, 0] = rows[:, 1] = 1.0
        rows[:, 2] = wide != wide
        rows[:, 3] = wide == -math.inf
        rows[:, 4] = (wide < 0) & (wide > -math.inf)
        rows[:, 5] = wide == 0
        rows[:, 6] = (wide > 0) & (wide < math.inf)
        rows[:, 7] = wide == math.inf
        finite = np.isfinite(wide)
        rows[:, 8] = np.where(finite, wide, math.inf)
        rows[:, 9] = np.where(finite, wide, -math.inf)
        rows[:, 10] = np.where(finite, wide, math.nan)
        rows[:, 11] = np.where(finite, 0.0, math.nan)
        rows[:, 12] = data_type(values.dtype)
    return list(rows)


def _summarize_number(
    number: float, summary: list[float], lower_bound: float, upper_bound: float
) -> None:
    """As `_summarize` for one number."""
    if math.isnan(number):
        summary[2] = 1.0
        return
    if number <= lower_bound:  # -inf always is
        summary[3] = 1.0
    elif number >= upper_bound:
        summary[7] = 1.0
    else:
        summary[4 if number < 0 else 6 if number > 0 else 5] = 1.0
    if math.isfinite(number):
        summary[8:12] = number, number, number, 0.0


def _summarize(
    value: npt.NDArray[np.generic],
    summary: list[float],
    lower_bound: float,
    upper_bound: float,
) -> None:
    """Fill in 2 to 11 chunk by chunk; their variances are joined by Chan's formula."""
    bounded = lower_bound != -math.inf or upper_bound != math.inf
    count, mean, squares = 0, 0.0, 0.0
    low, high = math.inf, -math.inf
    for chunk in _chunks(value):
        finite = chunk
        smallest, largest = float(np.minimum.reduce(chunk)), float(np.maximum.reduce(chunk))
        if not (smallest > -math.inf and largest < math.inf):  # a NaN makes both of them NaN
            summary[2] += np.count_nonzero(np.isnan(chunk))
            summary[3] += np.count_nonzero(chunk == -math.inf)
            summary[7] += np.count_nonzero(chunk == math.inf)
            finite = chunk[np.isfinite(chunk)]
            if not finite.size:
                continue
            smallest, largest = float(finite.min()), float(finite.max())
        low, high = min(low, smallest), max(high, largest)
        inside = finite
        if bounded:
            below = finite <= lower_bound
            above = (finite >= upper_bound) & ~below
            summary[3] += np.count_nonzero(below)
            summary[7] += np.count_nonzero(above)
            inside = finite[~(below | above)]
        negative, zero = _signs(inside, smallest, largest)
        summary[4] += negative
        summary[5] += zero
        summary[6] += inside.size - negative - zero
        size = finite.size
        chunk_mean, chunk_squares = _moments(finite)
        difference = chunk_mean - mean
        count += size
        mean += difference * (size / count)
        squares += chunk_squares + difference**2 * (size * (count - size) / count)
    if count:
        # A sum beyond float64 makes the mean infinite, and with it every deviation.
        variance = squares / count if math.isfinite(mean) else math.inf
        summary[8:12] = low, high, mean, variance


def _of_finite(value: npt.NDArray[Any], number: int) -> npt.NDArray[np.float64] | None:
    """The summary of a float32 or float64 array of one chunk; None unless all is finite."""
    flat = value.ravel("K")
    smallest, largest = float(np.minimum.reduce(flat)), float(np.maximum.reduce(flat))
    if not (smallest > -math.inf and largest < math.inf):
        return None
    size = flat.size
    negative, zero = _signs(flat, smallest, largest)
    mean, squares = _moments(flat)
    variance = squares / size if math.isfinite(mean) else math.inf
    counts = (1, size, 0, 0, negative, zero, size - negative - zero, 0)
    rest = (smallest, largest, mean, variance, number, value.ndim)
    return np.array((*counts, *rest, *value.shape), dtype=np.float64)


def _signs(values: npt.NDArray[Any], smallest: float, largest: float) -> tuple[int, int]:
    """How many are negative, and how many zero; what the extremes say of it is not counted."""
    size = values.size
    if largest < 0:
        return size, 0
    if smallest > 0:
        return 0, 0
    flags = _scratch.flags[:size]
    zero = int(np.count_nonzero(np.equal(values, 0, out=flags)))
    if smallest == 0:
        return 0, zero
    if largest == 0:
        return size - zero, zero
    return int(np.count_nonzero(np.less(values, 0, out=flags))), zero


def _moments(finite: npt.NDArray[Any]) -> tuple[float, float]:
    """The mean of a chunk, and the sum of the squares of the deviations from it."""
    size = finite.size
    wide = finite
    if finite.dtype != np.float64:
        wide = _scratch.wide[:size]
        np.copyto(wide, finite)
    total, square = _sum(wide), float(wide.dot(wide))
    deviations = square - total * (total / size)
    if deviations > square * _CANCELLED:
        return total / size, deviations
    # Deviations from an element are never so large that their squares would lose the variance.
    origin = float(finite[0])
    with np.errstate(over="ignore"):
        deviation = np.subtract(finite, origin, out=_scratch.wide[:size], dtype=np.float64)
    total = _sum(deviation)
    if not math.isfinite(total):  # elements further apart than float64 reaches
        origin, deviation = 0.0, finite.astype(np.float64)
        total = float(deviation.sum())
    return origin + total / size, max(0.0, float(deviation.dot(deviation)) - total * (total / size))


def _sum(wide: npt.NDArray[np.float64]) -> float:
    """The sum of a chunk, in float64 and by BLAS."""
    size = wide.size
    if size < _ROW:
        return float(wide.dot(_ones[:size]))
    rows, rest = divmod(size, _ROW)
    total = float(wide[: size - rest].reshape(rows, _ROW).dot(_ones).dot(_ones[:rows]))
    return total + float(wide[size - rest :].dot(_ones[:rest])) if rest else total


def health_value(
    node_name: str, output_slot: int, summary: npt.NDArray[np.float64]
) -> Summary.Value:
    """A health summary as the value of a Summary: tag `NODE:SLOT`, plugin `opscope_health`."""
    tag = f"{node_name}:{output_slot}"
    value = Summary.Value(tag=tag, node_name=f"{tag}:DebugNumericSummary")
    value.metadata.plugin_data.plugin_name = HEALTH_PLUGIN
    value.tensor.CopyFrom(make_tensor_proto(summary))
    return value
