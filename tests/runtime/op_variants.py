"""Variants of the samples: each element type, sizes 0 and 1, special values.

A variant is a node like a sample's, with one thing changed; `change` says what. Whether it is a
valid node is for TensorFlow to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import ml_dtypes
import numpy as np
from op_samples import SAMPLES, Sample
from tensorflow_kernels import has_kernel

import opscope.runtime as tf
from opscope.runtime.op_def import OPS, OpDef

NAMES = (
    "bfloat16", "bool", "complex128", "complex64", "float16", "float32", "float64", "int16",
    "int32", "int64", "int8", "string", "uint16", "uint32", "uint64", "uint8",
)  # fmt: skip


@dataclass(frozen=True)
class Variant(Sample):
    """change: what differs from the sample, as text: "T=int8", "3 -> 0", "special values"."""

    change: str = ""

    @property
    def is_special(self) -> bool:
        return self.change.startswith("special")

    @property
    def kind(self) -> str:
        """What sort of change it is: "plain", "types", "sizes" or "special"."""
        if self.is_special:
            return "special"
        if self.change == "as is":
            return "plain"
        return "types" if "=" in self.change else "sizes"

    @property
    def is_shaped(self) -> bool:
        """Whether its shapes are new: element types and values do not matter to shape rules."""
        return "=" not in self.change and not self.is_special

    def __str__(self) -> str:
        return f"{super().__str__()} [{self.change}]"


def changed(sample: Sample, change: str, inputs: Any = None, attrs: Any = None) -> Variant:
    return Variant(
        sample.op_type,
        sample.inputs if inputs is None else tuple(inputs),
        sample.attrs if attrs is None else attrs,
        sample.fixed,
        sample.smooth,
        change,
    )


def type_name(value: Any) -> str:
    dtype = value.dtype
    return "string" if dtype.kind in "OSU" else str(tf.as_dtype(dtype).name)


def types_of(sample: Sample) -> dict[str, str]:
    """The type attributes of a sample: from its inputs, its attributes, or their defaults."""
    definition = OPS[sample.op_type]
    types = {
        name: tf.as_dtype(sample.attrs.get(name, attr.default)).name
        for name, attr in definition.attrs.items()
        if attr.kind == "type" and (name in sample.attrs or isinstance(attr.default, tf.DType))
    }
    for arg, value in zip(definition.inputs, sample.inputs, strict=True):
        if arg.type_attr is not None:
            types[arg.type_attr] = type_name(value[0] if isinstance(value, list) else value)
    return types


def allowed_types(definition: OpDef, attr: str) -> list[str]:
    """The types that the registry takes for an attribute."""
    allowed = definition.attrs[attr].allowed
    return list(NAMES) if allowed is None else sorted({t.name for t in allowed} & set(NAMES))


def plain(array: np.ndarray) -> Any:
    """The array, or what a sample has in place of one without axes."""
    if array.ndim == 0 and array.dtype.kind == "O":
        return np.bytes_(array[()])
    return array[()]


def each(function: Any, value: Any) -> Any:
    return [function(v) for v in value] if isinstance(value, list) else function(value)


def numpy_type(name: str) -> Any:
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


@np.errstate(all="ignore")
def converted(value: Any, name: str) -> Any:
    """The value in another type, near the old one where that has a meaning."""
    old = type_name(value)
    if old == name:
        return value
    array = np.asarray(value)
    if name == "string":
        flat = [repr(v).encode() for v in array.reshape(-1).tolist()]
        return plain(np.array(flat, object).reshape(array.shape))
    if old == "string":
        array = np.arange(array.size).reshape(array.shape)
    if name == "bool":
        return (np.real(array) > 0)[()]
    if name.startswith("complex"):
        imaginary = np.roll(array, 1) if array.dtype.kind == "f" else 0
        return (array.astype(np.complex128) + 1j * imaginary).astype(name)[()]
    if array.dtype.kind == "c":
        array = array.real
    if "int" in name:
        if array.dtype.kind == "f" or old == "bfloat16":
            array = np.rint(array.astype(np.float64) * 3)
        if name.startswith("u"):
            array = abs(array)
    return array.astype(numpy_type(name))[()]


def type_variants(sample: Sample) -> Iterator[Variant]:
    definition = OPS[sample.op_type]
    types = types_of(sample)
    names = list(types)
    if sample.op_type == "Cast":
        choices = list(product(*(allowed_types(definition, n) for n in names)))
    else:
        choices = [
            tuple(name if n == attr else types[n] for n in names)
            for attr in names
            for name in allowed_types(definition, attr)
        ]
    for choice in dict.fromkeys(choices):
        wanted = dict(zip(names, choice, strict=True))
        if wanted == types or not has_kernel(sample.op_type, wanted):
            continue
        text = " ".join(f"{n}={wanted[n]}" for n in names if wanted[n] != types[n])
        yield with_types(sample, wanted, text)


def with_types(sample: Sample, wanted: dict[str, str], change: str) -> Variant:
    definition = OPS[sample.op_type]
    inputs = [
        each(lambda v, to=wanted[arg.type_attr]: converted(v, to), value)
        if arg.type_attr in wanted
        else value
        for arg, value in zip(definition.inputs, sample.inputs, strict=True)
    ]
    inferred = {arg.type_attr for arg in definition.inputs}
    attrs = sample.attrs | {n: t for n, t in wanted.items() if n not in inferred}
    return changed(sample, change, inputs, attrs)


# -- sizes ---------------------------------------------------------------------------------


def arrays(sample: Sample) -> list[np.ndarray]:
    return [np.asarray(v) for i in sample.inputs for v in (i if isinstance(i, list) else [i])]


def size_variants(sample: Sample) -> Iterator[Variant]:
    sizes = sorted({s for a in arrays(sample) for s in a.shape})
    for old in sizes:
        for new in (0, 1):
            if old == new:
                continue
            inputs = [resized(sample, i, old, new) for i in range(len(sample.inputs))]
            yield changed(sample, f"{old} -> {new}", inputs)
            within = [clipped(value, new) for value in inputs]
            if any(a is not b for a, b in zip(inputs, within, strict=True)):
                yield changed(sample, f"{old} -> {new}, indices below", within)
    for i, value in enumerate(sample.inputs):
        if isinstance(value, list):
            continue
        for axis, old in enumerate(value.shape):
            for new in {0, 1} - {old}:
                cut = np.take(value, range(new), axis) if new <= old else value
                inputs = [*sample.inputs[:i], cut, *sample.inputs[i + 1 :]]
                yield changed(sample, f"input {i} axis {axis}: {old} -> {new}", inputs)


def resized(sample: Sample, index: int, old: int, new: int) -> Any:
    """One input with all its axes of size `old` cut to `new`, in a shape given as values, too."""

    def one(value: Any) -> Any:
        array = np.asarray(value)
        is_shape = index in sample.fixed and array.ndim == 1 and array.dtype.kind == "i"
        if is_shape:
            return np.where(array == old, new, array).astype(array.dtype)
        for axis, size in enumerate(array.shape):
            if size == old:
                array = np.take(array, range(min(new, size)), axis)
                if new > size:
                    return value
        return plain(array)

    return each(one, sample.inputs[index])


def clipped(value: Any, size: int) -> Any:
    """Indices made to fit an axis of `size`."""
    if isinstance(value, list) or value.dtype.kind != "i" or not value.size:
        return value
    top = max(size - 1, 0)
    return value if (value <= top).all() else np.minimum(value, top).astype(value.dtype)


# -- values --------------------------------------------------------------------------------

FLOATS = [np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0, -1.0, 0.5, -2.5, 3.5]


def special_values(name: str) -> np.ndarray:
    """The values of a type at which kernels differ: zeros, infinities, NaN, ends of integers.

    No denormals: TensorFlow takes them for 0, NumPy does not.
    """
    if name == "bool":
        return np.array([True, False])
    dtype = numpy_type(name)
    if name.startswith("complex"):
        parts = [0.0, -0.0, 1.0, -2.5]
        return np.array([complex(a, b) for a in parts for b in parts], dtype)
    if "int" in name:
        limits = np.iinfo(dtype)
        values = [limits.min, limits.max, 0, 1, 2, 7, limits.max - 1]
        if limits.min < 0:
            values += [-1, -7, limits.min + 1]
        return np.array(values, dtype)
    return np.array(FLOATS, dtype)


def large_values(name: str) -> np.ndarray:
    """Values of a floating type whose products overflow; the sum of several depends on the order.

    Their reciprocals are no denormals.
    """
    if "float" not in name:
        return np.zeros(0, numpy_type(name))
    large = float(ml_dtypes.finfo(numpy_type(name)).max) ** 0.75
    return np.array([large, -large], numpy_type(name))


def is_data(sample: Sample, index: int) -> bool:
    """Whether an input holds values to compute with, not axes, sizes or indices."""
    arg = OPS[sample.op_type].inputs[index]
    return arg.type_attr in DATA and index not in sample.fixed


DATA = {"T", "SrcT", "Tparams", "dtype", "TI", "U"}


def special_variants(sample: Sample) -> Iterator[Variant]:
    types = types_of(sample)
    attr = next((a for a in types if a in DATA), None)
    data = [i for i in range(len(sample.inputs)) if is_data(sample, i)]
    if attr is None or not data or any(isinstance(sample.inputs[i], list) for i in data):
        return
    for name in allowed_types(OPS[sample.op_type], attr):
        wanted = types | {attr: name}
        if name == "string" or not has_kernel(sample.op_type, wanted):
            continue
        typed = with_types(sample, wanted, f"special values of {name}")
        inputs = list(typed.inputs)
        if all_alike(sample):
            values = [*special_values(name), *large_values(name)]
            pairs = list(product(values, repeat=len(data)))
            for place, i in enumerate(data):
                inputs[i] = np.array([p[place] for p in pairs], numpy_type(name))
        else:
            for turn, i in enumerate(data):
                inputs[i] = tiled(special_values(name), np.shape(inputs[i]), 3 * turn)
        yield changed(typed, typed.change, inputs)


def all_alike(sample: Sample) -> bool:
    """Whether the op computes element by element, so that any length will do."""
    module = OPS[sample.op_type].kernels["ANY"].__module__.rpartition(".")[2]
    if module not in ELEMENTWISE or sample.op_type in {"BiasAdd", "BiasAddGrad", "L2Loss"}:
        return False
    return len(sample.inputs) <= 2


ELEMENTWISE = {"arithmetic", "elementwise", "comparison", "special", "activation", "cast"}


def tiled(values: np.ndarray, shape: tuple[int, ...], turn: int) -> Any:
    count = int(np.prod(shape))
    return np.resize(np.roll(values, turn), count).reshape(shape)[()]


# -- all -----------------------------------------------------------------------------------


def variants(op_type: str) -> list[Variant]:
    """Every sample of an op type and its variants, without repetitions."""
    found: dict[str, Variant] = {}
    for sample in SAMPLES:
        if sample.op_type != op_type or not has_kernel(op_type, types_of(sample)):
            continue
        made = [changed(sample, "as is")]
        made += [*type_variants(sample), *size_variants(sample), *special_variants(sample)]
        for variant in made:
            found.setdefault(key(variant), variant)
    return list(found.values())


def key(variant: Variant) -> str:
    """Equal for variants that ask the same; values count only where they are special."""
    shapes = [(each(lambda v: (np.shape(v), type_name(v)), i)) for i in variant.inputs]
    constants = [np.asarray(variant.inputs[i]).tolist() for i in variant.fixed]
    kind = "special" if variant.is_special else ""
    within = "below" if variant.change.endswith("below") else ""
    return f"{shapes}{constants}{sorted(variant.attrs.items(), key=str)}{kind}{within}"
