"""Sums of products along named axes: `ij,jk->ik`."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import conjugate
from opscope.runtime.ops.joining import stack
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape, shape
from opscope.runtime.tensor_shape import TensorShape, unknown_shape


def _labels(equation: str) -> tuple[list[str], str]:
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if not arrow:
        every = "".join(terms)
        right = "".join(sorted(c for c in set(every) if every.count(c) == 1))
    return terms, right


@op("Einsum", "inputs: N * T -> output: T", "equation: string, N: int >= 1, T: type")
def _einsum(xp: Any, *inputs: Any, equation: str) -> Any:
    """The sum of products that the equation names, axes not in its result summed away."""
    dtype = inputs[0].dtype
    if dtype.itemsize == 2:
        inputs = tuple(x.astype(np.float32) for x in inputs)
    try:
        return xp.asarray(xp.einsum(equation, *inputs)).astype(dtype, copy=False)[()]
    except ValueError as error:
        raise errors.InvalidArgumentError(None, None, f"{error} ({equation})") from None


@_einsum.shape
def _(node: Operation) -> list[TensorShape]:
    terms, result = _labels(node.attrs["equation"])
    if len(terms) != len(node.inputs):
        raise ValueError(
            f"Equation {node.attrs['equation']!r} has {len(terms)} terms for "
            f"{len(node.inputs)} inputs"
        )
    if "." in node.attrs["equation"]:
        return [unknown_shape()]
    sizes: dict[str, int | None] = {}
    for term, tensor in zip(terms, node.inputs, strict=True):
        if tensor.shape.sizes is None:
            continue
        if len(tensor.shape.sizes) != len(term):
            raise ValueError(f"{term!r} does not name the axes of shape {tensor.shape}")
        for label, size in zip(term, tensor.shape.sizes, strict=True):
            known = sizes.get(label)
            if known is not None and size is not None and known != size:
                raise ValueError(f"Expected dimension {known} at axis {label!r}, got {size}")
            sizes[label] = size if known is None else known
    return [TensorShape([sizes.get(label) for label in result])]


@_einsum.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    equation = node.attrs["equation"]
    terms, result = _labels(equation)
    if "." in equation or len(terms) > 2 or any(len(set(t)) < len(t) for t in terms):
        raise NotImplementedError(
            f"opscope has no gradient of einsum {equation!r} (node {node.name!r}): more than two "
            "terms, an ellipsis or a label twice in one term; write it as several"
        )
    found: list[Tensor | None] = []
    for i, tensor in enumerate(node.inputs):
        others = [
            (t, conjugate(x))
            for j, (t, x) in enumerate(zip(terms, node.inputs, strict=True))
            if j != i
        ]
        found.append(_back(grad, result, others, terms[i], tensor))
    return found


def _back(
    grad: Tensor, result: str, others: list[tuple[str, Tensor]], term: str, tensor: Tensor
) -> Tensor:
    """The gradient of one input; an axis that was summed away gets it along its whole length."""
    there = set(result).union(*(t for t, _ in others))
    kept = "".join(label for label in term if label in there)
    equation = f"{','.join([result, *(t for t, _ in others)])}->{kept}"
    back = make_tensor("Einsum", [grad, *(x for _, x in others)], equation=equation)
    if kept == term:
        return back
    full = shape(tensor)
    one = constant(1)
    sizes = stack([full[i] if label in there else one for i, label in enumerate(term)])
    return make_tensor("BroadcastTo", reshape(back, sizes), full)


def einsum(equation: str, *inputs: Any, name: str | None = None) -> Tensor:
    """The sum of products that `equation` names; up to two tensors, and more two by two."""
    with op_scope(name, "einsum", *inputs):
        tensors = [convert_to_tensor(x) for x in inputs]
        terms, result = _labels(equation)
        if len(terms) != len(tensors):
            raise ValueError(f"Equation {equation!r} has {len(terms)} terms, got {len(tensors)}")
        while len(tensors) > 2:
            later = set(result).union(*terms[2:])
            joined = "".join(dict.fromkeys(c for c in terms[0] + terms[1] if c in later))
            part = make_tensor("Einsum", tensors[:2], equation=f"{terms[0]},{terms[1]}->{joined}")
            tensors, terms = [part, *tensors[2:]], [joined, *terms[2:]]
        return make_tensor("Einsum", tensors, equation=f"{','.join(terms)}->{result}")
