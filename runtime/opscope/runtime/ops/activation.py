"""Activation functions of neural networks, and the bias that goes before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.binding import Binding
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import after, alike, merged_shape, same_shape
from opscope.runtime.ops.filling import zeros_like
from opscope.runtime.ops.reduction import column_sums
from opscope.runtime.ops.type_sets import NUMBER, T_FLOAT, T_REAL
from opscope.runtime.tensor_shape import TensorShape

_FORWARD = "features: T -> activations: T"
_BACKWARD = "gradients: T, features: T -> backprops: T"
_FROM_OUTPUT = "gradients: T, outputs: T -> backprops: T"


@op("Relu", _FORWARD, T_REAL)
def _relu(xp: Any, features: Any) -> Any:
    """Negative values become 0; NaN stays."""
    return xp.maximum(features, features.dtype.type(0))


@_relu.bind
def _(binding: Binding) -> Callable[..., Any]:
    maximum, zero = binding.xp.maximum, binding.attrs["T"].as_numpy_dtype(0)
    return lambda features: maximum(features, zero)


@op("ReluGrad", _BACKWARD, T_REAL)
def _relu_grad(xp: Any, gradients: Any, features: Any) -> Any:
    """The gradient where the feature is positive, 0 elsewhere."""
    alike(gradients, features)
    return gradients * (features > features.dtype.type(0))


@_relu_grad.bind
def _(binding: Binding) -> Callable[..., Any]:
    xp, zero = binding.xp, binding.attrs["T"].as_numpy_dtype(0)
    first, second = (t.shape for t in binding.node.inputs)
    if first.is_fully_defined() and first == second:
        return lambda gradients, features: gradients * (features > zero)
    return lambda gradients, features: _relu_grad.kernels["ANY"](xp, gradients, features)


@op("Relu6", _FORWARD, T_REAL)
def _relu6(xp: Any, features: Any) -> Any:
    """Values are cut to the range from 0 to 6."""
    return xp.minimum(xp.maximum(features, features.dtype.type(0)), features.dtype.type(6))


@op("Relu6Grad", _BACKWARD, T_REAL)
def _relu6_grad(xp: Any, gradients: Any, features: Any) -> Any:
    """The gradient where the feature lies between 0 and 6, 0 elsewhere."""
    alike(gradients, features)
    inside = (features > 0) & (features < 6)
    return gradients * inside


@op("Elu", _FORWARD, T_FLOAT)
def _elu(xp: Any, features: Any) -> Any:
    """exp(x) - 1 below 0, x above."""
    return xp.where(features < 0, xp.expm1(features), features)[()]


@op("EluGrad", _FROM_OUTPUT, T_FLOAT)
def _elu_grad(xp: Any, gradients: Any, outputs: Any) -> Any:
    """The gradient of elu from its output."""
    alike(gradients, outputs)
    return xp.where(outputs < 0, (outputs + 1) * gradients, gradients)[()]


_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_SCALE_ALPHA = 1.7580993408473768599402175208123


@op("Selu", _FORWARD, T_FLOAT)
def _selu(xp: Any, features: Any) -> Any:
    """Scaled elu, which keeps mean and variance of its input (Klambauer et al. 2017)."""
    kind = features.dtype.type
    below = kind(_SELU_SCALE_ALPHA) * xp.expm1(features)
    return xp.where(features < 0, below, kind(_SELU_SCALE) * features)[()]


@op("SeluGrad", _FROM_OUTPUT, T_FLOAT)
def _selu_grad(xp: Any, gradients: Any, outputs: Any) -> Any:
    """The gradient of selu from its output."""
    alike(gradients, outputs)
    kind = outputs.dtype.type
    below = gradients * (outputs + kind(_SELU_SCALE_ALPHA))
    return xp.where(outputs < 0, below, gradients * kind(_SELU_SCALE))[()]


@op("Softplus", _FORWARD, T_FLOAT)
def _softplus(xp: Any, features: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    return xp.logaddexp(features, features.dtype.type(0))


@op("SoftplusGrad", _BACKWARD, T_FLOAT)
def _softplus_grad(xp: Any, gradients: Any, features: Any) -> Any:
    """The gradient of softplus: times sigmoid(x)."""
    alike(gradients, features)
    return gradients / (1 + xp.exp(-features))


@op("Softsign", _FORWARD, T_FLOAT, template="{0} / (abs({0}) + 1)")
def _softsign(xp: Any, features: Any) -> Any:
    """`x / (|x| + 1)`."""
    return features / (abs(features) + 1)


@op("SoftsignGrad", _BACKWARD, T_FLOAT)
def _softsign_grad(xp: Any, gradients: Any, features: Any) -> Any:
    """The gradient of softsign: divided by (|x| + 1) squared."""
    alike(gradients, features)
    return gradients / xp.square(abs(features) + 1)


_ALPHA = f"alpha: float = 0.20000000298023224, {T_FLOAT} = float32"


@op("LeakyRelu", _FORWARD, _ALPHA)
def _leaky_relu(xp: Any, features: Any, *, alpha: float) -> Any:
    """`x` above 0, `alpha * x` below."""
    return xp.where(features > 0, features, features.dtype.type(alpha) * features)[()]


@op("LeakyReluGrad", _BACKWARD, _ALPHA)
def _leaky_relu_grad(xp: Any, gradients: Any, features: Any, *, alpha: float) -> Any:
    """The gradient of leaky relu: alpha times where the feature is not positive."""
    alike(gradients, features)
    return xp.where(features > 0, gradients, gradients.dtype.type(alpha) * gradients)[()]


for _definition in (_relu, _relu6, _elu, _selu, _softplus, _softsign, _leaky_relu):
    _definition.shape(same_shape)
for _definition in (
    _relu_grad,
    _relu6_grad,
    _elu_grad,
    _selu_grad,
    _softplus_grad,
    _softsign_grad,
    _leaky_relu_grad,
):
    _definition.shape(merged_shape)


def _gradient_from(definition: OpDef, grad_type: str, use_output: bool) -> None:
    def rule(node: Operation, grad: Tensor) -> list[Tensor | None]:
        point = node.outputs[0] if use_output else node.inputs[0]
        return [make_tensor(grad_type, grad, point)]

    definition.gradient(rule)


_gradient_from(_relu, "ReluGrad", True)
_gradient_from(_relu6, "Relu6Grad", True)
_gradient_from(_elu, "EluGrad", True)
_gradient_from(_selu, "SeluGrad", True)
_gradient_from(_softsign, "SoftsignGrad", False)


@_softplus.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad * make_tensor("Sigmoid", node.inputs[0])]


@_leaky_relu.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("LeakyReluGrad", grad, node.inputs[0], alpha=node.attrs["alpha"])]


@_relu_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    features = node.inputs[1]
    return [make_tensor("ReluGrad", grad, features), zeros_like(features)]


@_relu6_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    features = node.inputs[1]
    return [make_tensor("Relu6Grad", grad, features), zeros_like(features)]


@_leaky_relu_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    features = node.inputs[1]
    return [
        make_tensor("LeakyReluGrad", grad, features, alpha=node.attrs["alpha"]),
        zeros_like(features),
    ]


def _from_output_gradient(node: Operation, grad: Tensor) -> list[Tensor | None]:
    incoming, outputs = node.inputs
    curved = make_tensor("Select", outputs < 0, grad * incoming, zeros_like(outputs))
    return [make_tensor(node.type, grad, outputs), curved]


_elu_grad.gradient(_from_output_gradient)
_selu_grad.gradient(_from_output_gradient)


@_softplus_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    incoming, x = node.inputs
    with after(grad):
        first = make_tensor("SoftplusGrad", grad, x)
        bell = make_tensor("Exp", -x) + 2.0 + make_tensor("Exp", x)
        return [first, grad * incoming / bell]


# -- bias ----------------------------------------------------------------------------------

_FORMAT = f"T: {{{NUMBER}}}, data_format: {{'NHWC', 'NCHW'}} = 'NHWC'"


def _bias_add_template(node: Operation) -> str | None:
    """A plain sum where the sizes are known to fit; it would broadcast others, too."""
    value, bias = (t.shape.sizes for t in node.inputs)
    if node.attrs["data_format"] == "NCHW" or not value or not bias or len(value) < 2:
        return None
    return "{0} + {1}" if bias[0] is not None and value[-1] == bias[0] else None


@op(
    "BiasAdd",
    "value: T, bias: T -> output: T",
    _FORMAT,
    carries=("value", "bias"),
    template=_bias_add_template,
)
def _bias_add(xp: Any, value: Any, bias: Any, *, data_format: str) -> Any:
    """Add one number per channel; channels are the last axis, or the second with NCHW."""
    if value.ndim < 2:
        raise errors.InvalidArgumentError(
            None, None, f"Input tensor must be at least 2D: {list(value.shape)}"
        )
    if bias.ndim != 1:
        raise errors.InvalidArgumentError(None, None, f"Biases must be 1D: {list(bias.shape)}")
    if bias.shape[0] != value.shape[1 if data_format == "NCHW" else -1]:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Must provide as many biases as the last dimension of the input tensor: "
            f"{list(bias.shape)} vs. {list(value.shape)}",
        )
    if data_format == "NCHW":
        bias = bias.reshape((-1,) + (1,) * (value.ndim - 2))
    return value + bias


@_bias_add.shape
def _(node: Operation) -> list[TensorShape]:
    value, bias = (t.shape for t in node.inputs)
    bias.with_rank(1)
    if value.sizes is None:
        return [value]
    if len(value.sizes) < 2:
        raise ValueError(f"Shape must be at least rank 2 but is rank {len(value.sizes)}")
    axis = 1 if node.attrs["data_format"] == "NCHW" else len(value.sizes) - 1
    channel = TensorShape([value.sizes[axis]]).merge_with(bias).known_rank()[0]
    return [TensorShape((*value.sizes[:axis], channel, *value.sizes[axis + 1 :]))]


@_bias_add.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    data_format = node.attrs["data_format"]
    return [grad, make_tensor("BiasAddGrad", grad, data_format=data_format)]


@op("BiasAddGrad", "out_backprop: T -> output: T", _FORMAT)
def _bias_add_grad(xp: Any, out_backprop: Any, *, data_format: str) -> Any:
    """The sum over everything but the channels."""
    if out_backprop.ndim < 2:
        raise errors.InvalidArgumentError(
            None, None, f"Input tensor must be at least 2D: {list(out_backprop.shape)}"
        )
    if data_format == "NCHW":
        axes = (0, *range(2, out_backprop.ndim))
        return out_backprop.sum(axis=axes, dtype=out_backprop.dtype)
    channels = out_backprop.shape[-1]
    rows = out_backprop.size // channels if channels else 0
    return column_sums(xp, out_backprop.reshape(rows, channels))


@_bias_add_grad.shape
def _(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.sizes
    if sizes is None:
        return [TensorShape([None])]
    if len(sizes) < 2:
        raise ValueError(f"Shape must be at least rank 2 but is rank {len(sizes)}")
    return [TensorShape([sizes[1 if node.attrs["data_format"] == "NCHW" else -1]])]


@_bias_add_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    full = make_tensor("Shape", node.inputs[0])
    if node.attrs["data_format"] == "NCHW":
        behind = make_tensor("StridedSlice", full, [2], [0], [1], end_mask=1)
        sizes = make_tensor("ConcatV2", [[-1], make_tensor("OnesLike", behind)], 0)
        grad = make_tensor("Reshape", grad, sizes)
    return [make_tensor("BroadcastTo", grad, full)]


def bias_add(
    value: Any, bias: Any, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """`value` plus one number per channel."""
    return make_tensor("BiasAdd", value, bias, data_format=data_format, name=name or "BiasAdd")


# -- L2 ------------------------------------------------------------------------------------


@op("L2Loss", "t: T -> output: T", T_FLOAT, carries=("t",))
def _l2_loss(xp: Any, t: Any) -> Any:
    """Half the sum of the squares."""
    flat = t.reshape(-1)
    if t.dtype.char in "fd":
        return flat.dot(flat) * t.dtype.type(0.5)
    wide = flat.astype(np.float32)
    return (wide.dot(wide) * np.float32(0.5)).astype(t.dtype)


@_l2_loss.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape(())]


@_l2_loss.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [node.inputs[0] * grad]
