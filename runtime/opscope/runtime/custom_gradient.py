"""Functions that bring their own gradient, and gradients of gradients."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from itertools import count
from typing import Any

from opscope.runtime import nest
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.gradient_registry import RegisterGradient
from opscope.runtime.gradients import gradients
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.handing_on import identity_n
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.shape import reshape, shape, size
from opscope.runtime.tensor_array import TensorArray
from opscope.runtime.variables import Variable
from opscope.runtime.while_loop import while_loop

_numbers = count(1)


def custom_gradient(f: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """A decorator for a function of tensors that returns (result, gradient function).

    The gradient function is given the gradients of the results and returns those of the arguments.
    When resource variables are used inside, it takes them as `variables=` and returns the pair
    (gradients of the arguments, list of gradients of the variables). TypeError for other variables.
    """
    if f is None:
        return custom_gradient
    function = f

    @wraps(function)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise ValueError(
                "The custom_gradient decorator currently supports keywords arguments only when "
                "eager execution is enabled."
            )
        given = nest.map_structure(convert_to_tensor, list(args))
        graph = get_default_graph()
        before = set(graph.get_collection(GraphKeys.GLOBAL_VARIABLES))
        result, grad_fn = function(*given)
        for made in graph.get_collection(GraphKeys.GLOBAL_VARIABLES):
            if made not in before and not hasattr(made, "handle"):
                raise TypeError(
                    "All variables used by a function wrapped with @custom_gradient must be "
                    "`ResourceVariable`s. Ensure that no `variable_scope` is created with "
                    "`use_resource=False`."
                )
        results = [convert_to_tensor(r) for r in nest.flatten(result)]
        arguments = nest.flatten(given)
        variables = _used_variables(results, arguments)
        _require_parameter(grad_fn, variables)

        name = f"CustomGradient-{next(_numbers)}"

        @RegisterGradient(name)
        def _(op: Operation, *grads: Any) -> list[Any]:
            inner = list(grads[: len(results)])
            if variables:
                of_arguments, of_variables = grad_fn(*inner, variables=variables)
                if len(of_variables) != len(variables):
                    raise ValueError(
                        "Must return gradient for each variable from @custom_gradient grad_fn."
                    )
            else:
                of_arguments, of_variables = grad_fn(*inner), []
            return [None] * len(results) + nest.flatten(of_arguments) + list(of_variables)

        with graph.gradient_override_map({"IdentityN": name}):
            passed = identity_n(results + arguments + [v.handle for v in variables])
        return nest.pack_sequence_as(result, passed[: len(results)])

    return decorated


def _used_variables(results: Sequence[Tensor], arguments: Sequence[Tensor]) -> list[Any]:
    """The resource variables on which results depend other than by the arguments."""
    stops = {t.op for t in arguments}
    seen: set[Operation] = set()
    found: set[Operation] = set()
    stack = [t.op for t in results]
    while stack:
        op = stack.pop()
        if op in seen or op in stops:
            continue
        seen.add(op)
        if op.type == "VarHandleOp":
            found.add(op)
        stack.extend(t.op for t in op.inputs)
    every: list[Variable] = get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES)
    return sorted((v for v in every if v.op in found), key=lambda v: v.name)


def _require_parameter(grad_fn: Callable[..., Any], variables: Sequence[Any]) -> None:
    parameters = inspect.signature(grad_fn).parameters
    takes = "variables" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    if variables and not takes:
        raise TypeError(
            "@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function "
            f"uses variables: {variables}"
        )


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
