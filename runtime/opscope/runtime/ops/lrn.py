"""Local response normalization: each channel divided by the energy of its neighbours."""

from __future__ import annotations

from typing import Any

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.windows import check_images
from opscope.runtime.tensor_shape import TensorShape

_ATTRS = (
    "depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5, "
    "T: {float16, bfloat16, float32} = float32"
)


def _around(xp: Any, values: Any, radius: int) -> Any:
    """The sum over the channels within `radius` of each."""
    depth = values.shape[-1]
    padded = xp.zeros((*values.shape[:-1], depth + 2 * radius), values.dtype)
    padded[..., radius : radius + depth] = values
    total = xp.zeros(values.shape, values.dtype)
    for start in range(2 * radius + 1):
        total += padded[..., start : start + depth]
    return total


@op("LRN", "input: T -> output: T", _ATTRS)
def _lrn(xp: Any, value: Any, *, depth_radius: int, bias: float, alpha: float, beta: float) -> Any:
    """X / (bias + alpha * the sum of squares of the channels within depth_radius) ** beta."""
    x = check_images(value, "in").astype("float32", copy=False)
    norm = bias + alpha * _around(xp, x * x, depth_radius)
    return (x * norm**-beta).astype(value.dtype)


@op("LRNGrad", "input_grads: T, input_image: T, output_image: T -> output: T", _ATTRS)
def _lrn_grad(
    xp: Any,
    input_grads: Any,
    input_image: Any,
    output_image: Any,
    *,
    depth_radius: int,
    bias: float,
    alpha: float,
    beta: float,
) -> Any:
    """The gradient of LRN with respect to its input."""
    for other in (input_grads, output_image):
        if other.shape != input_image.shape:
            raise errors.InvalidArgumentError(
                None,
                None,
                "input_grads, input_image, and out_image should have the same shape: "
                f"{list(input_image.shape)} and {list(other.shape)}",
            )
    x = input_image.astype("float32", copy=False)
    y = output_image.astype("float32", copy=False)
    g = input_grads.astype("float32", copy=False)
    norm = bias + alpha * _around(xp, x * x, depth_radius)
    shared = _around(xp, g * y / norm, depth_radius)
    back = g * norm**-beta - 2 * alpha * beta * x * shared
    return back.astype(input_image.dtype)


@_lrn.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.with_rank(4)]


@_lrn_grad.shape
def _(node: Operation) -> list[TensorShape]:
    shape = node.inputs[0].shape.with_rank(4)
    for tensor in node.inputs[1:]:
        shape = shape.merge_with(tensor.shape)
    return [shape]


@_lrn.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    attrs = {key: node.attrs[key] for key in ("depth_radius", "bias", "alpha", "beta")}
    return [make_tensor("LRNGrad", grad, node.inputs[0], node.outputs[0], **attrs)]


def local_response_normalization(
    input: Any,  # noqa: A002
    depth_radius: int = 5,
    bias: float = 1.0,
    alpha: float = 1.0,
    beta: float = 0.5,
    name: str | None = None,
) -> Tensor:
    """Images with each channel divided by the energy of its neighbours (Krizhevsky 2012)."""
    return make_tensor(
        "LRN", input, depth_radius=depth_radius, bias=bias, alpha=alpha, beta=beta, name=name
    )
