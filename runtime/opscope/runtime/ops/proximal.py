"""The update ops of Adadelta, Ftrl, AdagradDA and the proximal methods, whole and by rows.

Formulas are those of TensorFlow's CPU kernels (core/kernels/training_ops.cc). Each is written once,
as the next values of a variable and its slots; an Apply op puts them in whole, a SparseApply op
for the rows that a gradient names.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.ops.scattering import changed, checked_rows
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.variable_slot import VariableSlot

Formula = Callable[..., "tuple[Any, ...]"]


def _adadelta(
    xp: Any, var: Any, accum: Any, accum_update: Any, lr: Any, rho: Any, epsilon: Any, grad: Any
) -> tuple[Any, ...]:
    accum = accum * rho + grad * grad * (1 - rho)
    update = xp.sqrt(accum_update + epsilon) / xp.sqrt(accum + epsilon) * grad
    return var - update * lr, accum, accum_update * rho + update * update * (1 - rho)


def _ftrl(
    xp: Any,
    var: Any,
    accum: Any,
    linear: Any,
    grad: Any,
    lr: Any,
    l1: Any,
    l2: Any,
    lr_power: Any,
    multiply_linear_by_lr: bool = False,
) -> tuple[Any, ...]:
    return _ftrl_v2(xp, var, accum, linear, grad, lr, l1, l2, None, lr_power, multiply_linear_by_lr)


def _ftrl_v2(
    xp: Any,
    var: Any,
    accum: Any,
    linear: Any,
    grad: Any,
    lr: Any,
    l1: Any,
    l2: Any,
    l2_shrinkage: Any,
    lr_power: Any,
    multiply_linear_by_lr: bool = False,
) -> tuple[Any, ...]:
    shrunk = grad if l2_shrinkage is None else grad + 2 * l2_shrinkage * var
    total = accum + grad * grad
    before, after = _power(xp, accum, -lr_power), _power(xp, total, -lr_power)
    if multiply_linear_by_lr:
        linear = linear + (shrunk * lr - (after - before) * var)
        edge, quadratic = l1 * lr, after + 2 * l2 * lr
    else:
        linear = linear + (shrunk - (after - before) / lr * var)
        edge, quadratic = l1, after / lr + 2 * l2
    return (xp.clip(linear, -edge, edge) - linear) / quadratic, total, linear


def _power(xp: Any, values: Any, exponent: Any) -> Any:
    return xp.sqrt(values) if exponent == 0.5 else values**exponent


def _adagrad_da(
    xp: Any,
    var: Any,
    gradient_accumulator: Any,
    gradient_squared_accumulator: Any,
    grad: Any,
    lr: Any,
    l1: Any,
    l2: Any,
    global_step: Any,
) -> tuple[Any, ...]:
    step = lr.dtype.type(global_step)
    total = gradient_accumulator + grad
    squares = gradient_squared_accumulator + grad * grad
    kept = _shrunk(xp, total, l1 * step) if l1 > 0 else total
    return -lr * kept / (l2 * step * lr + xp.sqrt(squares)), total, squares


def _shrunk(xp: Any, values: Any, by: Any) -> Any:
    """The values moved towards 0, not beyond it."""
    return xp.sign(values) * xp.maximum(xp.abs(values) - by, 0)


def _proximal_adagrad(
    xp: Any, var: Any, accum: Any, lr: Any, l1: Any, l2: Any, grad: Any
) -> tuple[Any, ...]:
    total = accum + grad * grad
    rate = lr / xp.sqrt(total)
    moved = var - grad * rate
    kept = _shrunk(xp, moved, rate * l1) if l1 > 0 else moved
    return kept / (1 + rate * l2), total


def _proximal_descent(
    xp: Any, var: Any, alpha: Any, l1: Any, l2: Any, delta: Any
) -> tuple[Any, ...]:
    moved = var - delta * alpha
    kept = _shrunk(xp, moved, alpha * l1) if l1 > 0 else moved
    return (kept / (1 + l2 * alpha),)


def _whole(xp: Any, *values: Any, formula: Formula, gradient: int, **attrs: Any) -> None:
    slots = [v for v in values if isinstance(v, VariableSlot)]
    shape = slots[0].value.shape
    for other in (*(s.value for s in slots), values[gradient]):
        if other.shape != shape:
            raise errors.InvalidArgumentError(
                None,
                None,
                "var, its slots and grad do not have the same shape: "
                f"{list(shape)} {list(other.shape)}",
            )
    given = (v.value if isinstance(v, VariableSlot) else v for v in values)
    made = formula(xp, *given, **attrs)
    for slot, value in zip(slots, made, strict=True):
        target = slot.target()
        if target is None:
            slot.commit(value)
        else:
            target[...] = value
            slot.commit(target)


def _by_rows(xp: Any, *values: Any, formula: Formula, gradient: int, **attrs: Any) -> None:
    slots = [v for v in values if isinstance(v, VariableSlot)]
    grad, indices = values[gradient], values[gradient + 1]
    shape = slots[0].value.shape
    if not shape:
        raise errors.InvalidArgumentError(None, None, "var must be at least 1 dimensional")
    if grad.shape != indices.shape + shape[1:]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"grad must have one row per index, shaped as those of var: got grad "
            f"{list(grad.shape)}, indices {list(indices.shape)}, var {list(shape)}",
        )
    checked_rows(indices, shape[0])
    targets = [changed(slot) for slot in slots]
    for chosen in rounds(indices):
        where = indices[chosen]
        rows = iter(target[where] for target in targets)
        given = [
            next(rows) if isinstance(v, VariableSlot) else grad[chosen] if v is grad else v
            for i, v in enumerate(values)
            if i != gradient + 1
        ]
        for target, value in zip(targets, formula(xp, *given, **attrs), strict=True):
            target[where] = value
    for slot, target in zip(slots, targets, strict=True):
        slot.commit(target)


def rounds(indices: Any) -> list[Any]:
    """The places of the indices, so divided that no index comes twice in a round."""
    _, inverse, counts = np.unique(indices, return_inverse=True, return_counts=True)
    if counts.max(initial=1) == 1:
        return [slice(None)]
    order = np.argsort(inverse, kind="stable")
    turn = np.empty(len(order), np.intp)
    turn[order] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    return [np.flatnonzero(turn == t) for t in range(int(counts.max()))]


_FLOATS = "{float16, bfloat16, float32, float64}"
_LOCKING = "use_locking: bool = false"
_MULTIPLY = "multiply_linear_by_lr: bool = false"


def _define(name: str, formula: Formula, refs: str, rest: str, attrs: str, doc: str) -> None:
    """Define `Apply{name}` and `SparseApply{name}`; `rest` names the other inputs."""
    names = [n.strip() for n in rest.split(",")]
    gradient = "delta" if "delta" in names else "grad"
    slots = tuple(range(len(refs.split(","))))

    def parts(given: list[str]) -> str:
        kinds = {"indices": "Tindices", "global_step": "int64"}
        return ", ".join(
            [f"{r.strip()}: Ref(T)" for r in refs.split(",")]
            + [f"{n}: {kinds.get(n, 'T')}" for n in given]
        )

    at = len(slots) + names.index(gradient)
    options = [a.partition(":")[0] for a in attrs.split(", ") if a != _LOCKING]

    def kernel_of(run: Any) -> Any:
        if not options:

            def plain(xp: Any, *values: Any) -> None:
                run(xp, *values)

            return plain

        def multiplied(xp: Any, *values: Any, multiply_linear_by_lr: bool) -> None:
            run(xp, *values, multiply_linear_by_lr=multiply_linear_by_lr)

        return multiplied

    whole = kernel_of(partial(_whole, formula=formula, gradient=at))
    whole.__doc__ = doc
    by_row = kernel_of(partial(_by_rows, formula=formula, gradient=at))
    by_row.__doc__ = f"{doc[:-1]}, for the rows that the gradient names."
    dense = op(
        f"Apply{name}",
        f"{parts(names)} -> out: Ref(T)",
        f"T: {_FLOATS}, {attrs}",
        updates=slots,
        not_differentiable=True,
    )(whole)
    dense.shape(_shape_of_ref)
    # The sparse gradient descent calls its gradient "grad" as the others do.
    given = ["grad" if n == gradient else n for n in names]
    given.insert(given.index("grad") + 1, "indices")
    sparse = op(
        f"SparseApply{name}",
        f"{parts(given)} -> out: Ref(T)",
        f"T: {_FLOATS}, Tindices: {{int32, int64}}, {attrs}",
        updates=slots,
        host_only=True,
        not_differentiable=True,
    )(by_row)
    sparse.shape(_shape_of_rows)


def _shape_of_ref(node: Operation) -> list[TensorShape]:
    shape = node.inputs[0].shape
    for arg, tensor in zip(node.definition.inputs, node.inputs, strict=True):
        if arg.is_ref or arg.name in ("grad", "delta"):
            shape = shape.merge_with(tensor.shape)
        else:
            tensor.shape.assert_has_rank(0)
    return [shape]


def _shape_of_rows(node: Operation) -> list[TensorShape]:
    shape = node.inputs[0].shape
    for arg, tensor in zip(node.definition.inputs, node.inputs, strict=True):
        if arg.is_ref:
            shape = shape.merge_with(tensor.shape)
        elif arg.name == "indices":
            tensor.shape.assert_has_rank(1)
        elif arg.name != "grad":
            tensor.shape.assert_has_rank(0)
    return [shape]


_define(
    "Adadelta",
    _adadelta,
    "var, accum, accum_update",
    "lr, rho, epsilon, grad",
    _LOCKING,
    "Scale the gradient by the running size of past updates over that of past gradients.",
)
_define(
    "Ftrl",
    _ftrl,
    "var, accum, linear",
    "grad, lr, l1, l2, lr_power",
    f"{_LOCKING}, {_MULTIPLY}",
    "Follow the proximally regularized leader.",
)
_define(
    "FtrlV2",
    _ftrl_v2,
    "var, accum, linear",
    "grad, lr, l1, l2, l2_shrinkage, lr_power",
    f"{_LOCKING}, {_MULTIPLY}",
    "Follow the proximally regularized leader, with a penalty on the size of the variable.",
)
_define(
    "AdagradDA",
    _adagrad_da,
    "var, gradient_accumulator, gradient_squared_accumulator",
    "grad, lr, l1, l2, global_step",
    _LOCKING,
    "Average the gradients of all steps, over the root of their squares.",
)
_define(
    "ProximalAdagrad",
    _proximal_adagrad,
    "var, accum",
    "lr, l1, l2, grad",
    _LOCKING,
    "Divide the step by the root of the sum of squared gradients, then shrink the variable.",
)
_define(
    "ProximalGradientDescent",
    _proximal_descent,
    "var",
    "alpha, l1, l2, delta",
    _LOCKING,
    "Subtract alpha * delta from the variable, then shrink it.",
)
