"""tf.custom_gradient: a function of tensors that brings its own gradient."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable
from typing import Any

from opscope.runtime import nest
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.gradient_registry import RegisterGradient
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.make_op import make_op
from opscope.runtime.operation import Tensor

_numbers = itertools.count()


def custom_gradient(f: Callable[..., tuple[Any, Callable[..., Any]]]) -> Callable[..., Any]:
    """A decorator: `f(*tensors)` returns its result and a function from the result's gradients.

    That function gets one gradient per tensor of the result and returns one per argument of `f`.
    When `f` uses resource variables it gets them as `variables=` and returns a pair: the gradients
    of the arguments, and a list of those of the variables. TypeError for other variables.
    """

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise ValueError(
                "The custom_gradient decorator currently supports keywords arguments only when "
                "eager execution is enabled."
            )
        return _called(f, list(args))

    return call


def _called(f: Callable[..., Any], args: list[Any]) -> Any:
    graph = get_default_graph()
    tensors = [convert_to_tensor(arg) for arg in nest.flatten(args)]
    before = set(graph.get_collection(GraphKeys.GLOBAL_VARIABLES))
    result, gradient = f(*nest.pack_sequence_as(args, tensors))
    results = [convert_to_tensor(t) for t in nest.flatten(result)]
    made = [v for v in graph.get_collection(GraphKeys.GLOBAL_VARIABLES) if v not in before]
    if any(not hasattr(v, "handle") for v in made):
        raise TypeError(
            "All variables used by a function wrapped with @custom_gradient must be "
            "`ResourceVariable`s. Ensure that no `variable_scope` is created with "
            "`use_resource=False`."
        )
    variables = _variables_between(graph, tensors, results)
    parameters = inspect.signature(gradient).parameters.values()
    takes_variables = any(p.name == "variables" or p.kind is p.VAR_KEYWORD for p in parameters)
    if variables and not takes_variables:
        raise TypeError(
            "@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function "
            f"uses variables: {variables}"
        )

    def rule(_: Any, *grads: Any) -> list[Any]:
        own = grads[: len(results)]
        none: list[Any] = [None] * len(results)
        if not variables:
            return [*none, *nest.flatten(gradient(*own))]
        of_args, of_variables = gradient(*own, variables=variables)
        if len(of_variables) != len(variables):
            raise ValueError(
                "Must return gradient for each variable from @custom_gradient grad_fn."
            )
        return [*none, *nest.flatten(of_args), *of_variables]

    name = f"CustomGradient-{next(_numbers)}"
    RegisterGradient(name)(rule)
    handed = [*results, *tensors, *(v.handle for v in variables)]
    with graph.gradient_override_map({"IdentityN": name}):
        kept = make_op("IdentityN", handed)
    return nest.pack_sequence_as(result, kept[: len(results)])


def _variables_between(graph: Any, inputs: list[Tensor], outputs: list[Tensor]) -> list[Any]:
    """The resource variables that lead to the outputs by ways that the inputs do not cut."""
    seen = {t.op for t in inputs}
    todo = [t.op for t in outputs]
    handles = set()
    while todo:
        op = todo.pop()
        if op in seen:
            continue
        seen.add(op)
        if op.type == "VarHandleOp":
            handles.add(op)
        todo.extend(t.op for t in op.inputs)
    known = {
        v.handle.op: v
        for v in graph.get_collection(GraphKeys.GLOBAL_VARIABLES)
        if hasattr(v, "handle")
    }
    return sorted((known[op] for op in handles if op in known), key=lambda v: str(v.name))
