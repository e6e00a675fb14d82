"""Gradients against central differences, along directions, in 64-bit floats where an op takes them.

The gradient g of a weighted sum of a node's outputs is right along a direction d when the sum
changes by <g, d>: of an input with few elements each is a direction, of others a few random ones
are. For complex numbers <g, d> is the real part of conj(g) * d.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from op_sweep import OURS, built, flat

import opscope.runtime as tf
from opscope.runtime.op_def import OPS

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

from op_samples import SAMPLES, Sample
from op_variants import Variant, changed, size_variants, types_of, with_types

# Inputs to differentiate by, of op types whose samples name none.
SMOOTH = {
    "Angle": (0,),
    "CTCLoss": (0,),
    "Cholesky": (0,),
    "Complex": (0, 1),
    "ComplexAbs": (0,),
    "Conj": (0,),
    "ConjugateTranspose": (0,),
    "DynamicStitch": (1,),
    "FFT": (0,),
    "FFT2D": (0,),
    "FFT3D": (0,),
    "FusedBatchNorm": (0, 1, 2),
    "FusedBatchNormV2": (0, 1, 2),
    "FusedBatchNormV3": (0, 1, 2),
    "IFFT": (0,),
    "IFFT2D": (0,),
    "IFFT3D": (0,),
    "IRFFT": (0,),
    "IRFFT2D": (0,),
    "IdentityN": (0,),
    "Imag": (0,),
    "LRN": (0,),
    "MaxPool3DGradGrad": (2,),
    "NextAfter": (0,),
    "ParallelDynamicStitch": (1,),
    "RFFT": (0,),
    "RFFT2D": (0,),
    "Real": (0,),
}

# Op types whose gradient is no derivative, or is not to be seen from one node.
WITHOUT = {
    "ArgMax": "whole numbers",
    "ArgMin": "whole numbers",
    "Ceil": "zero almost everywhere, and TensorFlow gives none",
    "Floor": "zero almost everywhere, and TensorFlow gives none",
    "FloorDiv": "zero almost everywhere, and TensorFlow gives none",
    "Round": "zero almost everywhere, and TensorFlow gives none",
    "TruncateDiv": "zero almost everywhere, and TensorFlow gives none",
    "FakeQuantWithMinMaxArgs": "that of the values before they were rounded",
    "FakeQuantWithMinMaxVars": "that of the values before they were rounded",
    "FakeQuantWithMinMaxVarsPerChannel": "that of the values before they were rounded",
    "PreventGradient": "refuses",
    "SparseDenseCwiseAdd": "refuses",
}
for _name in ("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3"):
    WITHOUT[_name] = "second derivatives: test_op_gradients_interop.py"

# Directions keep the inputs in the set that the op is defined on.
SYMMETRIC = {"Cholesky"}

# The other outputs are what the op keeps for its gradient.
FIRST_OUTPUT = {"CTCLoss", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"}

# Variants at which there is no derivative, or none that the gradient stands for.
SINGULAR = (
    (r"TensorScatterUpdate", r".*indices below"),  # two updates of one place
    (r"SoftmaxCrossEntropyWithLogits", r"\S+ \[2, 1\],\[2, 1\]"),  # labels that sum to no 1
)

LARGE = 1e30  # what a reduction of nothing gives; its differences are lost in rounding


def _filled(*shape: int) -> np.ndarray:
    return np.random.default_rng(13).uniform(-2, 2, shape).astype(np.float32)


_PLACES = np.array([[0, 1], [0, 3]], np.int64)
_WIDE = np.array([1, 4], np.int64)

# With an axis of size 1, of op types whose samples have none when sizes change.
FURTHER = (
    Variant(
        "StridedSliceGrad",
        (*np.array([[1, 4], [0, 1], [1, 3], [1, 1]], np.int32), _filled(1, 2)),
        fixed=(0, 1, 2, 3),
        smooth=(4,),
        change="one row",
    ),
    Variant(
        "SparseToDense",
        (_PLACES[:1], _WIDE, _filled(1), np.float32(0.5)),
        fixed=(1,),
        smooth=(2, 3),
        change="one row",
    ),
    Variant(
        "SparseTensorDenseAdd",
        (_PLACES, _filled(2), _WIDE, _filled(1, 4)),
        smooth=(1, 3),
        change="one row",
    ),
)

EACH = 6  # elements up to which every one is a direction
DIRECTIONS = 4


@dataclass(frozen=True)
class Found:
    """What was compared of a variant: along how many directions, and what differs first."""

    variant: Variant
    directions: int
    is_wide: bool
    fault: str | None


def differentiable_types() -> list[str]:
    """The op types with samples and a gradient."""
    return sorted({s.op_type for s in SAMPLES if OPS[s.op_type].gradient_rule is not None})


def widened(variant: Variant) -> Variant:
    """The variant in 64-bit floats, where the op takes them."""
    wide = {"float32": "float64", "complex64": "complex128"}
    allowed = OPS[variant.op_type].attrs
    wanted = {}
    for attr, name in types_of(variant).items():
        choice = allowed[attr].allowed
        to = wide.get(name, name)
        wanted[attr] = to if choice is None or tf.as_dtype(to) in choice else name
    if variant.op_type == "Cast":
        wanted = {
            "SrcT": "float64",
            "DstT": "float64" if wanted["DstT"] != "float64" else "float32",
        }
    return replace(with_types(variant, wanted, variant.change), smooth=variant.smooth)


def chosen(op_type: str) -> Iterator[Variant]:
    """Each sample, and what it becomes where a size of one or of all inputs is 1."""
    for sample in SAMPLES:
        smooth = sample.smooth or SMOOTH.get(op_type, ())
        if sample.op_type != op_type or not smooth:
            continue
        made = [changed(sample, "as is")]
        made += [v for v in size_variants(sample) if "-> 1" in v.change]
        made += one_channel(sample)
        for variant in made:
            if not any(re.fullmatch(o, op_type) and re.match(v, str(variant)) for o, v in SINGULAR):
                yield replace(variant, smooth=tuple(smooth))
    yield from (variant for variant in FURTHER if variant.op_type == op_type)


def one_channel(sample: Sample) -> Iterator[Variant]:
    """The sample of images or volumes with one channel, in shapes given as values, too."""
    cut: list[Any] = []
    for i, value in enumerate(sample.inputs):
        if isinstance(value, list) or value.ndim == 0:
            return
        if i in sample.fixed and value.ndim == 1:
            cut.append(np.array([*value[:-1], 1], value.dtype))
        elif value.ndim >= 4:
            cut.append(value[..., :1])
        else:
            return
    yield changed(sample, "one channel", cut)


def has_broad_size(variant: Variant) -> bool:
    """Whether an input has an axis of size 1."""
    return any(1 in np.shape(v) for v in flat(list(variant.inputs)))


def compared(variant: Variant) -> Found | None:
    """The comparison of one variant; None where it does not run, or its gradient does not.

    In 64-bit floats, unless the op or its gradient has none.
    """
    found = _compared(widened(variant))
    return _compared(variant) if found is None else found


def _compared(variant: Variant) -> Found | None:
    feeds: dict[Any, Any] = {}
    with tf.Graph().as_default(), tf.Session() as session:
        made = built(OURS, variant, "known", feeds)
        if isinstance(made, str):
            return None
        inputs, node = made
        outputs = [t for t in node.outputs if t.dtype.is_floating or t.dtype.is_complex]
        outputs = outputs[:1] if variant.op_type in FIRST_OUTPUT else outputs
        sources = [
            t
            for i in variant.smooth
            for t in (inputs[i] if isinstance(inputs[i], list) else [inputs[i]])
            if t.op.type == "Placeholder" and (t.dtype.is_floating or t.dtype.is_complex)
        ]
        try:
            values = session.run(outputs, feeds)
        except tf.errors.OpError:
            return None
        if not outputs or not sources or not all((abs(v) < LARGE).all() for v in values):
            return None
        is_narrow = any(t.dtype.real_dtype.size < 8 for t in (*outputs, *sources))
        target = weighted_sum(outputs, values)
        try:
            grads = tf.gradients(target, sources, unconnected_gradients="zero")
            found = session.run([tf.convert_to_tensor(g) for g in grads], feeds)
        except (tf.errors.OpError, ValueError, TypeError, LookupError):
            return None
        faults, count = [], 0
        for source, grad in zip(sources, found, strict=True):
            for direction in directions(variant, feeds[source]):
                count += 1
                text = fault(session, target, source, grad, direction, feeds, is_narrow)
                if text:
                    faults.append(f"{variant} by {source.name}: {text}")
        return Found(variant, count, not is_narrow, faults[0] if faults else None)


def weighted_sum(outputs: list[Any], values: list[Any]) -> Any:
    rng = np.random.default_rng(5)
    terms = []
    for tensor, value in zip(outputs, values, strict=True):
        parts = [tf.real(tensor), tf.imag(tensor)] if tensor.dtype.is_complex else [tensor]
        for part in parts:
            weights = rng.normal(size=value.shape)
            terms.append(tf.reduce_sum(tf.cast(part, tf.float64) * weights))
    return tf.add_n(terms)


def directions(variant: Variant, value: Any) -> Iterator[np.ndarray]:
    array = np.asarray(value)
    rng = np.random.default_rng(7)
    if array.size <= EACH and variant.op_type not in SYMMETRIC:
        for place in np.ndindex(array.shape):
            for unit in (1, 1j) if array.dtype.kind == "c" else (1,):
                one = np.zeros(array.shape, array.dtype)
                one[place] = unit
                yield one
        return
    for _ in range(DIRECTIONS):
        some = rng.normal(size=array.shape)
        if array.dtype.kind == "c":
            some = some + 1j * rng.normal(size=array.shape)
        if variant.op_type in SYMMETRIC:
            some = some + np.swapaxes(some, -1, -2)
        yield (some / np.sqrt((abs(some) ** 2).sum())).astype(array.dtype)


def fault(
    session: Any,
    target: Any,
    source: Any,
    grad: Any,
    direction: Any,
    feeds: dict[Any, Any],
    narrow: bool,
) -> str | None:
    """Where the change along a direction is not what the gradient says, both numbers."""
    value = feeds[source]
    step = 1e-2 if narrow else 1e-6
    ends = []
    for sign in (1, -1):
        moved = (value + direction * direction.dtype.type(sign * step)).astype(direction.dtype)
        ends.append(float(session.run(target, {**feeds, source: moved[()]})))
    numeric = (ends[0] - ends[1]) / (2 * step)
    analytic = float(np.real(np.vdot(np.asarray(grad), direction)))
    slack = 4e-3 if narrow else 1e-7
    limit = slack + (slack if narrow else 1e-6) * max(abs(numeric), max(map(abs, ends)) * 1e-2)
    if abs(numeric - analytic) <= limit:
        return None
    return f"the gradient says {analytic!r}, differences say {numeric!r}"
