"""Batch normalization of images as one op, and its gradient; three versions of each.

The versions differ in element types and in how many outputs are there for the gradient alone. The
variance that is handed out is the unbiased one; the one kept for the gradient is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from opscope.runtime import errors
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_node
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import transpose
from opscope.runtime.ops.reduction import column_sums
from opscope.runtime.ops.windows import check_images, check_shape, from_nhwc, to_nhwc
from opscope.runtime.tensor_shape import TensorShape

_FORMAT_12 = "data_format: {'NHWC', 'NCHW'} = 'NHWC', is_training: bool = true"
_FORMAT_3 = "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC', is_training: bool = true"
_EPSILON = "epsilon: float = 0.0001"
_FACTOR = "exponential_avg_factor: float = 1.0"
_HALVES = "T: {float16, bfloat16, float32}"

# What cuDNN takes as the least epsilon; TensorFlow raises smaller ones to it.
_LEAST_EPSILON = 1.001e-5


def _channel_sums(xp: Any, images: Any) -> Any:
    return column_sums(xp, images.reshape(math.prod(images.shape[:-1]), images.shape[-1]))


def _check_channels(channels: int, **parameters: Any) -> None:
    """InvalidArgumentError unless each parameter has one number per channel."""
    for name, values in parameters.items():
        if values.shape != (channels,):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{name} must have one number for each of the {channels} channels of the images: "
                f"{list(values.shape)}",
            )


def _normalize(
    xp: Any,
    inputs: tuple[Any, ...],
    epsilon: float,
    factor: float,
    data_format: str,
    is_training: bool,
) -> tuple[Any, ...]:
    x, scale, offset, mean, variance = inputs
    images = to_nhwc(check_images(x, "input"), data_format).astype(scale.dtype, copy=False)
    channels = images.shape[3]
    _check_channels(channels, scale=scale, offset=offset)
    if not is_training or factor != 1:
        _check_channels(channels, mean=mean, variance=variance)
    real = scale.dtype.type
    if is_training:
        count = images.size // max(channels, 1)
        divisor = real(max(count, 1))
        used_mean = _channel_sums(xp, images) / divisor
        centered = images - used_mean
        used_variance = _channel_sums(xp, centered * centered) / divisor
        new_mean = used_mean
        new_variance = used_variance * real(count / max(count - 1, 1))
        if factor != 1:
            new_mean = mean * real(1 - factor) + new_mean * real(factor)
            new_variance = variance * real(1 - factor) + new_variance * real(factor)
    else:
        used_mean, used_variance = new_mean, new_variance = mean, variance
        centered = images - mean
    if not images.size:
        # The mean of nothing.
        new_mean = new_variance = xp.full_like(used_mean, xp.nan)
    y = centered * (scale / xp.sqrt(used_variance + real(epsilon))) + offset
    y = from_nhwc(xp, y.astype(x.dtype, copy=False), data_format)
    return y, new_mean, new_variance, used_mean, used_variance


def _back(
    xp: Any,
    inputs: tuple[Any, ...],
    epsilon: float,
    data_format: str,
    is_training: bool,
) -> tuple[Any, ...]:
    grad, x, scale, mean, variance = inputs
    dtype = scale.dtype
    check_shape(grad, x.shape, "y_backprop")
    g = to_nhwc(check_images(grad, "y_backprop"), data_format).astype(dtype, copy=False)
    images = to_nhwc(check_images(x, "x"), data_format).astype(dtype, copy=False)
    _check_channels(images.shape[3], scale=scale, reserve_space_1=mean, reserve_space_2=variance)
    inverse = dtype.type(1) / xp.sqrt(variance + dtype.type(epsilon))
    centered = images - mean
    offset_back = _channel_sums(xp, g)
    product = _channel_sums(xp, g * centered)
    scale_back = product * inverse
    if is_training:
        count = dtype.type(max(g.size // max(g.shape[3], 1), 1))
        g = g - offset_back / count - centered * (inverse * inverse * product / count)
    back = from_nhwc(xp, (g * (scale * inverse)).astype(x.dtype, copy=False), data_format)
    nothing = xp.zeros(0, dtype)
    return back, scale_back, offset_back, nothing, nothing


@op(
    "FusedBatchNorm",
    "x: T, scale: T, offset: T, mean: T, variance: T -> "
    "y: T, batch_mean: T, batch_variance: T, reserve_space_1: T, reserve_space_2: T",
    f"T: {{float32}}, {_EPSILON}, {_FACTOR}, {_FORMAT_12}",
)
def _norm1(
    xp: Any,
    *inputs: Any,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: str,
    is_training: bool,
) -> Any:
    """Normalize each channel to its mean and variance over the batch, or to given ones."""
    return _normalize(xp, inputs, epsilon, exponential_avg_factor, data_format, is_training)


@op(
    "FusedBatchNormV2",
    "x: T, scale: U, offset: U, mean: U, variance: U -> "
    "y: T, batch_mean: U, batch_variance: U, reserve_space_1: U, reserve_space_2: U",
    f"{_HALVES}, U: {{float32}}, {_EPSILON}, {_FACTOR}, {_FORMAT_12}",
)
def _norm2(
    xp: Any,
    *inputs: Any,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: str,
    is_training: bool,
) -> Any:
    """Normalize each channel; statistics are float32 whatever the images are."""
    return _normalize(xp, inputs, epsilon, exponential_avg_factor, data_format, is_training)


@op(
    "FusedBatchNormV3",
    "x: T, scale: U, offset: U, mean: U, variance: U -> y: T, batch_mean: U, batch_variance: U, "
    "reserve_space_1: U, reserve_space_2: U, reserve_space_3: U",
    f"{_HALVES}, U: {{bfloat16, float32}}, {_EPSILON}, {_FACTOR}, {_FORMAT_3}",
)
def _norm3(
    xp: Any,
    *inputs: Any,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: str,
    is_training: bool,
) -> Any:
    """Normalize each channel; the last output is empty (cuDNN keeps something there)."""
    found = _normalize(xp, inputs, epsilon, exponential_avg_factor, data_format, is_training)
    return (*found, xp.zeros(0, inputs[1].dtype))


@op(
    "FusedBatchNormGrad",
    "y_backprop: T, x: T, scale: T, reserve_space_1: T, reserve_space_2: T -> x_backprop: T, "
    "scale_backprop: T, offset_backprop: T, reserve_space_3: T, reserve_space_4: T",
    f"T: {{float32}}, {_EPSILON}, {_FORMAT_12}",
)
def _grad1(xp: Any, *inputs: Any, epsilon: float, data_format: str, is_training: bool) -> Any:
    """The gradients of FusedBatchNorm with respect to images, scale and offset."""
    return _back(xp, inputs, epsilon, data_format, is_training)


@op(
    "FusedBatchNormGradV2",
    "y_backprop: T, x: T, scale: float32, reserve_space_1: U, reserve_space_2: U -> "
    "x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_3: U, reserve_space_4: U",
    f"{_HALVES}, U: {{float32}}, {_EPSILON}, {_FORMAT_12}",
)
def _grad2(xp: Any, *inputs: Any, epsilon: float, data_format: str, is_training: bool) -> Any:
    """The gradients of FusedBatchNormV2 with respect to images, scale and offset."""
    return _back(xp, inputs, epsilon, data_format, is_training)


@op(
    "FusedBatchNormGradV3",
    "y_backprop: T, x: T, scale: float32, reserve_space_1: U, reserve_space_2: U, "
    "reserve_space_3: U -> "
    "x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_4: U, reserve_space_5: U",
    f"{_HALVES}, U: {{float32}}, {_EPSILON}, {_FORMAT_3}",
)
def _grad3(xp: Any, *inputs: Any, epsilon: float, data_format: str, is_training: bool) -> Any:
    """The gradients of FusedBatchNormV3 with respect to images, scale and offset."""
    return _back(xp, inputs[:5], epsilon, data_format, is_training)


def _norm_shapes(node: Operation) -> list[TensorShape]:
    data_format = node.attrs["data_format"]
    images = node.inputs[0].shape.with_rank(4)
    axis = 1 if data_format == "NCHW" else 3
    channel = images[axis : axis + 1]
    of_batch = node.attrs["is_training"] and node.attrs["exponential_avg_factor"] == 1
    for tensor in node.inputs[1:3] if of_batch else node.inputs[1:]:
        channel = channel.merge_with(tensor.shape.with_rank(1))
    sizes = images.known_rank()
    whole = TensorShape([*sizes[:axis], channel.known_rank()[0], *sizes[axis + 1 :]])
    rest = [] if node.type != "FusedBatchNormV3" else [TensorShape([0])]
    return [whole, channel, channel, channel, channel, *rest]


def _grad_shapes(node: Operation) -> list[TensorShape]:
    images = node.inputs[0].shape.with_rank(4)
    axis = 1 if node.attrs["data_format"] == "NCHW" else 3
    channel = images[axis : axis + 1].merge_with(node.inputs[1].shape.with_rank(4)[axis : axis + 1])
    for tensor in node.inputs[2:5]:
        channel = channel.merge_with(tensor.shape.with_rank(1))
    whole = TensorShape([*images[:axis], *channel, *images[axis + 1 :]])
    return [whole, channel, channel, TensorShape([0]), TensorShape([0])]


def _gradient_by(gradient_type: str) -> Callable[..., list[Tensor | None]]:
    def rule(node: Operation, grad: Tensor, *others: Any) -> list[Tensor | None]:
        x, scale = node.inputs[:2]
        attrs = {key: node.attrs[key] for key in ("epsilon", "is_training", "data_format")}
        saved = list(node.outputs[3:])
        turned = not attrs["is_training"] and attrs["data_format"] == "NCHW"
        if not attrs["is_training"]:
            saved[:2] = node.inputs[3:5]
            attrs["data_format"] = "NHWC"
        if turned:
            x, grad = transpose(x, [0, 2, 3, 1]), transpose(grad, [0, 2, 3, 1])
        back = make_node(gradient_type, grad, x, scale, *saved, **attrs).outputs
        images = transpose(back[0], [0, 3, 1, 2]) if turned else back[0]
        return [images, back[1], back[2], None, None]

    return rule


def _complete(norm: OpDef, gradient: OpDef) -> None:
    norm.shape(_norm_shapes)
    gradient.shape(_grad_shapes)
    norm.gradient(_gradient_by(gradient.name))


_complete(_norm1, _grad1)
_complete(_norm2, _grad2)
_complete(_norm3, _grad3)


def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    name: str | None = None,
    exponential_avg_factor: float = 1.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Images normalized channel by channel, and the mean and variance that go with them.

    In training the mean and the (unbiased) variance are those of the batch; else those given.
    ValueError when they are needed and not given.
    """
    if (not is_training or exponential_avg_factor != 1) and (mean is None or variance is None):
        raise ValueError(
            "Both `mean` and `variance` must be a 1D tensor when `is_training` is False or "
            "`exponential_avg_factor` != 1.0. Received: "
            f"`mean` {mean!r} and `variance` {variance!r}"
        )
    images = convert_to_tensor(x, name="input")
    scales = convert_to_tensor(scale, name="scale")
    offsets = convert_to_tensor(offset, name="offset")
    means = constant([]) if mean is None else mean
    variances = constant([]) if variance is None else variance
    node = make_node(
        "FusedBatchNormV3",
        images,
        scales,
        offsets,
        means,
        variances,
        epsilon=max(epsilon, _LEAST_EPSILON),
        data_format=data_format,
        is_training=is_training,
        exponential_avg_factor=exponential_avg_factor,
        name=name,
    )
    return node.outputs[0], node.outputs[1], node.outputs[2]
