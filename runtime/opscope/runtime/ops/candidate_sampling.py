"""Candidate sampling: a few classes drawn for a loss that cannot afford them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.binding import Binding
from opscope.runtime.make_op import make_op
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.class_distributions import (
    Distribution,
    LogUniform,
    Uniform,
    Unigram,
    draw_distinct,
    expected_counts,
    fixed_unigram,
    vocabulary_counts,
)
from opscope.runtime.ops.random import generator_of, get_seed, no_session
from opscope.runtime.tensor_shape import TensorShape

_SIGNATURE = (
    "true_classes: int64 -> sampled_candidates: int64, true_expected_count: float32, "
    "sampled_expected_count: float32"
)
_COUNTS = "num_true: int >= 1, num_sampled: int >= 1, unique: bool"
_SEEDS = "seed: int = 0, seed2: int = 0"
_RANGE_ATTRS = f"{_COUNTS}, range_max: int >= 1, {_SEEDS}"
_SAMPLER: dict[str, Any] = {"stateful": True, "host_only": True, "not_differentiable": True}


def _refused(text: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, text)


def _checked(true_classes: Any, num_true: int) -> Any:
    if true_classes.ndim != 2:
        raise _refused("true_classes must be a matrix")
    if true_classes.shape[1] != num_true:
        raise _refused(
            f"true_classes must have num_true columns, expected: {true_classes.shape[1]} "
            f"was: {num_true}"
        )
    return true_classes


def _shapes(node: Operation) -> list[TensorShape]:
    sampled = TensorShape([node.attrs["num_sampled"]])
    rows = node.inputs[0].shape.with_rank(2).known_rank()[0]
    return [sampled, TensorShape([rows, node.attrs["num_true"]]), sampled]


def _sampler(definition: OpDef, make: Callable[[dict[str, Any]], Distribution]) -> None:
    """Let the op draw from the distribution that `make` gives for the attributes."""
    definition.shape(_shapes)

    @definition.bind
    def _(binding: Binding) -> Any:
        attrs = binding.attrs
        generator = generator_of(binding)
        distribution: Distribution = binding.state(
            ("candidates", binding.node.name), lambda: make(attrs)
        )
        count, num_true = attrs["num_sampled"], attrs["num_true"]

        def kernel(true_classes: Any) -> Any:
            _checked(true_classes, num_true)
            if attrs["unique"] and count > distribution.size:
                raise _refused("Sampler's range is too small.")
            if attrs["unique"]:
                sampled, draws = draw_distinct(distribution, generator, count)
            else:
                sampled, draws = distribution.draw(generator, count), count
            result = (
                sampled.astype(np.int64, copy=False),
                expected_counts(distribution, true_classes, count, draws),
                expected_counts(distribution, sampled, count, draws),
            )
            if isinstance(distribution, Unigram) and definition is not _fixed:
                distribution.count(true_classes)
            return result

        return kernel


@op("UniformCandidateSampler", _SIGNATURE, _RANGE_ATTRS, **_SAMPLER)
def _uniform(xp: Any, true_classes: Any) -> Any:
    """Classes drawn evenly from range(range_max), and how often each is expected."""
    return no_session(xp, true_classes)


@op("LogUniformCandidateSampler", _SIGNATURE, _RANGE_ATTRS, **_SAMPLER)
def _log_uniform(xp: Any, true_classes: Any) -> Any:
    """Classes drawn by a logarithmic distribution, as words by their rank."""
    return no_session(xp, true_classes)


@op("LearnedUnigramCandidateSampler", _SIGNATURE, _RANGE_ATTRS, **_SAMPLER)
def _learned(xp: Any, true_classes: Any) -> Any:
    """Classes drawn as often as they were true in the steps before."""
    return no_session(xp, true_classes)


@op("ThreadUnsafeUnigramCandidateSampler", _SIGNATURE, _RANGE_ATTRS, **_SAMPLER)
def _unsafe(xp: Any, true_classes: Any) -> Any:
    """Classes drawn as often as they were true in the steps before."""
    return no_session(xp, true_classes)


@op(
    "FixedUnigramCandidateSampler",
    _SIGNATURE,
    f"{_COUNTS}, range_max: int >= 1, vocab_file: string = '', distortion: float = 1.0, "
    "num_reserved_ids: int = 0, num_shards: int >= 1 = 1, shard: int >= 0 = 0, "
    f"unigrams: list(float) = [], {_SEEDS}",
    **_SAMPLER,
)
def _fixed(xp: Any, true_classes: Any) -> Any:
    """Classes drawn in proportion to given counts."""
    return no_session(xp, true_classes)


@op("AllCandidateSampler", _SIGNATURE, f"{_COUNTS}, {_SEEDS}", **_SAMPLER)
def _all(xp: Any, true_classes: Any, *, num_true: int, num_sampled: int, unique: bool) -> Any:
    """All classes, each expected once."""
    _checked(true_classes, num_true)
    return (
        np.arange(num_sampled),
        np.ones(true_classes.shape, np.float32),
        np.ones(num_sampled, np.float32),
    )


def _given_counts(attrs: dict[str, Any]) -> Distribution:
    if bool(attrs["vocab_file"]) == bool(attrs["unigrams"]):
        raise _refused("Must provide exactly one of vocab_file and unigrams")
    counts = (
        vocabulary_counts(attrs["vocab_file"])
        if attrs["vocab_file"]
        else [float(count) for count in attrs["unigrams"]]
    )
    made = fixed_unigram(
        counts,
        attrs["distortion"],
        attrs["num_reserved_ids"],
        attrs["num_shards"],
        attrs["shard"],
    )
    if made.size != attrs["range_max"]:
        raise _refused(
            f"range_max is {attrs['range_max']}, but the counts are of {made.size} classes"
        )
    return made


_all.shape(_shapes)
_sampler(_uniform, lambda attrs: Uniform(attrs["range_max"]))
_sampler(_log_uniform, lambda attrs: LogUniform(attrs["range_max"]))
_sampler(_learned, lambda attrs: Unigram(np.ones(attrs["range_max"])))
_sampler(_unsafe, lambda attrs: Unigram(np.ones(attrs["range_max"])))
_sampler(_fixed, _given_counts)


@op(
    "ComputeAccidentalHits",
    "true_classes: int64, sampled_candidates: int64 -> indices: int32, ids: int64, "
    "weights: float32",
    f"num_true: int, {_SEEDS}",
    host_only=True,
    not_differentiable=True,
)
def _accidental_hits(xp: Any, true_classes: Any, sampled_candidates: Any, *, num_true: int) -> Any:
    """Where sampled candidates are true: row, place in the sample, and the lowest float32."""
    _checked(true_classes, num_true)
    if sampled_candidates.ndim != 1:
        raise _refused("sampled_candidates must be a vector, which is typically an output from "
                       "CandidateSampler")  # fmt: skip
    order = np.argsort(sampled_candidates, kind="stable")
    ordered = sampled_candidates[order]
    # The last of equal candidates counts.
    found = np.searchsorted(ordered, true_classes, side="right") - 1
    hit = np.zeros(true_classes.shape, bool)
    if len(ordered):
        hit = (found >= 0) & (ordered[found] == true_classes)
    rows, columns = np.nonzero(hit)
    places = order[found[rows, columns]] if len(ordered) else rows
    lowest = np.full(len(rows), np.finfo(np.float32).min, np.float32)
    return rows.astype(np.int32), places.astype(np.int64), lowest


@_accidental_hits.shape
def _(node: Operation) -> list[TensorShape]:
    node.inputs[0].shape.with_rank(2)
    return [TensorShape([None])] * 3


# -- functions -----------------------------------------------------------------------------

Sample = tuple[Tensor, Tensor, Tensor]


def _sampled(op_type: str, true_classes: Any, seed: int | None, **attrs: Any) -> Sample:
    first, second = get_seed(seed)
    classes, true_counts, counts = make_op(op_type, true_classes, seed=first, seed2=second, **attrs)
    return classes, true_counts, counts


def uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Sample:
    """Classes drawn evenly, and how often the true and the drawn classes are expected."""
    return _sampled(
        "UniformCandidateSampler",
        true_classes,
        seed,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        name=name,
    )


def log_uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Sample:
    """Classes drawn by P(c) = (log(c + 2) - log(c + 1)) / log(range_max + 1)."""
    return _sampled(
        "LogUniformCandidateSampler",
        true_classes,
        seed,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        name=name,
    )


def learned_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Sample:
    """Classes drawn as often as they were true in the steps before."""
    return _sampled(
        "LearnedUnigramCandidateSampler",
        true_classes,
        seed,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        name=name,
    )


def fixed_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: str = "",
    distortion: float = 1.0,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: Any = (),
    seed: int | None = None,
    name: str | None = None,
) -> Sample:
    """Classes drawn by the counts in `unigrams`, or in the last column of `vocab_file`."""
    return _sampled(
        "FixedUnigramCandidateSampler",
        true_classes,
        seed,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        vocab_file=vocab_file,
        distortion=distortion,
        num_reserved_ids=num_reserved_ids,
        num_shards=num_shards,
        shard=shard,
        unigrams=list(unigrams),
        name=name,
    )


def all_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: int | None = None,
    name: str | None = None,
) -> Sample:
    """All classes, for tests of a loss with sampling turned off."""
    return _sampled(
        "AllCandidateSampler",
        true_classes,
        seed,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        name=name,
    )


def compute_accidental_hits(
    true_classes: Any,
    sampled_candidates: Any,
    num_true: int,
    seed: int | None = None,
    name: str | None = None,
) -> Sample:
    """Where sampled classes are true: row, place in the sample, and a weight of -3.4e38."""
    first, second = get_seed(seed)
    rows, places, weights = make_op(
        "ComputeAccidentalHits",
        true_classes,
        sampled_candidates,
        num_true=num_true,
        seed=first,
        seed2=second,
        name=name,
    )
    return rows, places, weights
