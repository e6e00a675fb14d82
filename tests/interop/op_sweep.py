"""Run a variant of a node under a module, and say how two outcomes differ.

An outcome is the list of output values, or the name of the exception's type.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

import opscope.runtime as ours
from opscope.runtime.make_op import make_node

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

from op_variants import Variant

Outcome = list[Any] | str

# How inputs come into the graph: as constants, or fed with what is known of their shape.
FORMS = ("known", "fed", "ranks", "loose")


@dataclass(frozen=True)
class Side:
    """One of the two modules, and how it makes a node of a variant on inputs."""

    tf: Any
    node: Callable[[Variant, list[Any]], Any]


def flat(items: Any) -> list[Any]:
    return [t for i in items for t in (i if isinstance(i, list) else [i])]


def tensor_type(tf: Any, value: Any) -> Any:
    return tf.string if value.dtype.kind in "OSU" else tf.as_dtype(value.dtype)


def error_name(error: Exception) -> str:
    return type(error).__name__


def placed(tf: Any, variant: Variant, form: str, feeds: dict[Any, Any]) -> list[Any]:
    """The inputs in the default graph: constants or placeholders."""

    def one(value: Any, is_fixed: bool) -> Any:
        if is_fixed and form in ("known", "ranks"):
            return tf.constant(value)
        shape: Any = np.shape(value)
        if form == "loose":
            shape = None
        elif form == "ranks":
            shape = [None] * len(shape)
        tensor = tf.placeholder(tensor_type(tf, value), shape)
        feeds[tensor] = value
        return tensor

    return [
        [one(v, i in variant.fixed) for v in value]
        if isinstance(value, list)
        else one(value, i in variant.fixed)
        for i, value in enumerate(variant.inputs)
    ]


def our_node(variant: Variant, inputs: list[Any]) -> Any:
    return make_node(variant.op_type, *inputs, **variant.attrs)


OURS = Side(ours, our_node)


def built(side: Side, variant: Variant, form: str, feeds: dict[Any, Any]) -> Any:
    """(inputs, node), or the name of the error."""
    try:
        inputs = placed(side.tf, variant, form, feeds)
        return inputs, side.node(variant, inputs)
    except (side.tf.errors.OpError, ValueError, TypeError) as error:
        return error_name(error)


def run_each(tf: Any, session: Any, wanted: list[list[Any]], feeds: dict[Any, Any]) -> Any:
    """The values of each list of tensors; all at once, or one list at a time where one fails."""
    if not wanted:
        return []
    try:
        return session.run(wanted, feeds)
    except tf.errors.OpError:
        pass
    if len(wanted) == 1:
        try:
            return session.run(wanted, feeds)
        except tf.errors.OpError as error:
            return [error_name(error)]
    half = len(wanted) // 2
    return run_each(tf, session, wanted[:half], feeds) + run_each(tf, session, wanted[half:], feeds)


def our_outcomes(variants: list[Variant], expected: list[Outcome], form: str) -> list[Outcome]:
    """What opscope gives for each variant; those that should fail are run by themselves."""
    found: list[Any] = [None] * len(variants)
    feeds: dict[Any, Any] = {}
    good: dict[int, list[Any]] = {}
    with ours.Graph().as_default(), ours.Session() as session:
        for i, variant in enumerate(variants):
            made = built(OURS, variant, form, feeds)
            if isinstance(made, str):
                found[i] = made
            elif isinstance(expected[i], str):
                found[i] = run_each(ours, session, [list(made[1].outputs)], feeds)[0]
            else:
                good[i] = list(made[1].outputs)
        for i, value in zip(good, run_each(ours, session, list(good.values()), feeds), strict=True):
            found[i] = value
    return found


# -- comparing -----------------------------------------------------------------------------

LIMITS = {"float16": 2e-3, "bfloat16": 1.6e-2, "float32": 2e-6, "complex64": 2e-6}
TIGHT = 1e-12


def difference(mine: Any, reference: Any, is_special: bool) -> str | None:
    """What differs between two values, or None."""
    a, b = np.asarray(mine), np.asarray(reference)
    if b.dtype.kind in "OSU" and a.dtype.kind in "OSU":
        a, b = a.astype(object), b.astype(object)
    if a.dtype != b.dtype:
        return f"dtype {a.dtype}, expected {b.dtype}"
    if a.shape != b.shape:
        return f"shape {a.shape}, expected {b.shape}"
    if a.dtype.kind == "c":
        return difference(a.real, b.real, is_special) or difference(a.imag, b.imag, is_special)
    if a.dtype.kind == "f" or a.dtype == ml_dtypes.bfloat16:
        limit = LIMITS.get(str(a.dtype), TIGHT)
        tiny = float(ml_dtypes.finfo(a.dtype).tiny)
        x, y = a.astype(np.float64), b.astype(np.float64)
        finite = np.isfinite(y)
        scale = 0.0 if is_special else max(1.0, abs(y[finite]).max(initial=0))
        with np.errstate(all="ignore"):
            wrong = abs(x - y) > limit * abs(y) + limit * scale + tiny
        wrong |= ~np.isfinite(x)
        wrong = np.where(finite, wrong, ~((x == y) | (np.isnan(x) & np.isnan(y))))
    else:
        wrong = np.asarray(a != b)
    if not wrong.any():
        return None
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    return (
        f"{int(wrong.sum())} of {wrong.size} values, {a[place]!r} at {place}, expected {b[place]!r}"
    )


def outcome_difference(found: Outcome, expected: Outcome, is_special: bool) -> str | None:
    if isinstance(found, str) or isinstance(expected, str):
        if found == expected:
            return None
        return f"{named(found)}, expected {named(expected)}"
    if len(found) != len(expected):
        return f"{len(found)} outputs, expected {len(expected)}"
    for i, (a, b) in enumerate(zip(found, expected, strict=True)):
        text = difference(a, b, is_special)
        if text:
            return f"output {i}: {text}"
    return None


def named(outcome: Outcome) -> str:
    return outcome if isinstance(outcome, str) else f"values {[np.shape(v) for v in outcome]}"


# -- static shapes -------------------------------------------------------------------------


def static_shapes(side: Side, variant: Variant, form: str) -> Outcome:
    """The shapes that a node's outputs have in the graph: lists of sizes, None for unknown."""
    with side.tf.Graph().as_default():
        made = built(side, variant, form, {})
        if isinstance(made, str):
            return made
        return [t.shape.as_list() if t.shape.rank is not None else None for t in made[1].outputs]


