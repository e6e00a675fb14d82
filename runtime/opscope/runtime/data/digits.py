"""The 8x8 handwritten digits of the UCI set, read from the array beside this module."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DARKEST = 16
"""The largest pixel value stored: the count of set pixels in a 4x4 block."""


class Digits(NamedTuple):
    """Images of handwritten digits with the digit that each one shows."""

    images: NDArray[np.float32]
    """float32[n, 64], row-major 8x8, 0 for paper and 1 for full ink."""
    labels: NDArray[np.int64]
    """int64[n], the digit 0..9."""

    def one_hot(self) -> NDArray[np.float32]:
        """The labels as float32[n, 10] with a single 1 in each row."""
        return np.eye(10, dtype=np.float32)[self.labels]

    def split(self, held_out: int) -> tuple[Digits, Digits]:
        """The set without its last `held_out` images, and those; other people wrote the last."""
        if not 0 < held_out < len(self.labels):
            raise ValueError(
                f"held_out = {held_out}: must leave images on both sides of {len(self.labels)}"
            )
        return (
            Digits(self.images[:-held_out], self.labels[:-held_out]),
            Digits(self.images[-held_out:], self.labels[-held_out:]),
        )

    def batches(self, size: int, seed: int) -> Iterator[Digits]:
        """Batches of `size` images without end, each pass over the set in a new order."""
        if not 0 < size <= len(self.labels):
            raise ValueError(f"batch size {size}: must be 1 to {len(self.labels)}")
        order = np.random.default_rng(seed)
        while True:
            indices = order.permutation(len(self.labels))
            for start in range(0, len(indices) - size + 1, size):
                chosen = indices[start : start + size]
                yield Digits(self.images[chosen], self.labels[chosen])


def load_digits() -> Digits:
    """All 1797 digits in the order of the source (Alpaydin & Kaynak 1998, see README.md here)."""
    with (
        resources.files(__package__).joinpath("digits.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as arrays,
    ):
        pixels, labels = arrays["images"], arrays["labels"]
    images = pixels.reshape(len(pixels), -1).astype(np.float32) / np.float32(DARKEST)
    return Digits(images, labels.astype(np.int64))
