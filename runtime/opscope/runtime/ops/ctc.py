"""Connectionist temporal classification (Graves 2006): its loss and gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import transpose
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.shape import expand_dims
from opscope.runtime.ops.window_nodes import same_argument
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import TensorShape

_FLAGS = (
    "preprocess_collapse_repeated: bool = false, ctc_merge_repeated: bool = true, "
    "ignore_longer_outputs_than_inputs: bool = false"
)


def refused(text: str) -> errors.InvalidArgumentError:
    """The error of an argument that does not fit."""
    return errors.InvalidArgumentError(None, None, text)


def unmet(text: str) -> errors.FailedPreconditionError:
    """The error with which TensorFlow's decoders refuse lengths."""
    return errors.FailedPreconditionError(None, None, text)


def check_sequences(
    inputs: Any, sequence_length: Any, refuse_lengths: Callable[[str], errors.OpError]
) -> None:
    """Refuse inputs that are not [time, batch, classes] with a length for each of the batch.

    InvalidArgumentError for the form and for no time at all, the given error for the lengths.
    """
    if inputs.ndim != 3:
        raise refused("inputs is not a 3-Tensor")
    if sequence_length.ndim != 1:
        raise refused("sequence_length is not a vector")
    time, batch, _ = inputs.shape
    if not time:
        raise refused("max_time is 0")
    if len(sequence_length) != batch:
        raise (refuse_lengths if batch else refused)(
            f"len(sequence_length) != batch_size. len(sequence_length):  {len(sequence_length)} "
            f"batch_size: {batch}"
        )
    long = np.flatnonzero(sequence_length > time)
    if len(long):
        raise refuse_lengths(f"sequence_length({long[0]}) <= {time}")


def log_softmax(values: Any) -> Any:
    """The logarithm of softmax over the last axis, in float64."""
    wide = values.astype(np.float64)
    wide -= wide.max(axis=-1, keepdims=True)
    wide -= np.log(np.exp(wide).sum(axis=-1, keepdims=True))
    return wide


def _labels_of_batch(indices: Any, values: Any, batch: int, classes: int) -> list[Any]:
    """The labels of each member of the batch."""
    if indices.ndim != 2 or indices.shape[1] != 2 or values.ndim != 1:
        raise refused("labels_indices is not a matrix of two columns, or labels_values no vector")
    if len(indices) != len(values):
        raise refused("labels_indices and labels_values must contain the same number of rows")
    members = indices[:, 0]
    if len(members) and not (members.min() >= 0 and members.max() < batch):
        raise refused(f"labels batch index must be between 0 and {batch}")
    steps = np.diff(indices, axis=0)
    behind = (steps[:, 0] < 0) | ((steps[:, 0] == 0) & (steps[:, 1] <= 0))
    if behind.any():
        at = int(behind.argmax()) + 1
        raise refused(f"indices[{at}] = {indices[at].tolist()} is out of order or repeated")
    listed = [values[members == member] for member in range(batch)]
    for member, labels in enumerate(listed):
        if not len(labels):
            raise refused(f"Labels length is zero in batch {member}")
        if labels.min() < 0:
            raise refused(f"All labels must be nonnegative integers, batch: {member}")
        # A label beyond the classes ends the labels.
        ended = labels >= classes - 1
        count = int(ended.argmax()) if ended.any() else len(labels)
        if not ended[count:].all():
            raise refused(
                "Saw a non-null label (index >= num_classes - 1) following a null label, "
                f"batch: {member} num_classes: {classes} labels: {','.join(map(str, labels))}"
            )
        listed[member] = labels[:count]
    return listed


