"""Ops that hand a value on and say something about it: no gradient here, no NaN here."""

from __future__ import annotations

from typing import Any

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.type_sets import T_FLOAT


@op(
    "StopGradient",
    "input: T -> output: T",
    "T: type",
    view_of=0,
    not_differentiable=True,
    template="{0}",
)
def _stop_gradient(xp: Any, value: Any) -> Any:
    """Return the input; gradients take it as a constant."""
    return value


@op(
    "PreventGradient",
    "input: T -> output: T",
    "T: type, message: string = ''",
    view_of=0,
    template="{0}",
)
def _prevent_gradient(xp: Any, value: Any) -> Any:
    """Return the input; asking for its gradient is an error."""
    return value


@_prevent_gradient.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    raise LookupError(f"Gradient explicitly disabled. Reason: {node.attrs['message']}")


@op(
    "CheckNumerics",
    "tensor: T -> output: T",
    f"{T_FLOAT}, message: string",
    view_of=0,
    stateful=True,
)
def _check_numerics(xp: Any, tensor: Any, *, message: str) -> Any:
    """Return the input; InvalidArgumentError when it holds an infinity or a NaN."""
    if not xp.isfinite(tensor).all():
        kinds = [
            kind
            for kind, found in (("Inf", xp.isinf(tensor).any()), ("NaN", xp.isnan(tensor).any()))
            if found
        ]
        raise errors.InvalidArgumentError(
            None, None, f"{message} : Tensor had {' and '.join(kinds)} values"
        )
    return tensor


_stop_gradient.shape(same_shape)
_prevent_gradient.shape(same_shape)
_check_numerics.shape(same_shape)


@_check_numerics.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    message = "Not a number (NaN) or infinity (Inf) values detected in gradient. "
    return [make_tensor("CheckNumerics", grad, message=message + str(node.attrs["message"]))]


def stop_gradient(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """`input`, which gradients take as a constant."""
    return make_tensor("StopGradient", input, name=name)


def check_numerics(tensor: Any, message: str, name: str | None = None) -> Tensor:
    """`tensor`; running it is an error when it holds an infinity or a NaN."""
    return make_tensor("CheckNumerics", tensor, message=message, name=name)


def add_check_numerics_ops() -> Operation:
    """One operation that checks every floating tensor of the graph, in the order they were made."""
    from opscope.runtime.graph import get_default_graph
    from opscope.runtime.group import group

    checks: list[Operation] = []
    for made in get_default_graph().get_operations():
        for tensor in made.outputs:
            if tensor.dtype.is_floating:
                with get_default_graph().control_dependencies(checks[-1:]):
                    checks.append(check_numerics(tensor, tensor.name).op)
    return group(*checks)
