"""The digits data: what it holds, and how it is handed out."""

import hashlib
from itertools import islice

import numpy as np
import pytest

from opscope.runtime.data.digits import load_digits


def test_the_whole_set_is_there() -> None:
    digits = load_digits()
    assert digits.images.shape == (1797, 64)
    assert digits.images.dtype == np.float32
    assert (digits.images.min(), digits.images.max()) == (0.0, 1.0)
    assert np.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    pixels = (digits.images * 16).astype(np.uint8)
    assert hashlib.sha1(pixels.tobytes()).hexdigest() == "a8127c6d9464755d90c3e1b6ceb3681ba3387e5e"


def test_one_hot_rows_say_the_label() -> None:
    digits = load_digits()
    rows = digits.one_hot()
    assert rows.shape == (1797, 10)
    assert (rows.argmax(1) == digits.labels).all()
    assert (rows.sum(1) == 1).all()


def test_split_keeps_every_image_once() -> None:
    digits = load_digits()
    train, test = digits.split(297)
    assert (len(train.labels), len(test.labels)) == (1500, 297)
    assert np.array_equal(np.concatenate([train.images, test.images]), digits.images)


@pytest.mark.parametrize("held_out", [0, 1797, -1])
def test_split_that_leaves_a_side_empty_is_refused(held_out: int) -> None:
    with pytest.raises(ValueError, match=f"held_out = {held_out}"):
        load_digits().split(held_out)


def test_a_pass_of_batches_shows_each_image_at_most_once_and_a_seed_repeats_it() -> None:
    digits = load_digits()
    first = list(islice(digits.batches(100, seed=3), 17))
    again = list(islice(digits.batches(100, seed=3), 17))
    assert all(np.array_equal(a.images, b.images) for a, b in zip(first, again, strict=True))
    seen = np.concatenate([batch.images for batch in first])
    assert len(np.unique(seen, axis=0)) == len(seen)


def test_a_batch_larger_than_the_set_is_refused() -> None:
    with pytest.raises(ValueError, match="batch size 1798"):
        next(load_digits().batches(1798, seed=0))
