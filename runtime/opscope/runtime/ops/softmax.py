"""Softmax and the losses built on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import transpose
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import expand_dims, rank, squeeze
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.ops.type_sets import T_FLOAT, T_REAL
from opscope.runtime.tensor_shape import TensorShape, broadcast, unknown_shape

# Up to this many columns the largest of each row is found faster along the columns of a copy.
_FEW_COLUMNS = 64


def _shifted(xp: Any, logits: Any) -> Any:
    """The logits less the largest of their row, so that exp cannot overflow."""
    if logits.ndim == 2 and logits.shape[1] <= _FEW_COLUMNS:
        return logits - logits.T.copy().max(axis=0)[:, None]
    return logits - logits.max(axis=-1, keepdims=True)


def row_sums(xp: Any, matrix: Any) -> Any:
    """The sum of each row, by BLAS where there is one for the dtype."""
    if matrix.dtype.char in "fd":
        return matrix.dot(xp.ones(matrix.shape[1], matrix.dtype))
    return matrix.sum(axis=1, dtype=matrix.dtype)


def _exp_and_sums(xp: Any, logits: Any) -> tuple[Any, Any]:
    powers = xp.exp(_shifted(xp, logits))
    return powers, powers.sum(axis=-1, keepdims=True, dtype=powers.dtype)


@op("Softmax", "logits: T -> softmax: T", T_FLOAT)
def _softmax(xp: Any, logits: Any) -> Any:
    """exp(x) / sum(exp(x)) over the last axis."""
    if logits.size == 0:
        return xp.zeros_like(logits)
    powers, sums = _exp_and_sums(xp, logits)
    powers /= sums
    if powers.dtype.char in "fd":
        # As on TensorFlow's CPU kernels, which flush denormals: below them there is only 0.
        powers[powers < np.finfo(powers.dtype).tiny] = 0
    return powers


@op("LogSoftmax", "logits: T -> logsoftmax: T", T_FLOAT)
def _log_softmax(xp: Any, logits: Any) -> Any:
    """`x - log(sum(exp(x)))` over the last axis."""
    if logits.size == 0:
        return xp.zeros_like(logits)
    shifted = _shifted(xp, logits)
    shifted -= xp.log(xp.exp(shifted).sum(axis=-1, keepdims=True, dtype=shifted.dtype))
    return shifted


def _rows_shape(node: Operation) -> list[TensorShape]:
    if node.inputs[0].shape.ndims == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    return same_shape(node)


_softmax.shape(_rows_shape)
_log_softmax.shape(_rows_shape)


@_softmax.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    y = node.outputs[0]
    sums = make_tensor("Sum", grad * y, -1, keep_dims=True)
    return [(grad - sums) * y]


@_log_softmax.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    y = make_tensor("Exp", node.outputs[0])
    return [grad - make_tensor("Sum", grad, -1, keep_dims=True) * y]


# -- cross entropy -------------------------------------------------------------------------


@op(
    "SoftmaxCrossEntropyWithLogits",
    "features: T, labels: T -> loss: T, backprop: T",
    T_FLOAT,
)
def _cross_entropy(xp: Any, features: Any, labels: Any) -> Any:
    """The cross entropy of each row of labels with softmax(features), and its gradient."""
    if features.ndim != 2 or labels.ndim != 2:
        raise errors.InvalidArgumentError(
            None,
            None,
            "logits and labels must be matrices, got shapes "
            f"{list(features.shape)} and {list(labels.shape)}",
        )
    if features.shape != labels.shape:
        try:
            features, labels = xp.broadcast_arrays(features, labels)
        except ValueError:
            raise errors.InvalidArgumentError(
                None,
                None,
                "logits and labels must be broadcastable: "
                f"logits_size={list(features.shape)} labels_size={list(labels.shape)}",
            ) from None
    shifted = _shifted(xp, features) if features.size else features.copy()
    powers = xp.exp(shifted)
    sums = row_sums(xp, powers)[:, None]
    shifted -= xp.log(sums)
    powers /= sums
    return -row_sums(xp, labels * shifted), powers - labels


@_cross_entropy.shape
def _(node: Operation) -> list[TensorShape]:
    features, labels = (t.shape.with_rank(2).sizes for t in node.inputs)
    merged = TensorShape(broadcast(features, labels))
    return [merged[:1], merged]


@op(
    "SparseSoftmaxCrossEntropyWithLogits",
    "features: T, labels: Tlabels -> loss: T, backprop: T",
    f"{T_FLOAT}, Tlabels: {{int32, int64}} = int64",
)
def _sparse_cross_entropy(xp: Any, features: Any, labels: Any) -> Any:
    """The cross entropy of softmax(features) with the class named for each row, its gradient.

    A class outside of the columns is an error.
    """
    if features.ndim != 2 or labels.shape != features.shape[:1]:
        raise errors.InvalidArgumentError(
            None,
            None,
            "logits and labels must have the same first dimension, got logits shape "
            f"{list(features.shape)} and labels shape {list(labels.shape)}",
        )
    classes = features.shape[1]
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        first = labels[wrong][0]
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Received a label value of {first} which is outside the valid range of "
            f"[0, {classes}).  Label values: {' '.join(map(str, labels.tolist()))}",
        )
    shifted = _shifted(xp, features) if features.size else features.copy()
    powers = xp.exp(shifted)
    sums = powers.sum(axis=1, keepdims=True, dtype=powers.dtype)
    rows = xp.arange(features.shape[0])
    loss = xp.log(sums[:, 0]) - shifted[rows, labels]
    powers /= sums
    powers[rows, labels] -= powers.dtype.type(1)
    return loss, powers


@_sparse_cross_entropy.shape
def _(node: Operation) -> list[TensorShape]:
    features, labels = node.inputs
    matrix = features.shape.with_rank(2)
    row = labels.shape.with_rank(1).merge_with(matrix[:1])
    return [row, row.concatenate(matrix[1:])]


def _times_rows(column: Tensor, matrix: Tensor) -> Tensor:
    return expand_dims(column, -1) * matrix


def _logits_gradient(node: Operation, grad_loss: Tensor, grad_backprop: Any) -> Tensor:
    grad = _times_rows(grad_loss, node.outputs[1])
    if grad_backprop is None or grad_backprop.op.type == "ZerosLike":
        return grad
    # The second output is softmax(logits) - labels: its gradient is that of softmax.
    y = make_tensor("Softmax", node.inputs[0])
    products = make_tensor(
        "BatchMatMulV2", expand_dims(grad_backprop, 1), expand_dims(y, 2), name="MatMul"
    )
    curved: Tensor = grad + (grad_backprop - squeeze(products, axis=1)) * y
    return curved


@_cross_entropy.gradient
def _(node: Operation, grad_loss: Tensor, grad_backprop: Tensor) -> list[Tensor | None]:
    grad = _logits_gradient(node, grad_loss, grad_backprop)
    log_softmax = make_tensor("LogSoftmax", node.inputs[0])
    return [grad, _times_rows(grad_loss, -log_softmax)]


@_sparse_cross_entropy.gradient
def _(node: Operation, grad_loss: Tensor, grad_backprop: Tensor) -> list[Tensor | None]:
    return [_logits_gradient(node, grad_loss, grad_backprop), None]


# -- rank of a class -----------------------------------------------------------------------


@op(
    "InTopKV2",
    "predictions: float32, targets: T, k: T -> precision: bool",
    "T: {int32, int64} = int32",
    not_differentiable=True,
)
def _in_top_k(xp: Any, predictions: Any, targets: Any, k: Any) -> Any:
    """True for each row whose target class is among the k largest predictions.

    Classes that tie with the target do not push it out; a target out of range or a row with a
    number that is not finite is false.
    """
    if predictions.ndim != 2 or targets.shape != predictions.shape[:1]:
        raise errors.InvalidArgumentError(
            None,
            None,
            "First dimension of predictions must match length of targets: "
            f"{list(predictions.shape)} and {list(targets.shape)}",
        )
    rows, classes = predictions.shape
    if not classes:
        return xp.zeros(rows, bool)
    valid = (targets >= 0) & (targets < classes)
    own = predictions[xp.arange(rows), xp.where(valid, targets, 0)]
    better = (predictions > own[:, None]).sum(axis=1)
    finite = xp.isfinite(own) & ~xp.isnan(predictions).any(axis=1)
    return valid & finite & (better < k)


@_in_top_k.shape
def _(node: Operation) -> list[TensorShape]:
    rows = node.inputs[0].shape.with_rank(2)[:1]
    return [rows.merge_with(node.inputs[1].shape.with_rank(1))]


@op(
    "TopKV2",
    "input: T, k: Tk -> values: T, indices: index_type",
    f"sorted: bool = true, {T_REAL}, "
    "Tk: {int16, int32, int64} = int32, index_type: {int16, int32, int64} = int32",
)
def _top_k(xp: Any, values: Any, k: Any, *, index_type: Any) -> Any:
    """The k largest elements of each row, largest first, and their columns."""
    count = int(k)
    if count > values.shape[-1]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"input must have at least k columns. Had {values.shape[-1]}, needed {count}",
        )
    # Sorting the reversed row puts the first of equal elements first.
    order = xp.argsort(values[..., ::-1], axis=-1, kind="stable")[..., ::-1][..., :count]
    order = values.shape[-1] - 1 - order
    found = xp.take_along_axis(values, order, axis=-1)
    return found, order.astype(index_type.as_numpy_dtype)


@_top_k.shape
def _(node: Operation) -> list[TensorShape]:
    k = static_value(node.inputs[1])
    if node.inputs[0].shape.ndims is None:
        return [unknown_shape(), unknown_shape()]
    columns = node.inputs[0].shape.known_rank()[-1]
    if k is not None and columns is not None and columns < int(k):
        raise ValueError(f"input must have last dimension >= k = {k} but is {columns}")
    shape = node.inputs[0].shape[:-1].concatenate([None if k is None else int(k)])
    return [shape, shape]


@_top_k.gradient
def _(node: Operation, grad: Tensor, _: Any) -> list[Tensor | None]:
    full = make_tensor("Shape", node.inputs[0])
    columns = make_tensor("Cast", node.outputs[1], DstT="int32")
    by_row = make_tensor("Reshape", columns, concat([[-1], make_tensor("Shape", columns)[-1:]], 0))
    starts = make_tensor("Range", 0, make_tensor("Size", node.inputs[0]), full[-1])
    places = make_tensor("Reshape", by_row + expand_dims(starts, -1), [-1, 1])
    values = make_tensor("Reshape", grad, [-1])
    size = make_tensor("Reshape", make_tensor("Size", node.inputs[0]), [1])
    spread = make_tensor("ScatterNd", places, values, size)
    return [make_tensor("Reshape", spread, full), None]


# -- functions -----------------------------------------------------------------------------


def _along_axis(op_type: str, logits: Any, axis: Any, name: str | None, dim: Any) -> Tensor:
    """The op over `axis`; it works on the last axis, so another is put there and back."""
    position = dim if axis is None else axis
    position = -1 if position is None else int(position)
    tensor = convert_to_tensor(logits)
    ndims = tensor.shape.ndims
    if position == -1 or (ndims is not None and position == ndims - 1):
        return make_tensor(op_type, tensor, name=name)
    if ndims is None:
        raise ValueError(f"softmax along axis {position} needs a known rank: {tensor}")
    if not -ndims <= position < ndims:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"`dim` must be in the range [{-ndims}, {ndims}) where {ndims} is the number of "
            f"dimensions in the input. Received: dim={position}",
        )
    rank(tensor)
    input_rank = rank(tensor)
    place = position % ndims

    def swapped(value: Tensor, last: Tensor, label: str) -> Tensor:
        order = concat([range_of(place), [last], range_of(place + 1, last), [place]], 0)
        return transpose(value, order, name=label)

    moved = swapped(tensor, make_tensor("Sub", input_rank, 1), "transpose")
    result = make_tensor(op_type, moved)
    result = swapped(result, make_tensor("Sub", input_rank, 1), name or "transpose")
    result.set_shape(tensor.shape)
    return result


def softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """exp(x) / sum(exp(x)) over `axis`, the last by default (`dim` is its old name)."""
    return _along_axis("Softmax", logits, axis, name, dim)


def log_softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """`x - log(sum(exp(x)))` over `axis`, the last by default."""
    return _along_axis("LogSoftmax", logits, axis, name, dim)


def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Tensor:
    """True for each row whose target class is among the k largest predictions."""
    with op_scope(name, "in_top_k", predictions, targets):
        return make_tensor("InTopKV2", predictions, targets, k)


def top_k(
    input: Any,  # noqa: A002
    k: Any = 1,
    sorted: bool = True,  # noqa: A002
    index_type: Any = dtypes.int32,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The k largest elements of each row, largest first, and their columns."""
    values, columns = make_op("TopKV2", input, k, sorted=sorted, index_type=index_type, name=name)
    return values, columns
