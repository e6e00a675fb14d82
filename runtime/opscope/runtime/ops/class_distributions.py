"""Distributions over the numbers of classes, as candidate samplers draw from them."""

from __future__ import annotations

import csv
from typing import Any, Protocol

import numpy as np


class Distribution(Protocol):
    """A distribution over 0 <= class < size."""

    size: int

    def draw(self, generator: Any, count: int) -> Any:
        """That many classes, drawn independently: int64."""

    def probability(self, classes: Any) -> Any:
        """The probability of each class, float64; 0 outside of the range."""


class Uniform:
    """Every class is as likely."""

    def __init__(self, size: int) -> None:
        self.size = size

    def draw(self, generator: Any, count: int) -> Any:
        """Classes drawn independently."""
        return generator.integers(0, self.size, count)

    def probability(self, classes: Any) -> Any:
        """1 / size."""
        return np.full(np.shape(classes), 1 / self.size)


class LogUniform:
    """P(c) = (log(c + 2) - log(c + 1)) / log(size + 1): words in order of falling frequency."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._log_range = np.log1p(size)

    def draw(self, generator: Any, count: int) -> Any:
        """Classes drawn independently."""
        powers = np.exp(generator.random(count) * self._log_range)
        return (powers.astype(np.int64) - 1) % self.size

    def probability(self, classes: Any) -> Any:
        """As above."""
        numbers = np.asarray(classes, np.float64)
        return np.log((numbers + 2) / (numbers + 1)) / self._log_range


class Unigram:
    """Classes in proportion to weights, which may grow."""

    def __init__(self, weights: Any) -> None:
        self.size = len(weights)
        self._weights = np.asarray(weights, np.float64)
        self._sums = self._weights.cumsum()

    def draw(self, generator: Any, count: int) -> Any:
        """Classes drawn independently."""
        level = generator.random(count) * self._sums[-1]
        return np.minimum(np.searchsorted(self._sums, level, side="right"), self.size - 1)

    def probability(self, classes: Any) -> Any:
        """Weight by the sum of the weights."""
        numbers = np.asarray(classes)
        inside = (numbers >= 0) & (numbers < self.size)
        found = self._weights[np.where(inside, numbers, 0)]
        return np.where(inside, found, 0) / self._sums[-1]

    def count(self, classes: Any) -> None:
        """Add one to the weight of each class."""
        np.add.at(self._weights, np.asarray(classes).ravel(), 1)
        self._sums = self._weights.cumsum()


def vocabulary_counts(path: str) -> list[float]:
    """The last column of each line of a comma-separated file."""
    with open(path, newline="", encoding="utf-8") as lines:
        return [float(row[-1]) for row in csv.reader(lines) if row]


def fixed_unigram(
    counts: list[float], distortion: float, reserved: int, shards: int, shard: int
) -> Unigram:
    """Classes in proportion to count ** distortion, none of the reserved first ones.

    Of several shards, the classes whose number leaves `shard` when divided by their count.
    """
    weights = [0.0] * reserved + [count**distortion for count in counts]
    return Unigram(weights[shard::shards])


def draw_distinct(distribution: Distribution, generator: Any, count: int) -> tuple[Any, int]:
    """That many distinct classes in the order they were first drawn, and how many draws it took."""
    drawn = np.empty(0, np.int64)
    chunk = max(16, count)
    while True:
        drawn = np.concatenate([drawn, distribution.draw(generator, chunk)])
        _, first = np.unique(drawn, return_index=True)
        if len(first) >= count:
            first.sort()
            return drawn[first[:count]], int(first[count - 1]) + 1
        chunk = min(2 * len(drawn), 1 << 22)


def expected_counts(distribution: Distribution, classes: Any, count: int, draws: int) -> Any:
    """How often each class is expected among `count` classes for which there were that many draws.

    As TensorFlow estimates it: with draws of distinct classes, the chance to come up at all.
    """
    p = distribution.probability(classes)
    if draws == count:
        return (p * count).astype(np.float32)
    with np.errstate(divide="ignore"):
        return (-np.expm1(draws * np.log1p(-p))).astype(np.float32)
