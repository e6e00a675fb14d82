"""Sums of products along named axes: `ij,jk->ik`."""

from __future__ import annotations

import string
from collections import Counter
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.broadcasting import broadcast_to
from opscope.runtime.ops.elementwise import conjugate
from opscope.runtime.ops.filling import ones
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape, shape
from opscope.runtime.tensor_shape import TensorShape, broadcast, unknown_shape

_REST = "..."


def _labels(equation: str) -> tuple[list[str], str]:
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if not arrow:
        counts = Counter(left.replace(_REST, "").replace(",", ""))
        rest = _REST if _REST in left else ""
        right = rest + "".join(sorted(c for c, count in counts.items() if count == 1))
    return terms, right


@op("Einsum", "inputs: N * T -> output: T", "equation: string, N: int >= 1, T: type")
def _einsum(xp: Any, *inputs: Any, equation: str) -> Any:
    """The sum of products that the equation names, axes not in its result summed away."""
    terms, result = _labels(equation)
    unique = _unique(result)
    dtype = inputs[0].dtype
    if dtype.itemsize == 2 and dtype.kind in "fV":
        inputs = tuple(x.astype(np.float32) for x in inputs)
    try:
        found = xp.einsum(f"{','.join(terms)}->{unique}", *inputs)
    except ValueError as error:
        raise errors.InvalidArgumentError(None, None, f"{error} ({equation})") from None
    if unique != result:
        found = _on_diagonals(xp, xp.asarray(found), unique, result)
    return xp.asarray(found, dtype)[()]


def _unique(result: str) -> str:
    """The result's labels, each once; the ellipsis stays where it is."""
    before, rest, after = result.partition(_REST)
    first = "".join(dict.fromkeys(before))
    return first + rest + "".join(c for c in dict.fromkeys(after) if c not in first)


def _on_diagonals(xp: Any, value: Any, unique: str, result: str) -> Any:
    """A tensor with the value where places of one label agree, zero elsewhere: `i->ii`."""
    count = value.ndim - len(unique.replace(_REST, ""))
    rest = "".join(c for c in string.ascii_letters if c not in result)[:count]
    unique, result = unique.replace(_REST, rest), result.replace(_REST, rest)
    sizes = dict(zip(unique, value.shape, strict=True))
    made = xp.zeros([sizes[c] for c in result], value.dtype)
    axes = {c: i for i, c in enumerate(unique)}
    places = [
        xp.arange(sizes[c]).reshape([-1 if i == axes[c] else 1 for i in range(len(unique))])
        for c in result
    ]
    made[tuple(places)] = value
    return made


@_einsum.shape
def _(node: Operation) -> list[TensorShape]:
    equation = node.attrs["equation"]
    terms, result = _labels(equation)
    if len(terms) != len(node.inputs):
        raise ValueError(f"Equation {equation!r} has {len(terms)} terms for {len(node.inputs)}")
    sizes: dict[str, int | None] = {}
    rest: tuple[int | None, ...] | None = ()
    for term, tensor in zip(terms, node.inputs, strict=True):
        if tensor.shape.sizes is None:
            rest = None if _REST in term else rest
            continue
        named, between = _named_sizes(term, tensor.shape.sizes)
        rest = None if rest is None else broadcast(rest, between)
        for label, size in named:
            known = sizes.get(label)
            if known is not None and size is not None and known != size:
                raise ValueError(f"Expected dimension {known} at axis {label!r}, got {size}")
            sizes[label] = size if known is None else known
    before, has_rest, after = result.partition(_REST)
    if has_rest and rest is None:
        return [unknown_shape()]
    middle = (rest or ()) if has_rest else ()
    lead, tail = ([sizes.get(c) for c in part] for part in (before, after))
    return [TensorShape([*lead, *middle, *tail])]


def _named_sizes(
    term: str, sizes: tuple[int | None, ...]
) -> tuple[list[tuple[str, int | None]], tuple[int | None, ...]]:
    """The size of each label, and the sizes that the ellipsis stands for."""
    before, has_rest, after = term.partition(_REST)
    count = len(before) + len(after)
    if count > len(sizes) or (not has_rest and count != len(sizes)):
        raise ValueError(f"{term!r} does not name the axes of shape {TensorShape(sizes)}")
    end = len(sizes) - len(after)
    named = [*zip(before, sizes[: len(before)], strict=True)]
    named += zip(after, sizes[end:], strict=True)
    return named, sizes[len(before) : end]


# -- gradient ------------------------------------------------------------------------------


