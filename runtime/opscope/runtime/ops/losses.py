"""Loss functions made of several ops."""

from __future__ import annotations

import math
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.arrangement import transpose
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.comparison import where
from opscope.runtime.ops.filling import ones_like, zeros_like
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.overloads import add
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import rank, reshape, shape
from opscope.runtime.ops.window_nodes import same_argument
from opscope.runtime.tensor_shape import TensorShape


def _check_arguments(labels: Any, logits: Any) -> None:
    if labels is None or logits is None:
        raise ValueError("Both `labels` and `logits` must be provided.")


def sigmoid_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """max(x, 0) - x z + log(1 + exp(-|x|)) of logits x and labels z, element by element."""
    _check_arguments(labels, logits)
    with op_scope(name, "logistic_loss", logits, labels) as scope:
        x = convert_to_tensor(logits, name="logits")
        z = convert_to_tensor(labels, x.dtype.base_dtype, name="labels")
        try:
            x.shape.assert_is_compatible_with(z.shape)
        except ValueError:
            raise ValueError(
                f"`logits` and `labels` must have the same shape, got ({x.shape} vs {z.shape})."
            ) from None
        # The two branches keep exp from overflowing and have the right gradient at 0.
        zeros = zeros_like(x)
        positive = x >= zeros
        relu_logits = where(positive, x, zeros)
        negative_magnitude = where(positive, -x, x)
        linear = relu_logits - x * z
        exponential = make_tensor("Exp", negative_magnitude)
        return make_tensor("AddV2", linear, make_tensor("Log1p", exponential), name=scope)


def softmax_cross_entropy_with_logits_v2(
    labels: Any, logits: Any, axis: Any = None, name: str | None = None, dim: Any = None
) -> Tensor:
    """The cross entropy of labels with softmax(logits) over `axis`, gradients go into both."""
    position = dim if axis is None else axis
    position = -1 if position is None else position
    with op_scope(name, "softmax_cross_entropy_with_logits", logits, labels) as scope:
        x = convert_to_tensor(logits, name="logits")
        z = convert_to_tensor(labels, name="labels")
        narrow = x.dtype.base_dtype in (dtypes.float16, dtypes.bfloat16)
        precise = cast(x, dtypes.float32) if narrow else x
        z = cast(z, precise.dtype)
        input_rank = rank(precise)
        if position != -1:
            precise = _with_axis_last(precise, position, input_rank)
            z = _with_axis_last(z, position, input_rank)
        input_shape = shape(precise)
        cost, _ = make_op(
            "SoftmaxCrossEntropyWithLogits", _as_matrix(precise), _as_matrix(z), name=scope
        )
        rows = make_tensor("Slice", input_shape, [0], [make_tensor("Sub", input_rank, 1)])
        loss = reshape(cost, rows)
        if x.shape.sizes is not None:
            kept = list(x.shape.sizes)
            del kept[position]
            loss.set_shape(kept)
        return cast(loss, x.dtype) if narrow else loss


def _with_axis_last(tensor: Tensor, axis: int, input_rank: Tensor) -> Tensor:
    order = concat([range_of(axis), range_of(axis + 1, input_rank), [axis]], 0)
    return transpose(tensor, order)


def _as_matrix(tensor: Tensor) -> Tensor:
    """The tensor with all axes but the last made one."""
    ndims = rank(tensor)
    sizes = shape(tensor)
    last = make_tensor("Slice", sizes, [make_tensor("Sub", ndims, 1)], [1])
    matrix = reshape(tensor, concat([[-1], last], 0))
    if tensor.shape.sizes is not None:
        rows = TensorShape(tensor.shape.sizes[:-1]).num_elements()
        matrix.set_shape([rows, tensor.shape.sizes[-1]])
    return matrix


