"""Initializers: functions from a shape to the tensor that a variable starts from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant as constant_tensor
from opscope.runtime.elsewhere import defined_elsewhere
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops import factorizations, filling, matrices, random
from opscope.runtime.ops.arrangement import matrix_transpose
from opscope.runtime.ops.shape import reshape
from opscope.runtime.ops.slicing import slice_block
from opscope.runtime.ops.tensor_diagonals import diag_part
from opscope.runtime.tensor_shape import as_shape


class Initializer:
    """Called with a shape, returns a tensor of it; subclasses say which values."""

    dtype: dtypes.DType = dtypes.float32

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """A tensor of the given shape; dtype None means the initializer's own."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same initializer again."""
        return {
            key: value.name if isinstance(value, dtypes.DType) else value
            for key, value in vars(self).items()
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """The initializer that `get_config` described."""
        return cls(**config)

    def _wanted(self, dtype: Any) -> dtypes.DType:
        return self.dtype if dtype is None else dtypes.as_dtype(dtype)


class Zeros(Initializer):
    """Zeros."""

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Zeros of the given shape."""
        return filling.zeros(shape, self._wanted(dtype))


class Ones(Initializer):
    """Ones."""

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Ones of the given shape."""
        return filling.ones(shape, self._wanted(dtype))


class Constant(Initializer):
    """One value everywhere, or the values of an array."""

    def __init__(
        self, value: Any = 0, dtype: Any = dtypes.float32, verify_shape: bool = False
    ) -> None:
        self.value = value
        self.dtype = dtypes.as_dtype(dtype)
        self.verify_shape = verify_shape

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """The value, filled up to the given shape."""
        return constant_tensor(
            self.value, self._wanted(dtype), shape=shape, verify_shape=self.verify_shape
        )


class RandomUniform(Initializer):
    """Uniform numbers between minval and maxval."""

    def __init__(
        self,
        minval: Any = 0.0,
        maxval: Any = None,
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        self.dtype = dtypes.as_dtype(dtype)
        self.minval = minval
        self.maxval = 1.0 if maxval is None and self.dtype.is_floating else maxval
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Uniform numbers of the given shape."""
        return random.random_uniform(
            shape, self.minval, self.maxval, self._wanted(dtype), seed=self.seed
        )


class RandomNormal(Initializer):
    """Normal numbers."""

    def __init__(
        self,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = seed
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Normal numbers of the given shape."""
        return random.random_normal(
            shape, self.mean, self.stddev, self._wanted(dtype), seed=self.seed
        )


class TruncatedNormal(Initializer):
    """Normal numbers, those beyond two standard deviations drawn again."""

    def __init__(
        self,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = seed
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Truncated normal numbers of the given shape."""
        return random.truncated_normal(
            shape, self.mean, self.stddev, self._wanted(dtype), seed=self.seed
        )


# The standard deviation of a normal distribution cut at two standard deviations.
_TRUNCATED_STDDEV = 0.87962566103423978


class VarianceScaling(Initializer):
    """Random numbers whose variance fits the number of inputs or outputs of a layer.

    mode: "fan_in", "fan_out" or "fan_avg"; distribution: "truncated_normal" (or "normal"),
    "untruncated_normal" or "uniform". The variance is scale / fan.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        if scale <= 0.0:
            raise ValueError("Argument `scale` must be a positive float")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(f"mode must be fan_in, fan_out or fan_avg, got {mode!r}")
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError(f"unknown distribution {distribution!r}")
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.seed = seed
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Random numbers of the given shape."""
        wanted = self._wanted(dtype)
        fan_in, fan_out = _fans([int(d) for d in as_shape(shape)])
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return random.random_uniform(shape, -limit, limit, wanted, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random.random_normal(shape, 0.0, math.sqrt(variance), wanted, seed=self.seed)
        stddev = math.sqrt(variance) / _TRUNCATED_STDDEV
        return random.truncated_normal(shape, 0.0, stddev, wanted, seed=self.seed)


class UniformUnitScaling(Initializer):
    """Uniform values whose spread keeps the scale of what is multiplied with them.

    They lie within factor * sqrt(3 / inputs), inputs being the product of all sizes but the last.
    """

    def __init__(
        self, factor: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32
    ) -> None:
        self.factor = factor
        self.seed = seed
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Values for the given shape, or for the whole that it is a part of."""
        sizes = _whole_shape(shape, partition_info)
        limit = math.sqrt(3 / max(1.0, math.prod(map(float, sizes[:-1])))) * self.factor
        return random.random_uniform(shape, -limit, limit, self._wanted(dtype), seed=self.seed)


class Orthogonal(Initializer):
    """A matrix of orthogonal rows or columns times `gain`, whichever of them are fewer.

    All axes but the last count as rows; ValueError for fewer than two axes.
    """

    def __init__(
        self, gain: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32
    ) -> None:
        self.gain = gain
        self.seed = seed
        self.dtype = dtypes.as_dtype(dtype)
        if not self.dtype.is_floating:
            raise ValueError(f"Argument `dtype` must be of a floating type, got {self.dtype.name}")

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """The matrix from random numbers, in the given shape."""
        sizes = _sizes(shape)
        if len(sizes) < 2:
            raise ValueError(
                "The tensor to initialize, specified by argument `shape` must be at least "
                f"two-dimensional. Received shape={shape}"
            )
        rows, columns = math.prod(sizes[:-1]), sizes[-1]
        longer, shorter = max(rows, columns), min(rows, columns)
        drawn = random.random_normal((longer, shorter), dtype=self._wanted(dtype), seed=self.seed)
        q, r = factorizations.qr(drawn, full_matrices=False)
        signed: Any = q * make_tensor("Sign", diag_part(r))
        if rows < columns:
            signed = matrix_transpose(signed)
        made: Tensor = self.gain * reshape(signed, shape)
        return made


class Identity(Initializer):
    """The identity matrix times `gain`; ValueError for another number of dimensions than two."""

    def __init__(self, gain: float = 1.0, dtype: Any = dtypes.float32) -> None:
        self.gain = gain
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """The matrix of the given shape, or the part of it that is asked for."""
        sizes = _whole_shape(shape, partition_info)
        if len(sizes) != 2:
            raise ValueError(
                "The tensor to initialize, specified by argument `shape` must be "
                f"two-dimensional. Received shape={shape}"
            )
        matrix: Any = matrices.eye(sizes[0], sizes[1], dtype=self._wanted(dtype))
        if partition_info is not None:
            matrix = slice_block(matrix, partition_info.var_offset, _sizes(shape))
        made: Tensor = self.gain * matrix
        return made


def _sizes(shape: Any) -> list[int]:
    return [size for size in as_shape(shape).as_list() if size is not None]


def _whole_shape(shape: Any, partition_info: Any) -> list[int]:
    return _sizes(shape if partition_info is None else partition_info.full_shape)


def _fans(sizes: list[int]) -> tuple[float, float]:
    """The numbers of inputs and outputs that a weight of this shape joins."""
    if len(sizes) < 2:
        count = sizes[0] if sizes else 1
        return count, count
    field = math.prod(sizes[:-2])
    return sizes[-2] * field, sizes[-1] * field


def glorot_uniform(seed: int | None = None, dtype: Any = dtypes.float32) -> VarianceScaling:
    """Uniform numbers of variance 2 / (inputs + outputs) (Glorot and Bengio, 2010)."""
    return VarianceScaling(1.0, "fan_avg", "uniform", seed, dtype)


def glorot_normal(seed: int | None = None, dtype: Any = dtypes.float32) -> VarianceScaling:
    """Truncated normal numbers of variance 2 / (inputs + outputs)."""
    return VarianceScaling(1.0, "fan_avg", "truncated_normal", seed, dtype)


def he_normal(seed: int | None = None) -> VarianceScaling:
    """Truncated normal numbers of variance 2 / inputs (He et al., 2015)."""
    return VarianceScaling(2.0, "fan_in", "truncated_normal", seed)


def he_uniform(seed: int | None = None) -> VarianceScaling:
    """Uniform numbers of variance 2 / inputs."""
    return VarianceScaling(2.0, "fan_in", "uniform", seed)


def lecun_normal(seed: int | None = None) -> VarianceScaling:
    """Truncated normal numbers of variance 1 / inputs."""
    return VarianceScaling(1.0, "fan_in", "truncated_normal", seed)


def lecun_uniform(seed: int | None = None) -> VarianceScaling:
    """Uniform values of variance 1 / inputs."""
    return VarianceScaling(1.0, "fan_in", "uniform", seed)


def get(identifier: Any) -> Callable[..., Any]:
    """The initializer that a name, a class or an initializer stands for."""
    if isinstance(identifier, str):
        try:
            identifier = _BY_NAME[identifier]
        except KeyError:
            raise ValueError(
                f"unknown initializer {identifier!r}; there are {', '.join(sorted(_BY_NAME))}"
            ) from None
    if isinstance(identifier, type):
        identifier = identifier()
    if not callable(identifier):
        raise ValueError(f"Could not interpret initializer identifier: {identifier!r}")
    found: Callable[..., Any] = identifier
    return found


zeros = Zeros
ones = Ones
constant = Constant
random_uniform = RandomUniform
random_normal = RandomNormal
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
uniform_unit_scaling = UniformUnitScaling
identity = Identity
orthogonal = Orthogonal

_BY_NAME: dict[str, Callable[..., Initializer]] = {
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
    "random_uniform": RandomUniform,
    "random_normal": RandomNormal,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling,
    "glorot_uniform": glorot_uniform,
    "glorot_normal": glorot_normal,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "uniform_unit_scaling": UniformUnitScaling,
    "identity": Identity,
    "orthogonal": Orthogonal,
}

# The initializing operations have a second name here; the modules that define them import this one.
_OPERATIONS = {
    "global_variables": "variables:global_variables_initializer",
    "local_variables": "variables:local_variables_initializer",
    "tables_initializer": "older_names:tables_initializer",
    "variables": "variables:variables_initializer",
}
__getattr__ = defined_elsewhere(__name__, _OPERATIONS)


def __dir__() -> list[str]:
    return sorted([*globals(), *_OPERATIONS])
