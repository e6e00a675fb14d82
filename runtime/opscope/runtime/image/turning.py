"""Pictures flipped, turned and transposed, always or by lot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.case import case
from opscope.runtime.cond import cond
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.image.shape_checks import checked_picture
from opscope.runtime.math import cast, equal, less, mod, round  # noqa: A004 - TensorFlow's name
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.arrangement import reverse
from opscope.runtime.ops.arrangement import transpose as transposed
from opscope.runtime.ops.random import random_uniform
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import rank, reshape, shape

Turn = Callable[[], Tensor]


def _by_rank(image: Tensor, of_one: Turn, of_batch: Turn) -> Tensor:
    """What is to be done with one image or with a batch, whichever it is."""
    ndims = image.shape.ndims
    if ndims is None:
        made: Tensor = cond(equal(rank(image), 3), of_one, of_batch)
        return made
    if ndims == 3:
        return of_one()
    if ndims == 4:
        return of_batch()
    raise ValueError(f"'image' (shape {image.shape}) must have either 3 or 4 dimensions.")


def _picture(image: Any) -> Tensor:
    return checked_picture(convert_to_tensor(image, name="image"))


def _like(image: Tensor, result: Tensor) -> Tensor:
    result.set_shape([None] * 3 if image.shape.ndims is None else image.shape)
    return result


def _flip(image: Any, axis: int, name: str) -> Tensor:
    with op_scope(None, name, image):
        picture = _picture(image)
        return _by_rank(
            picture,
            lambda: _like(picture, reverse(picture, [axis])),
            lambda: reverse(picture, [axis + 1]),
        )


def flip_left_right(image: Any) -> Tensor:
    """An image or a batch with left and right exchanged."""
    return _flip(image, 1, "flip_left_right")


def flip_up_down(image: Any) -> Tensor:
    """An image or a batch with top and bottom exchanged."""
    return _flip(image, 0, "flip_up_down")


def _random_flip(image: Any, axis: int, seed: Any, name: str) -> Tensor:
    with op_scope(None, name, image) as scope:
        picture = _picture(image)

        def one() -> Tensor:
            turns = less(random_uniform([], 0, 1.0, seed=seed), 0.5)
            made = cond(turns, lambda: reverse(picture, [axis]), lambda: picture, name=scope)
            return _like(picture, made)

        def batch() -> Tensor:
            count = shape(picture)[0]
            drawn = random_uniform([count], 0, 1.0, seed=seed)
            flips = round(reshape(drawn, [count, 1, 1, 1]))
            flips = cast(flips, picture.dtype)
            flipped = reverse(picture, [axis + 1])
            mixed: Tensor = flips * flipped + (1 - flips) * picture
            return mixed

        return _by_rank(picture, one, batch)


def random_flip_left_right(image: Any, seed: int | None = None) -> Tensor:
    """An image, or each of a batch, with left and right exchanged every other time."""
    return _random_flip(image, 1, seed, "random_flip_left_right")


def random_flip_up_down(image: Any, seed: int | None = None) -> Tensor:
    """An image, or each of a batch, with top and bottom exchanged every other time."""
    return _random_flip(image, 0, seed, "random_flip_up_down")


def rot90(image: Any, k: Any = 1, name: str | None = None) -> Tensor:
    """An image or a batch turned by `k` quarters, counter-clockwise."""
    with op_scope(name, "rot90", image, k) as scope:
        picture = _picture(image)
        quarters = convert_to_tensor(k, dtypes.int32, name="k")
        quarters.shape.assert_has_rank(0)
        quarters = mod(quarters, 4, name="mod")
        return _by_rank(
            picture,
            lambda: _turned(picture, quarters, 0, scope),
            lambda: _turned(picture, quarters, 1, scope),
        )


def _turned(picture: Tensor, quarters: Tensor, first: int, scope: str) -> Tensor:
    exchanged = [*range(first), first + 1, first, first + 2]
    made: Tensor = case(
        [
            (equal(quarters, 1), lambda: transposed(reverse(picture, [first + 1]), exchanged)),
            (equal(quarters, 2), lambda: reverse(picture, [first, first + 1])),
            (equal(quarters, 3), lambda: reverse(transposed(picture, exchanged), [first + 1])),
        ],
        default=lambda: picture,
        exclusive=True,
        name=scope,
    )
    known = picture.shape.as_list() if picture.shape.ndims else [None] * (first + 3)
    made.set_shape([*known[:first], None, None, known[-1]])
    return made


def transpose(image: Any, name: str | None = None) -> Tensor:
    """An image or a batch with height and width exchanged."""
    with op_scope(name, "transpose", image):
        picture = _picture(image)
        return _by_rank(
            picture,
            lambda: transposed(picture, [1, 0, 2], name=name or "transpose"),
            lambda: transposed(picture, [0, 2, 1, 3], name=name or "transpose"),
        )
