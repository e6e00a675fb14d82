"""What the functions of tf.image ask of a picture's shape, when it is built or when it runs."""

from __future__ import annotations

from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.group import with_dependencies
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.assertion import Assert
from opscope.runtime.ops.joining import unstack
from opscope.runtime.ops.shape import expand_dims, rank, shape, squeeze
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.value_assertions import (
    assert_equal,
    assert_greater_equal,
    assert_positive,
)
from opscope.runtime.variables import Variable


def is_tensor(value: Any) -> bool:
    """True for what only a run gives a value."""
    return isinstance(value, (Tensor, Variable))


def require(condition: Any, message: str) -> list[Operation]:
    """ValueError unless a Python condition holds; for a tensor, the op that asserts it."""
    if is_tensor(condition):
        return [Assert(condition, [message])]
    if not condition:
        raise ValueError(message)
    return []


def checks_of_pictures(image: Tensor) -> list[Operation]:
    """The assertions that an image has at least three axes and the last three are not empty.

    ValueError when its static shape says that it has not.
    """
    sizes = image.shape.sizes
    if sizes is not None and len(sizes) < 3:
        raise ValueError(f"'image' (shape {image.shape}) must be at least three-dimensional.")
    inner = (None,) * 3 if sizes is None else sizes[-3:]
    if any(s == 0 for s in inner):
        raise ValueError(f"inner 3 dims of 'image.shape' must be > 0: {image.shape}")
    if None not in inner:
        return []
    return [
        assert_positive(shape(image)[-3:], ["inner 3 dims of 'image.shape' must be > 0."]),
        assert_greater_equal(rank(image), 3, message="'image' must be at least three-dimensional."),
    ]


def checked_picture(image: Tensor) -> Tensor:
    """The image, to be had only when it is one."""
    return with_dependencies(checks_of_pictures(image), image)


def checked_grayscale(image: Tensor) -> Tensor:
    """The image, to be had only when its last axis has size 1."""
    sizes = image.shape.sizes
    if sizes is not None and len(sizes) < 2:
        raise ValueError(
            f"A grayscale image (shape {image.shape}) must be at least two-dimensional."
        )
    if image.shape.is_fully_defined():
        if sizes is not None and sizes[-1] != 1:
            raise ValueError("Last dimension of a grayscale image should be size 1.")
        return with_dependencies([], image)
    checks = [
        assert_equal(
            shape(image)[-1], 1, message="Last dimension of a grayscale image should be size 1."
        ),
        assert_greater_equal(
            rank(image), 3, message="A grayscale image must be at least two-dimensional."
        ),
    ]
    return with_dependencies(checks, image)


def dimensions(image: Tensor, ndims: int) -> list[Any]:
    """The sizes of an image: numbers where they are known, else scalar tensors."""
    known = image.shape.with_rank(ndims)
    if known.is_fully_defined():
        return known.as_list()
    at_run = unstack(shape(image), ndims)
    return [a if s is None else s for s, a in zip(known.as_list(), at_run, strict=True)]


def as_batch(image: Any) -> tuple[Tensor, bool]:
    """An image or a batch of images as a batch, and whether it was one."""
    tensor = convert_to_tensor(image, name="image")
    ndims = tensor.shape.ndims
    if ndims == 4:
        return tensor, True
    if ndims not in (3, None):
        raise ValueError(f"'image' (shape {tensor.shape}) must have either 3 or 4 dimensions.")
    batch = expand_dims(tensor, 0)
    if ndims is None:
        batch.set_shape(TensorShape([None] * 4))
    return batch, False


def as_it_was(image: Tensor, was_batch: bool) -> Tensor:
    """The result as a batch, or as the one image that came."""
    return image if was_batch else squeeze(image, axis=[0])
