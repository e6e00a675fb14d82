"""The second derivative of batch normalization: the first one as plain ops, differentiated."""

from __future__ import annotations

from typing import Any

from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OPS
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.reduction import reduce_mean, reduce_sum
from opscope.runtime.ops.shape import reshape, size, squeeze


def _plain_gradient(node: Operation) -> list[Tensor]:
    """What FusedBatchNormGrad gives for images, scale and offset, by ops that have gradients."""
    grad, x, scale, mean, variance = node.inputs[:5]
    data_format, epsilon = node.attrs["data_format"], node.attrs["epsilon"]
    kind = x.dtype.base_dtype
    if kind.size == 2:
        x, grad = cast(x, "float32"), cast(grad, "float32")
    axes, keep, form = _reduction(data_format, scale)
    if form is not None:
        scale = reshape(scale, form)
        mean, variance = reshape(mean, form), reshape(variance, form)
    offset = reduce_sum(grad, axes)
    if not node.attrs["is_training"]:
        root = make_tensor("Rsqrt", variance + epsilon)
        wrt_scale = reduce_sum(grad * (x - mean) * root, axes)
        return [cast(grad * scale * root, kind), wrt_scale, offset]
    mean_grad = reduce_mean(grad, axes, keepdims=keep)
    mean_x = reduce_mean(x, axes, keepdims=keep)
    still = make_tensor("StopGradient", mean_x)
    spread = reduce_mean(make_tensor("SquaredDifference", x, still), axes, keepdims=keep)
    centered_grad, centered = grad - mean_grad, x - mean_x
    mixed = reduce_mean(grad * centered, axes, keepdims=keep)
    root = make_tensor("Rsqrt", spread + epsilon)
    inner = make_tensor("Reciprocal", spread + epsilon) * mixed * centered
    wrt_x = scale * root * (centered_grad - inner)
    wrt_scale = root * reduce_sum(grad * centered, axes, keepdims=keep)
    if form is not None:
        wrt_scale = squeeze(wrt_scale, axes)
    return [cast(wrt_x, kind), wrt_scale, offset]


def _reduction(data_format: str, scale: Tensor) -> tuple[list[int], bool, Any]:
    """The axes of one channel, whether they are kept, and the shape of what is per channel."""
    spatial = len(data_format) - 2
    if data_format.endswith("C"):
        return list(range(spatial + 1)), False, None
    axes = [0, *range(2, spatial + 2)]
    return axes, True, [1, size(scale), *[1] * spatial]


def _second(node: Operation, *grads: Tensor) -> list[Tensor | None]:
    from opscope.runtime.gradients import gradients

    sources = list(node.inputs[:3])
    back = gradients(
        _plain_gradient(node), sources, list(grads[:3]), stop_gradients=list(node.inputs[:5])
    )
    return [*back, *[None] * (len(node.inputs) - 3)]


for _type in ("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3"):
    OPS[_type].gradient(_second)
