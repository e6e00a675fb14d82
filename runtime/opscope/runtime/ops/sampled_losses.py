"""Losses over many classes by a sample of them: noise-contrastive estimation, sampled softmax."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.candidate_sampling import (
    compute_accidental_hits,
    log_uniform_candidate_sampler,
)
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.embedding import embedding_lookup
from opscope.runtime.ops.filling import ones, ones_like, zeros_like
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.losses import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
)
from opscope.runtime.ops.matmul import matmul
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims, reshape, shape


def _sum_rows(matrix: Tensor) -> Tensor:
    """The sum of each row, by a product with ones: its gradient is as cheap."""
    columns = shape(matrix)[1]
    return reshape(matmul(matrix, ones(stack([columns, 1]), matrix.dtype)), [-1])


def _sampled_logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int,
    sampled_values: Any,
    remove_accidental_hits: bool,
    partition_strategy: str,
    name: str | None,
    seed: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Logits and labels, [batch, num_true + num_sampled], less the logarithm of the expectation."""
    tables = list(weights) if isinstance(weights, (list, tuple)) else [weights]
    with op_scope(name, "compute_sampled_logits", *tables, biases, inputs, labels):
        classes = labels if isinstance(labels, Tensor) else convert_to_tensor(labels)
        if classes.dtype.base_dtype is not dtypes.int64:
            classes = cast(classes, dtypes.int64)
        flat = reshape(classes, [-1])
        if sampled_values is None:
            sampled_values = log_uniform_candidate_sampler(
                true_classes=classes,
                num_true=num_true,
                num_sampled=num_sampled,
                unique=True,
                range_max=num_classes,
                seed=seed,
            )
        sampled, true_count, count = (make_tensor("StopGradient", v) for v in sampled_values)
        sampled = cast(sampled, dtypes.int64)
        all_ids = concat([flat, sampled], 0)
        rows = embedding_lookup(tables, all_ids, partition_strategy=partition_strategy)
        if rows.dtype.base_dtype is not inputs.dtype.base_dtype:
            rows = cast(rows, inputs.dtype)
        true_rows = make_tensor("Slice", rows, [0, 0], stack([shape(flat)[0], -1]))
        sampled_rows = make_tensor("Slice", rows, stack([shape(flat)[0], 0]), [-1, -1])
        logits = matmul(inputs, sampled_rows, transpose_b=True)
        shifts = embedding_lookup(biases, all_ids, partition_strategy=partition_strategy)
        if shifts.dtype.base_dtype is not inputs.dtype.base_dtype:
            shifts = cast(shifts, inputs.dtype)
        true_shifts = make_tensor("Slice", shifts, [0], shape(flat))
        sampled_shifts = make_tensor("Slice", shifts, shape(flat), [-1])
        true_logits = _products(inputs, true_rows, num_true)
        true_logits = true_logits + reshape(true_shifts, [-1, num_true])
        logits = logits + sampled_shifts
        if remove_accidental_hits:
            logits = logits + _hits(classes, sampled, num_true, num_sampled, logits.dtype)
        true_logits = true_logits - make_tensor("Log", true_count)
        logits = logits - make_tensor("Log", count)
        together = concat([true_logits, logits], 1)
        shares = ones_like(true_logits) / num_true
        return together, concat([shares, zeros_like(logits)], 1)


def _products(inputs: Tensor, true_rows: Tensor, num_true: int) -> Tensor:
    """The product of each input with the rows of its true classes: [batch, num_true]."""
    width = shape(true_rows)[1:2]
    by_input = concat([[-1, num_true], width], 0)
    products = make_tensor("Mul", expand_dims(inputs, 1), reshape(true_rows, by_input))
    dots = reshape(products, concat([[-1], width], 0))
    return reshape(_sum_rows(dots), [-1, num_true])


def _hits(
    classes: Tensor, sampled: Tensor, num_true: int, num_sampled: int, dtype: dtypes.DType
) -> Tensor:
    """What takes sampled classes that are true out of the softmax: -3.4e38 at their places."""
    rows, places, weights = compute_accidental_hits(classes, sampled, num_true=num_true)
    indices = concat(
        [reshape(rows, [-1, 1]), reshape(cast(places, dtypes.int32), [-1, 1])],
        1,
        "sparse_indices",
    )
    sizes = concat([shape(classes)[:1], expand_dims(num_sampled, 0)], 0)
    if weights.dtype.base_dtype is not dtype.base_dtype:
        weights = cast(weights, dtype)
    return make_tensor("SparseToDense", indices, sizes, weights, 0.0, validate_indices=False)


def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str = "nce_loss",
) -> Tensor:
    """The noise-contrastive loss of each input: true classes against sampled ones.

    weights: [classes, width] or a list of tables; labels: [batch, num_true]; inputs: [batch,
    width]; sampled_values: what a candidate sampler returned, by default `log_uniform_...`.
    """
    logits, shares = _sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
        remove_accidental_hits, partition_strategy, name,
    )  # fmt: skip
    losses = sigmoid_cross_entropy_with_logits(labels=shares, logits=logits, name="sampled_losses")
    return _sum_rows(losses)


def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    partition_strategy: str = "mod",
    name: str = "sampled_softmax_loss",
    seed: int | None = None,
) -> Tensor:
    """The cross entropy of each input with softmax over its true classes and sampled ones.

    The arguments are those of `nce_loss`.
    """
    logits, shares = _sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
        remove_accidental_hits, partition_strategy, name, seed,
    )  # fmt: skip
    fixed = make_tensor("StopGradient", shares, name="labels_stop_gradient")
    return softmax_cross_entropy_with_logits_v2(labels=fixed, logits=logits)