def shape_difference(mine: Any, reference: Any, values: Outcome) -> str | None:
    """Where our shapes say less than TensorFlow's or contradict the values."""
    if isinstance(mine, str) or isinstance(reference, str):
        return None if mine == reference else f"{mine}, expected {reference}"
    for i, (a, b) in enumerate(zip(mine, reference, strict=True)):
        if not isinstance(values, str) and not fits(a, list(np.shape(values[i]))):
            return f"output {i}: {a}, but the value has {np.shape(values[i])}"
        if b is not None and (a is None or len(a) != len(b) or not all(map(knows, a, b))):
            return f"output {i}: {a}, expected {b}"
    return None


def fits(sizes: Any, actual: list[int]) -> bool:
    return sizes is None or (
        len(sizes) == len(actual)
        and all(s in (None, n) for s, n in zip(sizes, actual, strict=True))
    )


def knows(mine: int | None, reference: int | None) -> bool:
    return reference is None or mine == reference


# -- gradients -----------------------------------------------------------------------------


def gradient_outcomes(
    side: Side, variants: list[Variant], values: list[list[Any]], form: str
) -> list[Outcome]:
    """The gradients of each node's outputs, weighted, for its floating inputs.

    Where no gradient flows the item is None; where TensorFlow has none, the error's name.
    """
    found: list[Any] = [None] * len(variants)
    feeds: dict[Any, Any] = {}
    flowing: dict[int, list[Any]] = {}
    tf = side.tf
    with tf.Graph().as_default(), tf.Session() as session:
        for i, (variant, expected) in enumerate(zip(variants, values, strict=True)):
            made = built(side, variant, form, feeds)
            assert not isinstance(made, str), (variant, made)
            try:
                grads = node_gradients(tf, *made, expected, feeds, form)
            except (
                LookupError,
                NotImplementedError,
                ValueError,
                TypeError,
                tf.errors.OpError,
            ) as error:
                found[i] = error_name(error)
                continue
            found[i] = [None] * len(grads)
            flowing[i] = [g for g in grads if g is not None]
            found[i] = [g is not None for g in grads]
        results = run_each(tf, session, list(flowing.values()), feeds)
    for i, result in zip(flowing, results, strict=True):
        if isinstance(result, str):
            found[i] = result
        else:
            supply = iter(result)
            found[i] = [next(supply) if flows else None for flows in found[i]]
    return found


def node_gradients(
    tf: Any, inputs: list[Any], node: Any, values: list[Any], feeds: dict[Any, Any], form: str
) -> list[Any]:
    sources = [t for t in flat(inputs) if is_smooth(t)]
    targets, weights = [], []
    rng = np.random.default_rng(3)
    for tensor, value in zip(node.outputs, values, strict=True):
        if not is_smooth(tensor):
            continue
        weight = rng.uniform(0.5, 1.5, value.shape)
        if tensor.dtype.is_complex:
            weight = weight + 1j * rng.uniform(-1, 1, value.shape)
        grad = tf.placeholder(tensor.dtype, None if form == "loose" else value.shape)
        feeds[grad] = weight.astype(value.dtype)[()] if weight.shape else value.dtype.type(weight)
        targets.append(tensor)
        weights.append(grad)
    grads = tf.gradients(targets, sources, weights)
    return [None if g is None else tf.convert_to_tensor(g) for g in grads]


def is_smooth(tensor: Any) -> bool:
    return bool(tensor.dtype.is_floating or tensor.dtype.is_complex)


def gradient_difference(found: Any, expected: Any) -> str | None:
    if isinstance(found, str) or isinstance(expected, str):
        return (
            None if found == expected else f"{named_grads(found)}, expected {named_grads(expected)}"
        )
    for i, (a, b) in enumerate(zip(found, expected, strict=True)):
        if (a is None) != (b is None):
            return f"gradient {i}: {'none' if a is None else 'some'}, expected the contrary"
        text = None if a is None else difference(a, b, False)
        if text:
            return f"gradient {i}: {text}"
    return None


def named_grads(outcome: Any) -> str:
    return outcome if isinstance(outcome, str) else "values"


def differentiable(variants: list[Variant], values: list[Outcome]) -> Iterator[int]:
    """Which variants have floating inputs and outputs, and run."""
    for i, (variant, value) in enumerate(zip(variants, values, strict=True)):
        if variant.is_special or isinstance(value, str):
            continue
        kinds = [np.asarray(v).dtype for v in flat(variant.inputs)]
        if any(map(floating, kinds)) and any(floating(np.asarray(v).dtype) for v in value):
            yield i


def floating(dtype: Any) -> bool:
    return dtype.kind in "fc" or dtype == ml_dtypes.bfloat16