def softmax_cross_entropy_with_logits(
    labels: Any = None,
    logits: Any = None,
    dim: Any = -1,
    name: str | None = None,
    axis: Any = None,
) -> Tensor:
    """The cross entropy of labels with softmax(logits); the labels are taken as constants."""
    _check_arguments(labels, logits)
    with op_scope(name, "softmax_cross_entropy_with_logits_sg", logits, labels) as scope:
        fixed = make_tensor("StopGradient", labels, name="labels_stop_gradient")
    return softmax_cross_entropy_with_logits_v2(
        labels=fixed, logits=logits, axis=dim if axis is None else axis, name=scope
    )


def sparse_softmax_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """The cross entropy of softmax(logits) with the one class that each label names."""
    _check_arguments(labels, logits)
    with op_scope(name, "SparseSoftmaxCrossEntropyWithLogits", labels, logits):
        classes = convert_to_tensor(labels)
        x = convert_to_tensor(logits)
        precise = cast(x, dtypes.float32) if x.dtype.base_dtype is dtypes.float16 else x
        labels_shape = shape(classes)
        if x.shape.ndims == 0:
            raise ValueError(f"`logits` cannot be a scalar. Received logits={x}")
        if None not in (x.shape.ndims, classes.shape.ndims) and len(classes.shape) + 1 != len(
            x.shape
        ):
            raise ValueError(
                "`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: "
                f"labels.shape={classes.shape} and logits.shape={x.shape}"
            )
        if x.shape.ndims == 2:
            loss = _sparse_loss(precise, classes, name)
        else:
            count = shape(x)[rank(x) - 1]
            matrix = reshape(precise, [-1, count])
            loss = reshape(_sparse_loss(matrix, reshape(classes, [-1]), name), labels_shape)
            loss.set_shape(classes.shape)
        return loss if precise is x else cast(loss, dtypes.float16)


def _sparse_loss(logits: Tensor, labels: Tensor, name: str | None) -> Tensor:
    loss, _ = make_op("SparseSoftmaxCrossEntropyWithLogits", logits, labels, name=name)
    checked: Tensor = loss
    return checked


def _same_shape(first: Tensor, second: Tensor, names: str) -> None:
    try:
        first.shape.assert_is_compatible_with(second.shape)
    except ValueError:
        raise ValueError(
            f"{names} must have the same shape, received ({first.shape} vs {second.shape})."
        ) from None


def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """exp(c) - z c of logarithms c of rates and counts z; in full, plus log z! by Stirling."""
    with op_scope(name, "log_poisson_loss", log_input, targets):
        c = convert_to_tensor(log_input, name="log_input")
        z = convert_to_tensor(targets, name="targets")
        _same_shape(c, z, "`log_input` and `targets`")
        loss: Tensor = make_tensor("Exp", c) - c * z
        if not compute_full_loss:
            return loss
        half, circle = constant(0.5, z.dtype), constant(2 * math.pi, z.dtype)
        stirling = z * make_tensor("Log", z) - z + half * make_tensor("Log", circle * z)
        zeros, ones = zeros_like(z), ones_like(z)
        small = make_tensor("LogicalAnd", z >= zeros, z <= ones)
        full: Tensor = loss + where(small, zeros, stirling)
        return full


def weighted_cross_entropy_with_logits(
    labels: Any = None,
    logits: Any = None,
    pos_weight: Any = None,
    name: str | None = None,
    targets: Any = None,
) -> Tensor:
    """The sigmoid cross entropy with the loss of positive labels times `pos_weight`."""
    classes = same_argument("labels", labels, "targets", targets)
    with op_scope(name, "logistic_loss", logits, classes) as scope:
        x = convert_to_tensor(logits, name="logits")
        z = convert_to_tensor(classes, name="labels")
        _same_shape(x, z, "`logits` and `labels`")
        weight = 1 + (pos_weight - 1) * z
        negative = (1 - z) * x
        smooth = make_tensor("Log1p", make_tensor("Exp", -make_tensor("Abs", x)))
        return add(negative, weight * (smooth + make_tensor("Relu", -x)), name=scope)
