"""Gradients that pass by a function or compute it again, and gradients of gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from opscope.runtime import nest
from opscope.runtime.constant import constant
from opscope.runtime.custom_gradient import custom_gradient
from opscope.runtime.gradients import gradients
from opscope.runtime.graph import get_default_graph
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.shape import reshape, shape, size
from opscope.runtime.tensor_array import TensorArray
from opscope.runtime.while_loop import while_loop


def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with gradients that go past it to the arguments as they are."""

    @custom_gradient
    def passing(*args: Any) -> Any:
        def grad(*grads: Any, variables: Sequence[Any] | None = None) -> Any:
            if variables is not None:
                return grads, [None] * len(variables)
            return grads

        return f(*args), grad

    return wraps(f)(passing)


def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function, computed once more when its gradient is, instead of keeping what is between."""

    @custom_gradient
    def recomputing(*args: Any) -> Any:
        def grad(*grads: Any, variables: Sequence[Any] | None = None) -> Any:
            with get_default_graph().control_dependencies([g for g in grads if g is not None]):
                copies = [identity(argument) for argument in args]
                again = nest.flatten(f(*copies))
            found = gradients(
                again,
                copies + list(variables or ()),
                grad_ys=list(grads),
                unconnected_gradients="zero",
            )
            if variables is not None:
                return found[: len(copies)], found[len(copies) :]
            return found

        return f(*args), grad

    return wraps(f)(recomputing)


def hessians(
    ys: Any,
    xs: Any,
    name: str = "hessians",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
) -> list[Tensor]:
    """The second derivatives of the sum of `ys`: for each x a tensor of x.shape + x.shape.

    ValueError when the gradient of ys does not depend on an x.
    """
    sources = list(xs) if isinstance(xs, (list, tuple)) else [xs]
    firsts = gradients(
        ys,
        sources,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
    )
    made = []
    for first, x in zip(firsts, sources, strict=True):
        flat = reshape(first, [-1])
        length = size(x)

        def row(j: Any, rows: Any, flat: Tensor = flat, x: Any = x) -> Any:
            return j + 1, rows.write(j, gradients(flat[j], x)[0])

        def is_left(j: Any, _: Any, length: Tensor = length) -> Any:
            return j < length

        start = [constant(0), TensorArray(x.dtype.base_dtype, length)]
        _, rows = while_loop(is_left, row, start)
        sizes = shape(x)
        made.append(reshape(rows.stack(), concat((sizes, sizes), 0)))
    return made
