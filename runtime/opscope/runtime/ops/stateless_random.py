"""Random numbers that follow from a seed in the call: the same each time, and TensorFlow's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors, philox
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.overloads import add
from opscope.runtime.ops.random import shape_tensor
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.static_value import static_shape
from opscope.runtime.tensor_shape import TensorShape

_KEYED = "shape: Tshape, key: uint64, counter: uint64, alg: int32"
_SHAPE = "Tshape: {int32, int64} = int32"
_FLOATS = "dtype: {float16, bfloat16, float32, float64} = float32"
# Places of the generator that each group of truncated normals has for itself.
_RESERVED = 256
_ALGORITHMS = {"philox": 1, "threefry": 2, "auto_select": 3}


def _sizes(shape: Any) -> tuple[int, ...]:
    sizes = tuple(int(s) for s in np.atleast_1d(shape)) if np.size(shape) else ()
    if any(s < 0 for s in sizes):
        raise errors.InvalidArgumentError(
            None, None, f"Shape {list(sizes)} must have non-negative values"
        )
    return sizes


def _words(key: Any, counter: Any, alg: Any, count: int, each: int) -> philox.Words:
    """Whole groups of four words for `count` numbers, of which a group gives `each`."""
    _check_algorithm(alg)
    if not count:
        return np.zeros((0, 4), np.uint32)
    return philox.blocks(*_start(key, counter), np.arange(-(-count // each)))


def _start(key: Any, counter: Any) -> tuple[int, tuple[int, int]]:
    if key.shape != (1,) or counter.shape != (2,):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"key and counter must have the shapes [1] and [2], got {list(key.shape)} and "
            f"{list(counter.shape)}",
        )
    return int(key[0]), (int(counter[0]), int(counter[1]))


def _check_algorithm(alg: Any) -> None:
    if int(alg) == _ALGORITHMS["threefry"]:
        raise errors.UnimplementedError(
            None, None, "opscope draws stateless random numbers by Philox, not by ThreeFry"
        )
    if int(alg) not in _ALGORITHMS.values():
        raise errors.InvalidArgumentError(None, None, f"Unsupported algorithm id: {int(alg)}")


@op(
    "StatelessRandomGetKeyCounter",
    "seed: Tseed -> key: uint64, counter: uint64",
    "Tseed: {int32, int64} = int64",
    host_only=True,
    not_differentiable=True,
)
def _get_key_counter(xp: Any, seed: Any) -> Any:
    """The key and the counter that a seed of two numbers stands for."""
    if np.shape(seed) != (2,):
        raise errors.InvalidArgumentError(
            None, None, f"seed must have shape [2], not {list(np.shape(seed))}"
        )
    key, counter = philox.scrambled(seed)
    return np.array([key], np.uint64), np.array(counter, np.uint64)


@_get_key_counter.shape
def _(node: Operation) -> list[TensorShape]:
    node.inputs[0].shape.assert_is_compatible_with([2])
    return [TensorShape([1]), TensorShape([2])]


def _of_shape(node: Operation) -> list[TensorShape]:
    _, key, counter, algorithm = node.inputs[:4]
    key.shape.assert_is_compatible_with([1])
    counter.shape.assert_has_rank(1)
    algorithm.shape.assert_has_rank(0)
    return [static_shape(node.inputs[0])]


def _float_op(op_type: str, doc: str, draw: Callable[..., Any]) -> None:
    def kernel(
        xp: Any, shape: Any, key: Any, counter: Any, alg: Any, *, dtype: dtypes.DType
    ) -> Any:
        sizes, kind = _sizes(shape), dtype.numpy_dtype
        count = int(np.prod(sizes, dtype=np.int64))
        found = draw(key, counter, alg, count, kind).reshape(-1)[:count]
        return found.astype(kind, copy=False).reshape(sizes)[()]

    kernel.__doc__ = doc
    definition = op(
        op_type,
        f"{_KEYED} -> output: dtype",
        f"{_FLOATS}, {_SHAPE}",
        host_only=True,
        not_differentiable=True,
    )(kernel)
    definition.shape(_of_shape)


def _uniform(key: Any, counter: Any, alg: Any, count: int, kind: Any) -> Any:
    if kind == np.float64:
        return philox.wide_units(_words(key, counter, alg, count, 2))
    words = _words(key, counter, alg, count, 4)
    if kind.itemsize == 4:
        return philox.units(words)
    # The fraction of a number in [1, 2), and a power of two that makes its last bit.
    bits = 10 if kind == np.float16 else 7
    return (words & np.uint32((1 << bits) - 1)).astype(np.float32) / np.float32(1 << bits)


def _normal(key: Any, counter: Any, alg: Any, count: int, kind: Any) -> Any:
    if kind == np.float64:
        return philox.normals(philox.wide_units(_words(key, counter, alg, count, 2)))
    return philox.normals(philox.units(_words(key, counter, alg, count, 4)))


def _truncated(key: Any, counter: Any, alg: Any, count: int, kind: Any) -> Any:
    """Group by group: normals until enough of them are below 2."""
    _check_algorithm(alg)
    wide = kind == np.float64
    each = 2 if wide else 4
    start = _start(key, counter) if count else (0, (0, 0))
    groups = -(-count // each)
    found = np.zeros((groups, each), np.float64 if wide else np.float32)
    filled = np.zeros(groups, np.int64)
    place, step = 0, each * _RESERVED // 4
    while (filled < each).any():
        left = np.flatnonzero(filled < each)
        words = philox.blocks(*start, left * step + place)
        drawn = philox.normals((philox.wide_units if wide else philox.units)(words))
        for column in drawn.T:
            good = (abs(column) < 2) & (filled[left] < each)
            rows = left[good]
            found[rows, filled[rows]] = column[good]
            filled[rows] += 1
        place += 1
    return found


_float_op("StatelessRandomUniformV2", "Numbers in [0, 1).", _uniform)
_float_op("StatelessRandomNormalV2", "Normal numbers.", _normal)
_float_op("StatelessTruncatedNormalV2", "Normal numbers between -2 and 2.", _truncated)


def _integers(
    shape: Any, key: Any, counter: Any, alg: Any, kind: Any
) -> tuple[np.ndarray[Any, Any], tuple[int, ...]]:
    sizes = _sizes(shape)
    count = int(np.prod(sizes, dtype=np.int64))
    wide = np.dtype(kind).itemsize == 8
    words = _words(key, counter, alg, count, 2 if wide else 4)
    return (philox.longs(words) if wide else words).reshape(-1)[:count], sizes


@op(
    "StatelessRandomUniformIntV2",
    f"{_KEYED}, minval: dtype, maxval: dtype -> output: dtype",
    f"dtype: {{int32, int64, uint32, uint64}}, {_SHAPE}",
    host_only=True,
    not_differentiable=True,
)
def _uniform_int(
    xp: Any, shape: Any, key: Any, counter: Any, alg: Any, minval: Any, maxval: Any
) -> Any:
    """Integers from minval up to, and without, maxval."""
    low, high = int(minval), int(maxval)
    if low >= high:
        raise errors.InvalidArgumentError(None, None, f"Need minval < maxval, got {low} >= {high}")
    kind = minval.dtype
    drawn, sizes = _integers(shape, key, counter, alg, kind)
    span = drawn.dtype.type(high - low)
    found = drawn % span + np.array(low).astype(kind).view(drawn.dtype)
    return found.view(kind).reshape(sizes)[()]


@op(
    "StatelessRandomUniformFullIntV2",
    f"{_KEYED} -> output: dtype",
    f"dtype: {{int32, int64, uint32, uint64}} = uint64, {_SHAPE}",
    host_only=True,
    not_differentiable=True,
)
def _uniform_full_int(
    xp: Any, shape: Any, key: Any, counter: Any, alg: Any, *, dtype: dtypes.DType
) -> Any:
    """Integers from the whole range of their type."""
    drawn, sizes = _integers(shape, key, counter, alg, dtype.numpy_dtype)
    return drawn.view(dtype.numpy_dtype).reshape(sizes)[()]


_uniform_int.shape(_of_shape)
_uniform_full_int.shape(_of_shape)


# -- functions -----------------------------------------------------------------------------


def _keyed(seed: Any, alg: Any) -> tuple[Tensor, Tensor, int]:
    if alg not in _ALGORITHMS:
        raise ValueError(f"Argument `alg` must be one of {list(_ALGORITHMS)}, got {alg}")
    if alg == "threefry":
        raise NotImplementedError("opscope draws stateless random numbers by Philox: give `philox`")
    key, counter = make_op("StatelessRandomGetKeyCounter", seed)
    return key, counter, _ALGORITHMS[alg]


def stateless_random_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: str = "auto_select",
) -> Tensor:
    """Numbers from minval up to maxval, always the same for a seed [2].

    Integers need maxval, or neither: then they are of the whole range. ValueError for other dtypes.
    """
    kind = dtypes.as_dtype(dtype)
    if not (kind.is_floating or kind.name in ("int32", "int64", "uint32", "uint64")):
        raise ValueError(f"Argument `dtype` got invalid value {kind}.")
    if kind.is_integer:
        if (minval is None) != (maxval is None):
            raise ValueError(
                f"For integer `dtype` argument {kind}, argument `minval` and `maxval` must be "
                f"both None or not None. Got `minval`={minval} and `maxval`={maxval}."
            )
        if minval is not None and kind.name.startswith("u"):
            raise ValueError(
                f"Argument `dtype` got invalid value {kind} when argument `minval` is not None. "
                "Please don't use unsigned integers in this case."
            )
    elif maxval is None:
        maxval = 1
    with op_scope(name, "stateless_random_uniform", shape, seed, minval, maxval) as scope:
        sizes = shape_tensor(shape)
        if kind.is_integer and minval is None:
            return make_tensor(
                "StatelessRandomUniformFullIntV2", sizes, *_keyed(seed, alg), dtype=kind, name=scope
            )
        low = convert_to_tensor(minval, kind, name="min")
        high = convert_to_tensor(maxval, kind, name="max")
        keyed = _keyed(seed, alg)
        if kind.is_integer:
            return make_tensor("StatelessRandomUniformIntV2", sizes, *keyed, low, high, name=scope)
        drawn = make_tensor("StatelessRandomUniformV2", sizes, *keyed, dtype=kind)
        return add(drawn * (high - low), low, name=scope)


def _scaled(op_type: str, default_name: str, doc: str) -> Callable[..., Tensor]:
    def function(
        shape: Any,
        seed: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = dtypes.float32,
        name: str | None = None,
        alg: str = "auto_select",
    ) -> Tensor:
        with op_scope(name, default_name, shape, seed, mean, stddev) as scope:
            sizes = shape_tensor(shape)
            middle = convert_to_tensor(mean, dtype, name="mean")
            spread = convert_to_tensor(stddev, dtype, name="stddev")
            drawn = make_tensor(op_type, sizes, *_keyed(seed, alg), dtype=dtype)
            return add(drawn * spread, middle, name=scope)

    function.__doc__ = doc
    return function


stateless_random_normal = _scaled(
    "StatelessRandomNormalV2",
    "stateless_random_normal",
    "Normal numbers, always the same for a seed [2].",
)
stateless_truncated_normal = _scaled(
    "StatelessTruncatedNormalV2",
    "stateless_truncated_normal",
    "Normal numbers within two deviations of the mean, always the same for a seed [2].",
)
