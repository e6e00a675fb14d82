"""Labels read off the classes of each moment: the likeliest path, or a beam search."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime.make_op import make_op
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.ctc import check_sequences, log_softmax, refused, unmet
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import TensorShape

_TYPE = "T: {float32, float64} = float32"


def _sparse(decoded: list[list[int]]) -> tuple[Any, Any, Any]:
    """The label lists of a batch as the parts of a sparse tensor."""
    places = [(row, column) for row, labels in enumerate(decoded) for column in range(len(labels))]
    indices = np.array(places, np.int64).reshape(-1, 2)
    values = np.array([label for labels in decoded for label in labels], np.int64)
    longest = max(map(len, decoded), default=0)
    return indices, values, np.array([len(decoded), longest], np.int64)


@op(
    "CTCGreedyDecoder",
    "inputs: T, sequence_length: int32 -> decoded_indices: int64, decoded_values: int64, "
    "decoded_shape: int64, log_probability: T",
    f"merge_repeated: bool = false, blank_index: int = -1, {_TYPE}",
    host_only=True,
    not_differentiable=True,
)
def _greedy(
    xp: Any, inputs: Any, sequence_length: Any, *, merge_repeated: bool, blank_index: int
) -> Any:
    """The likeliest class of each moment without blanks, and minus the sum of the logits taken."""
    check_sequences(inputs, sequence_length, unmet)
    _, batch, classes = inputs.shape
    if not -classes <= blank_index < classes:
        raise refused(f"blank_index expected to be between {-classes} and {classes - 1}")
    blank = blank_index % classes
    decoded = []
    score = np.zeros((batch, 1), inputs.dtype)
    for member in range(batch):
        rows = inputs[: int(sequence_length[member]), member]
        best = rows.argmax(axis=1)
        score[member, 0] = -rows.max(axis=1, initial=-np.inf).sum() if len(rows) else 0
        keep = best != blank
        if merge_repeated and len(best):
            keep[1:] &= best[1:] != best[:-1]
        decoded.append(best[keep].tolist())
    return (*_sparse(decoded), score)


class _Beam:
    """Prefixes with the log probability that they end in a blank, and in their last label."""

    def __init__(self) -> None:
        self.prefixes: list[tuple[int, ...]] = [()]
        self.blank = np.zeros(1)
        self.label = np.full(1, -np.inf)

    def advance(self, scores: Any, blank: int, width: int) -> None:
        """Take one moment in: scores is log softmax over the classes."""
        total = np.logaddexp(self.blank, self.label)
        place = {prefix: i for i, prefix in enumerate(self.prefixes)}
        last = np.array([prefix[-1] if prefix else -1 for prefix in self.prefixes])
        labels = np.delete(np.arange(len(scores)), blank)
        # A prefix that goes on with its last label needs a blank in between.
        begun = np.where(last[:, None] == labels, self.blank[:, None], total[:, None])
        grown = begun + scores[labels]
        column = {int(label): i for i, label in enumerate(labels)}
        ended = total + scores[blank]
        repeated = np.full(len(last), -np.inf)
        for i, prefix in enumerate(self.prefixes):
            if not prefix:
                continue
            repeated[i] = self.label[i] + scores[prefix[-1]]
            parent = place.get(prefix[:-1])
            if parent is not None:
                at = parent, column[prefix[-1]]
                repeated[i] = np.logaddexp(repeated[i], grown[at])
                grown[at] = -np.inf
        known = len(self.prefixes)
        every = np.concatenate([np.logaddexp(ended, repeated), grown.ravel()])
        order = np.argsort(-every, kind="stable")[:width]
        order = order[every[order] > -np.inf]
        prefixes, ends, repeats = [], [], []
        for number in order.tolist():
            if number < known:
                prefixes.append(self.prefixes[number])
                ends.append(ended[number])
                repeats.append(repeated[number])
            else:
                parent, at_column = divmod(number - known, len(labels))
                prefixes.append((*self.prefixes[parent], int(labels[at_column])))
                ends.append(-np.inf)
                repeats.append(every[number])
        self.prefixes, self.blank, self.label = prefixes, np.array(ends), np.array(repeats)

    def best(self, count: int) -> list[tuple[tuple[int, ...], float]]:
        """The likeliest prefixes with their log probabilities."""
        total = np.logaddexp(self.blank, self.label)
        order = np.argsort(-total, kind="stable")[:count]
        return [(self.prefixes[i], float(total[i])) for i in order.tolist()]


def _collapsed(labels: tuple[int, ...]) -> list[int]:
    return [label for i, label in enumerate(labels) if i == 0 or label != labels[i - 1]]


@op(
    "CTCBeamSearchDecoder",
    "inputs: T, sequence_length: int32 -> decoded_indices: top_paths * int64, "
    "decoded_values: top_paths * int64, decoded_shape: top_paths * int64, log_probability: T",
    f"beam_width: int >= 1, top_paths: int >= 1, merge_repeated: bool = true, {_TYPE}",
    host_only=True,
    not_differentiable=True,
)
def _beam_search(
    xp: Any,
    inputs: Any,
    sequence_length: Any,
    *,
    beam_width: int,
    top_paths: int,
    merge_repeated: bool,
) -> Any:
    """The label sequences that are likeliest over all alignments, as far as a beam of them tells.

    With merge_repeated, equal neighbours of a result become one.
    """
    check_sequences(inputs, sequence_length, unmet)
    if top_paths > beam_width:
        raise refused("requested more paths than the beam width.")
    _, batch, classes = inputs.shape
    if not batch:
        raise refused("batch_size is 0")
    decoded: list[list[list[int]]] = [[] for _ in range(top_paths)]
    score = np.zeros((batch, top_paths), inputs.dtype)
    for member in range(batch):
        beam = _Beam()
        for row in log_softmax(inputs[: int(sequence_length[member]), member]):
            beam.advance(row, classes - 1, beam_width)
        found = beam.best(top_paths)
        if len(found) < top_paths:
            raise refused("Less leaves in the beam search than requested.")
        for number, (labels, value) in enumerate(found):
            decoded[number].append(_collapsed(labels) if merge_repeated else list(labels))
            score[member, number] = value
    parts = [_sparse(lists) for lists in decoded]
    return (*(part[i] for i in range(3) for part in parts), score)


@_greedy.shape
def _(node: Operation) -> list[TensorShape]:
    inputs = node.inputs[0].shape.with_rank(3)
    batch = inputs[1:2].merge_with(node.inputs[1].shape.with_rank(1))
    score = batch.concatenate([1])
    return [TensorShape([None, 2]), TensorShape([None]), TensorShape([2]), score]


@_beam_search.shape
def _(node: Operation) -> list[TensorShape]:
    inputs = node.inputs[0].shape.with_rank(3)
    batch = inputs[1:2].merge_with(node.inputs[1].shape.with_rank(1))
    count = node.attrs["top_paths"]
    shapes = [TensorShape([None, 2]), TensorShape([None]), TensorShape([2])]
    return [*(s for s in shapes for _ in range(count)), batch.concatenate([count])]


def ctc_greedy_decoder(
    inputs: Any,
    sequence_length: Any,
    merge_repeated: bool = True,
    blank_index: int | None = None,
) -> tuple[list[SparseTensor], Tensor]:
    """The likeliest class of each moment without blanks, and minus the sum of the logits taken.

    inputs: logits [time, batch, classes]; the blank is the last class by default.
    """
    indices, values, shape, score = make_op(
        "CTCGreedyDecoder",
        inputs,
        sequence_length,
        merge_repeated=merge_repeated,
        blank_index=blank_index,
    )
    return [SparseTensor(indices, values, shape)], score


def ctc_beam_search_decoder(
    inputs: Any,
    sequence_length: Any,
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
) -> tuple[list[SparseTensor], Tensor]:
    """The `top_paths` likeliest label sequences and their log probabilities [batch, top_paths]."""
    indices, values, shapes, score = make_op(
        "CTCBeamSearchDecoder",
        inputs,
        sequence_length,
        beam_width=beam_width,
        top_paths=top_paths,
        merge_repeated=merge_repeated,
    )
    paths = [SparseTensor(*parts) for parts in zip(indices, values, shapes, strict=True)]
    return paths, score


def ctc_beam_search_decoder_v2(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[SparseTensor], Tensor]:
    """`ctc_beam_search_decoder` that keeps equal neighbours of a result apart."""
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width, top_paths, False)
