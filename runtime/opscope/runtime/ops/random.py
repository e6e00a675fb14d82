"""Random numbers, reproducible from a graph seed and an op seed.

Each op of a session draws from a generator of its own (NumPy's Philox), seeded by the pair of
seeds, or by the operating system when both are 0. A session made anew starts anew.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.binding import Binding
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.overloads import add
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.static_value import static_shape
from opscope.runtime.ops.type_sets import FLOAT
from opscope.runtime.tensor_shape import TensorShape

# The graph seed of an op that has a seed of its own in a graph that has none (TensorFlow's).
_DEFAULT_GRAPH_SEED = 87654321
_LARGEST_SEED = 2**31 - 1

_SEEDS = "seed: int = 0, seed2: int = 0"
_SHAPED = f"{_SEEDS}, dtype: {{{FLOAT}}}, T: {{int32, int64}}"

# How many seeds were given out by each graph to ops without a seed of their own.
_given: weakref.WeakKeyDictionary[Graph, int] = weakref.WeakKeyDictionary()


def get_seed(op_seed: int | None) -> tuple[int, int]:
    """The pair of seeds for an op of the default graph; (0, 0) asks for an unpredictable one.

    With a graph seed alone, ops get 0, 1, 2, ... in the order they are made.
    """
    graph = get_default_graph()
    if graph.seed is None:
        if op_seed is None:
            return 0, 0
        pair = (_DEFAULT_GRAPH_SEED, op_seed)
    else:
        if op_seed is None:
            op_seed = _given.get(graph, 0)
            _given[graph] = op_seed + 1
        pair = (graph.seed, op_seed)
    first, second = (s % _LARGEST_SEED for s in pair)
    return (first, second) if (first, second) != (0, 0) else (0, _LARGEST_SEED)


def generator_of(binding: Binding) -> Any:
    """The random generator of one node in one session, on the device of the node."""
    node = binding.node
    seeds = (node.attrs["seed"], node.attrs["seed2"])

    def make() -> Any:
        entropy = None if seeds == (0, 0) else list(seeds)
        if binding.xp is np:
            return np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy)))
        first = np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0]
        return binding.xp.random.Generator(binding.xp.random.Philox4x3210(int(first)))

    return binding.state(("random", node.name), make)


def no_session(xp: Any, *inputs: Any) -> Any:
    """The kernel that a random op has outside of a session: an error."""
    raise errors.InternalError(None, None, "a random op draws from a generator of a session")


def _sizes(shape: Any) -> tuple[int, ...]:
    sizes = tuple(shape.tolist())
    if any(s < 0 for s in sizes):
        raise errors.InvalidArgumentError(None, None, f"Dimensions must be >= 0, got {sizes}")
    return sizes


def _draws_wide(dtype: dtypes.DType) -> Any:
    """The type that a generator draws for `dtype`: 16-bit floats are drawn as float32."""
    return np.float64 if dtype is dtypes.float64 else np.float32


def _bind_shaped(draw: Callable[[Any, tuple[int, ...], Any], Any]) -> Callable[[Binding], Any]:
    def rule(binding: Binding) -> Any:
        generator = generator_of(binding)
        dtype = binding.attrs["dtype"]
        wide, wanted = _draws_wide(dtype), dtype.as_numpy_dtype

        def kernel(shape: Any) -> Any:
            values = draw(generator, _sizes(shape), wide)
            if not isinstance(values, binding.xp.ndarray):
                return wanted(values)
            values = values.astype(wanted, copy=False)
            return values[()] if binding.xp is np else values

        return kernel

    return rule


def _shaped(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[0])]


@op("RandomUniform", "shape: T -> output: dtype", _SHAPED, stateful=True, not_differentiable=True)
def _random_uniform(xp: Any, shape: Any) -> Any:
    """Values spread evenly over 0 <= x < 1."""
    return no_session(xp, shape)


@op(
    "RandomStandardNormal",
    "shape: T -> output: dtype",
    _SHAPED,
    stateful=True,
    not_differentiable=True,
)
def _random_normal(xp: Any, shape: Any) -> Any:
    """Values of the normal distribution with mean 0 and standard deviation 1."""
    return no_session(xp, shape)


@op("TruncatedNormal", "shape: T -> output: dtype", _SHAPED, stateful=True, not_differentiable=True)
def _truncated_normal(xp: Any, shape: Any) -> Any:
    """As the standard normal distribution, drawn again where beyond two standard deviations."""
    return no_session(xp, shape)


def _draw_uniform(generator: Any, sizes: tuple[int, ...], wide: Any) -> Any:
    return generator.random(sizes, wide)


def _draw_normal(generator: Any, sizes: tuple[int, ...], wide: Any) -> Any:
    return generator.standard_normal(sizes, wide)


def _draw_truncated(generator: Any, sizes: tuple[int, ...], wide: Any) -> Any:
    values = generator.standard_normal(sizes or (1,), wide)
    while True:
        beyond = abs(values) > 2
        count = int(beyond.sum())
        if not count:
            return values if sizes else values[0]
        values[beyond] = generator.standard_normal((count,), wide)


_random_uniform.bind(_bind_shaped(_draw_uniform))
_random_normal.bind(_bind_shaped(_draw_normal))
_truncated_normal.bind(_bind_shaped(_draw_truncated))
for _definition in (_random_uniform, _random_normal, _truncated_normal):
    _definition.shape(_shaped)


@op(
    "RandomUniformInt",
    "shape: T, minval: Tout, maxval: Tout -> output: Tout",
    f"{_SEEDS}, Tout: {{int32, int64}}, T: {{int32, int64}}",
    stateful=True,
    not_differentiable=True,
)
def _random_uniform_int(xp: Any, shape: Any, minval: Any, maxval: Any) -> Any:
    """Whole numbers spread evenly over minval <= x < maxval."""
    return no_session(xp, shape)


@_random_uniform_int.bind
def _(binding: Binding) -> Any:
    generator = generator_of(binding)
    dtype = binding.attrs["Tout"].as_numpy_dtype

    def kernel(shape: Any, minval: Any, maxval: Any) -> Any:
        if minval >= maxval:
            raise errors.InvalidArgumentError(
                None, None, f"Need minval < maxval, got {minval} >= {maxval}"
            )
        drawn = generator.integers(int(minval), int(maxval), _sizes(shape), dtype=dtype)
        return drawn if isinstance(drawn, binding.xp.ndarray) else dtype(drawn)

    return kernel


_random_uniform_int.shape(_shaped)


@op(
    "RandomShuffle",
    "value: T -> output: T",
    f"{_SEEDS}, T: type",
    stateful=True,
    not_differentiable=True,
)
def _random_shuffle(xp: Any, value: Any) -> Any:
    """The rows in random order."""
    return no_session(xp, value)


@_random_shuffle.bind
def _(binding: Binding) -> Any:
    generator = generator_of(binding)

    def kernel(value: Any) -> Any:
        if value.ndim == 0:
            return value
        return value[generator.permutation(value.shape[0])]

    return kernel


_random_shuffle.shape(same_shape)


# -- functions -----------------------------------------------------------------------------


def shape_tensor(shape: Any) -> Tensor:
    """The sizes as an integer tensor named "shape", int32 unless they are another."""
    if isinstance(shape, Tensor):
        return shape
    if isinstance(shape, TensorShape):
        return convert_to_tensor(shape, dtypes.int32, name="shape")
    items = shape if isinstance(shape, (list, tuple)) else None
    if items is not None and not items:
        return convert_to_tensor(np.zeros(0, np.int32), name="shape")
    return convert_to_tensor(shape, name="shape")


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Values of the normal distribution."""
    return _scaled("RandomStandardNormal", "random_normal", shape, mean, stddev, dtype, seed, name)


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Values of the normal distribution, none further from the mean than 2 stddev."""
    return _scaled("TruncatedNormal", "truncated_normal", shape, mean, stddev, dtype, seed, name)


def _scaled(
    op_type: str,
    default: str,
    shape: Any,
    mean: Any,
    stddev: Any,
    dtype: Any,
    seed: int | None,
    name: str | None,
) -> Tensor:
    with op_scope(name, default, shape, mean, stddev) as scope:
        sizes = shape_tensor(shape)
        center = convert_to_tensor(mean, dtype, name="mean")
        width = convert_to_tensor(stddev, dtype, name="stddev")
        first, second = get_seed(seed)
        drawn = make_tensor(op_type, sizes, dtype=dtype, seed=first, seed2=second)
        return make_tensor("AddV2", drawn * width, center, name=scope)


def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Values spread evenly over minval <= x < maxval (1 by default; integers need a maxval)."""
    wanted = dtypes.as_dtype(dtype).base_dtype
    if maxval is None:
        if wanted.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {wanted!r}")
        maxval = 1
    with op_scope(name, "random_uniform", shape, minval, maxval) as scope:
        sizes = shape_tensor(shape)
        starts_at_zero = isinstance(minval, int) and minval == 0
        ends_at_one = isinstance(maxval, int) and maxval == 1
        low, high = minval, maxval
        if wanted.is_integer or not (starts_at_zero and ends_at_one):
            low = convert_to_tensor(minval, wanted, name="min")
            high = convert_to_tensor(maxval, wanted, name="max")
        first, second = get_seed(seed)
        if wanted.is_integer:
            return make_tensor(
                "RandomUniformInt", sizes, low, high, seed=first, seed2=second, name=scope
            )
        drawn = make_tensor("RandomUniform", sizes, dtype=wanted, seed=first, seed2=second)
        if not starts_at_zero:
            return add(drawn * (high - low), low, name=scope)
        return drawn if ends_at_one else make_tensor("Mul", drawn, high)


def random_shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """`value` with its rows in random order."""
    first, second = get_seed(seed)
    return make_tensor("RandomShuffle", value, seed=first, seed2=second, name=name)