def _sequence(scores: Any, labels: Any, blank: int, merge: bool) -> tuple[float, Any]:
    """The loss of one sequence and its gradient for the logits.

    scores: log softmax, [time, classes]. Forward and backward variables run over the labels with
    blanks around them; `merge` is TensorFlow's ctc_merge_repeated.
    """
    time = len(scores)
    path = np.full(2 * len(labels) + 1, blank)
    path[1::2] = labels
    own = scores[:, path]
    stays = np.full(len(path), True) if merge else path == blank
    skips = path != blank
    skips[:2] = False
    if merge:
        skips[2:] &= path[2:] != path[:-2]
    step = np.where(stays, 0.0, -np.inf)
    jump = np.where(skips, 0.0, -np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        forward = np.full(own.shape, -np.inf)
        forward[0, :2] = own[0, :2]
        for t in range(1, time):
            before = forward[t - 1]
            total = before + step
            total[1:] = np.logaddexp(total[1:], before[:-1])
            total[2:] = np.logaddexp(total[2:], before[:-2] + jump[2:])
            forward[t] = total + own[t]
        backward = np.full(own.shape, -np.inf)
        backward[-1, -2:] = 0
        for t in range(time - 2, -1, -1):
            after = backward[t + 1] + own[t + 1]
            total = after + step
            total[:-1] = np.logaddexp(total[:-1], after[1:])
            total[:-2] = np.logaddexp(total[:-2], after[2:] + jump[2:])
            backward[t] = total
        likelihood = np.logaddexp.reduce(forward[0] + backward[0])
        slope = np.exp(scores)
        if likelihood == -np.inf:
            return np.inf, slope
        visits = np.exp(forward + backward - likelihood)
    np.subtract.at(slope.T, path, visits.T)
    return -float(likelihood), slope


@op(
    "CTCLoss",
    "inputs: T, labels_indices: int64, labels_values: int32, sequence_length: int32 -> "
    "loss: T, gradient: T",
    f"{_FLAGS}, T: {{float32, float64}} = float32",
    host_only=True,
)
def _ctc_loss(
    xp: Any,
    inputs: Any,
    indices: Any,
    values: Any,
    sequence_length: Any,
    *,
    preprocess_collapse_repeated: bool,
    ctc_merge_repeated: bool,
    ignore_longer_outputs_than_inputs: bool,
) -> Any:
    """The negative log likelihood of labels under all their alignments, and its gradient.

    inputs: logits [time, batch, classes], the last class is the blank.
    """
    check_sequences(inputs, sequence_length, refused)
    _, batch, classes = inputs.shape
    blank = classes - 1
    loss = np.zeros(batch, inputs.dtype)
    gradient = np.zeros(inputs.shape, inputs.dtype)
    listed = _labels_of_batch(indices, values, batch, classes)
    for member, labels in enumerate(listed):
        available = int(sequence_length[member])
        if preprocess_collapse_repeated and len(labels):
            labels = labels[np.append(True, labels[1:] != labels[:-1])]
        required = len(labels)
        if ctc_merge_repeated:
            required += int((labels[1:] == labels[:-1]).sum())
        if required > available and not ignore_longer_outputs_than_inputs:
            raise refused(
                "Not enough time for target transition sequence (required: "
                f"{required}, available: {available}){member}You can turn this error into a "
                "warning by using the flag ignore_longer_outputs_than_inputs"
            )
        if available == 0:
            continue
        scores = log_softmax(inputs[:available, member])
        loss[member], gradient[:available, member] = _sequence(
            scores, labels, blank, ctc_merge_repeated
        )
    return loss, gradient


@_ctc_loss.shape
def _(node: Operation) -> list[TensorShape]:
    inputs = node.inputs[0].shape.with_rank(3)
    lengths = node.inputs[3].shape.with_rank(1)
    indices, values = node.inputs[1].shape.with_rank(2), node.inputs[2].shape.with_rank(1)
    indices[:1].assert_is_compatible_with(values)
    return [inputs[1:2].merge_with(lengths), inputs]


@_ctc_loss.gradient
def _(node: Operation, grad: Tensor, _: Any) -> list[Tensor | None]:
    kept = make_tensor(
        "PreventGradient",
        node.outputs[1],
        message="Currently there is no way to take the second  derivative of ctc_loss due to the "
        "fused implementation's interaction  with tf.gradients()",
    )
    return [expand_dims(grad, -1) * kept, None, None, None]


def ctc_loss(
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True,
    logits: Any = None,
) -> Tensor:
    """The loss of each sequence: minus the log likelihood of its labels under all alignments.

    labels: a SparseTensor of int32, [batch, labels]; inputs: logits [time, batch, classes], the
    last class is the blank (or [batch, time, classes] without `time_major`).
    """
    if not isinstance(labels, SparseTensor):
        raise TypeError(
            f"Expected argument `labels` to be a SparseTensor. Received labels={labels} of type: "
            f"{type(labels).__name__}"
        )
    given = same_argument("logits", logits, "inputs", inputs)
    scores = convert_to_tensor(given, name="logits")
    if not time_major:
        scores = transpose(scores, [1, 0, 2])
    narrow = scores.dtype.base_dtype in (dtypes.float16, dtypes.bfloat16)
    loss, _ = make_op(
        "CTCLoss",
        cast(scores, dtypes.float32) if narrow else scores,
        labels.indices,
        labels.values,
        sequence_length,
        preprocess_collapse_repeated=preprocess_collapse_repeated,
        ctc_merge_repeated=ctc_merge_repeated,
        ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs,
    )
    result: Tensor = cast(loss, scores.dtype) if narrow else loss
    return result