@_einsum.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    equation = node.attrs["equation"]
    terms, result = _labels(equation)
    if len(terms) > 2:
        raise NotImplementedError(
            f"opscope has no gradient of einsum {equation!r} (node {node.name!r}): more than two "
            "terms; tf.einsum makes ops of two"
        )
    if len(terms) == 1:
        return [_single(grad, node.inputs[0], terms[0], result)]
    if _REST in result:
        terms = [t if _REST in t else t + _REST for t in terms]
    x, y = (conjugate(t) if grad.dtype.is_complex else t for t in node.inputs)
    shapes = shape(x), shape(y)
    wrt_x = _with_respect_to(grad, y, shapes[0], (terms[0], terms[1], result))
    wrt_y = _with_respect_to(grad, x, shapes[1], (terms[1], terms[0], result))
    if _REST not in result:
        return [wrt_x, wrt_y]
    spans = [_rest_span(t) for t in terms]
    known = [t.shape[a:b] for t, (a, b) in zip((x, y), spans, strict=True)]
    if x.shape.is_fully_defined() and y.shape.is_fully_defined() and known[0] == known[1]:
        return [wrt_x, wrt_y]
    rests = [s[a:b] for s, (a, b) in zip(shapes, spans, strict=True)]
    axes = make_op("BroadcastGradientArgs", *rests)
    pairs = zip((wrt_x, wrt_y), shapes, axes, spans, strict=True)
    return [reshape(reduce_sum(g, span[0] + a), s) for g, s, a, span in pairs]


def _rest_span(term: str) -> tuple[int, int | None]:
    """Where the axes of the ellipsis begin and end, the end from behind."""
    start = term.find(_REST)
    if start < 0:
        return 0, 0
    behind = len(term) - start - len(_REST)
    return start, -behind if behind else None


def _axis_of(term: str, label: str) -> int:
    before, _, after = term.partition(_REST)
    place = before.find(label)
    return place if place >= 0 else after.find(label) - len(after)


def _without(term: str, labels: list[str]) -> str:
    return "".join(c for c in term if c not in labels)


def _single(grad: Tensor, x: Tensor, term: str, result: str) -> Tensor:
    full = shape(x)
    summed = sorted(set(term) - set(result + _REST))
    if not summed:
        return make_tensor("Einsum", [grad], equation=f"{result}->{term}")
    return _spread(grad, full, (term, result), summed)


def _with_respect_to(
    grad: Tensor, other: Tensor, full: Tensor, labels: tuple[str, str, str]
) -> Tensor:
    term, other_term, result = labels
    summed = sorted(set(term) - set(result + other_term + "."))
    kept = _without(term, summed)
    equation = f"{result},{other_term}->{kept}"
    back = make_tensor("Einsum", [grad, other], equation=equation)
    return back if not summed else _spread(back, full, (term, kept), summed)


def _spread(grad: Tensor, full: Tensor, labels: tuple[str, str], summed: list[str]) -> Tensor:
    """The gradient along the whole length of the axes that were summed away."""
    term, result = labels
    axes = [_axis_of(term, label) for label in summed]
    lengths = stack([full[a] for a in axes])
    is_plain = len(set(term)) + len(set(result)) == len(term) + len(result)
    if is_plain and _without(term, summed) == result:
        from opscope.runtime.ops.reduction_gradient import reduced_shape

        return broadcast_to(reshape(grad, reduced_shape(full, convert_to_tensor(axes))), full)
    own = shape(grad)
    wide = concat([lengths, own], 0)
    narrow = concat([ones([len(summed)], dtypes.int32), own], 0)
    spread = broadcast_to(reshape(grad, narrow), wide)
    return make_tensor("Einsum", [spread], equation=f"{''.join(summed)}{result}->{term}")


def einsum(
    equation: str, *inputs: Any, name: str | None = None, optimize: Any = "greedy"
) -> Tensor:
    """The sum of products that `equation` names; up to two tensors, and more two by two.

    optimize is a hint for the order of several; they are taken from left to right here.
    """
    with op_scope(name, "einsum", *inputs):
        tensors = [convert_to_tensor(x) for x in inputs]
        terms, result = _labels(equation)
        if len(terms) != len(tensors):
            raise ValueError(
                f'Got {len(tensors)} inputs for equation "{equation}", expecting {len(terms)}'
            )
        while len(tensors) > 2:
            later = set(result).union(*terms[2:])
            rest = _REST if _REST in terms[0] + terms[1] else ""
            labels = (terms[0] + terms[1]).replace(_REST, "")
            joined = rest + "".join(dict.fromkeys(c for c in labels if c in later))
            part = make_tensor("Einsum", tensors[:2], equation=f"{terms[0]},{terms[1]}->{joined}")
            tensors, terms = [part, *tensors[2:]], [joined, *terms[2:]]
        return make_tensor("Einsum", tensors, equation=f"{','.join(terms)}->{result}")
