"""How alike two pictures are, and how much a picture changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.cond import cond
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.image.adjusting import convert_image_dtype
from opscope.runtime.math import (
    abs,  # noqa: A004 - TensorFlow's name
    cast,
    equal,
    greater_equal,
    log,
    not_equal,
    pow,  # noqa: A004 - TensorFlow's name
    reduce_all,
    reduce_any,
    reduce_mean,
    reduce_prod,
    reduce_sum,
    square,
    squared_difference,
    subtract,
)
from opscope.runtime.math import range as range_of
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.arrangement import pad, tile
from opscope.runtime.ops.assertion import Assert
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.filling import zeros
from opscope.runtime.ops.image_layers import depthwise_conv2d
from opscope.runtime.ops.joining import concat, stack, unstack
from opscope.runtime.ops.pooling import avg_pool
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims, reshape, shape, shape_n, size

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def _relu(x: Tensor) -> Tensor:
    from opscope.runtime.nn import relu

    return relu(x)


def _comparable(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor, list[Any]]:
    """The shapes of two images at the run, and assertions that they can be compared."""
    sizes = first.shape.sizes, second.shape.sizes
    for known, image in zip(sizes, (first, second), strict=True):
        if known is not None and len(known) < 3:
            raise ValueError(f"Shape {image.shape} must have rank at least 3")
    if None not in sizes:
        first.shape[-3:].assert_is_compatible_with(second.shape[-3:])
        for a, b in zip(reversed(first.shape[:-3]), reversed(second.shape[:-3]), strict=False):
            if a is not None and b is not None and 1 not in (a, b) and a != b:
                raise ValueError(f"Two images are not compatible: {first.shape} and {second.shape}")
    shape1, shape2 = shape_n([first, second])
    enough = greater_equal(size(shape1), 3)
    checks = [Assert(enough, [shape1, shape2], summarize=10)]
    same = reduce_all(equal(shape1[-3:], shape2[-3:]))
    checks.append(Assert(same, [shape1, shape2], summarize=10))
    return shape1, shape2, checks


def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Tensor:
    """The peak signal-to-noise ratio in decibels of each pair of images."""
    with op_scope(name, "PSNR", a, b):
        first, second = convert_to_tensor(a), convert_to_tensor(b)
        largest = cast(max_val, first.dtype)
        largest = convert_image_dtype(largest, dtypes.float32)
        first = convert_image_dtype(first, dtypes.float32)
        second = convert_image_dtype(second, dtypes.float32)
        error = reduce_mean(squared_difference(first, second), [-3, -2, -1])
        ratio = subtract(
            20 * log(largest) / log(10.0), np.float32(10 / np.log(10)) * log(error), name="psnr"
        )
        _, _, checks = _comparable(first, second)
        with get_default_graph().control_dependencies(checks):
            return identity(ratio)


def _gaussian(width: Tensor, sigma: Tensor) -> Tensor:
    """A window [width, width, 1, 1] of weights that sum to 1."""
    from opscope.runtime.nn import softmax

    places = cast(range_of(width), sigma.dtype)
    places -= cast(width - 1, sigma.dtype) / 2.0
    bell = square(places)
    bell *= -0.5 / square(sigma)
    both = reshape(bell, [1, -1]) + reshape(bell, [-1, 1])
    weights = softmax(reshape(both, [1, -1]))
    return reshape(weights, [width, width, 1, 1])


def _per_channel(
    first: Tensor,
    second: Tensor,
    max_val: Tensor,
    filter_size: int,
    filter_sigma: float,
    k1: float,
    k2: float,
    return_index_map: bool,
) -> tuple[Tensor, Tensor]:
    """The similarity, and its part without the luminance, of each channel of each image."""
    width = constant(filter_size, dtypes.int32)
    sigma = constant(filter_sigma, first.dtype.base_dtype)
    shape1, shape2 = shape_n([first, second])
    checks = [
        Assert(reduce_all(greater_equal(s[-3:-1], width)), [s, width], summarize=8)
        for s in (shape1, shape2)
    ]
    with get_default_graph().control_dependencies(checks):
        first = identity(first)
    kernel = tile(_gaussian(width, sigma), [1, 1, shape1[-1], 1])

    def smoothed(x: Tensor) -> Tensor:
        sizes = shape(x)
        flat = reshape(x, concat([[-1], sizes[-3:]], 0))
        y = depthwise_conv2d(flat, kernel, strides=[1, 1, 1, 1], padding="VALID")
        return reshape(y, concat([sizes[:-3], shape(y)[1:]], 0))

    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean1, mean2 = smoothed(first), smoothed(second)
    product = mean1 * mean2 * 2.0
    squares = square(mean1) + square(mean2)
    luminance = (product + c1) / (squares + c1)
    moment = smoothed(first * second) * 2.0
    energy = smoothed(square(first) + square(second))
    c2 *= 1.0
    contrast = (moment - product + c2) / (energy - squares + c2)
    if return_index_map:
        return luminance * contrast, contrast
    axes = constant([-3, -2], dtypes.int32)
    return reduce_mean(luminance * contrast, axes), reduce_mean(contrast, axes)


def _prepared(a: Any, b: Any, max_val: Any) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    first, second = convert_to_tensor(a, name="img1"), convert_to_tensor(b, name="img2")
    shape1, shape2, checks = _comparable(first, second)
    with get_default_graph().control_dependencies(checks):
        first = identity(first)
    largest = convert_image_dtype(cast(max_val, first.dtype), dtypes.float32)
    first = convert_image_dtype(first, dtypes.float32)
    second = convert_image_dtype(second, dtypes.float32)
    return first, second, largest, shape1, shape2


def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Tensor:
    """The structural similarity of each pair of images, at most 1; Wang et al., 2004."""
    with op_scope(None, "SSIM", img1, img2):
        first, second, largest, _, _ = _prepared(img1, img2, max_val)
        by_channel, _ = _per_channel(
            first, second, largest, filter_size, filter_sigma, k1, k2, return_index_map
        )
        return reduce_mean(by_channel, [-1])


def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Any = _WEIGHTS,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    """The structural similarity over several scales, each half of the one before."""
    with op_scope(None, "MS-SSIM", img1, img2):
        first, second, largest, shape1, shape2 = _prepared(img1, img2, max_val)
        pair = [first, second]
        heads = [s[:-3] for s in (shape1, shape2)]
        tails = [s[-3:] for s in (shape1, shape2)]
        halves = constant([2, 2, 1], dtypes.int32)
        contrasts: list[Tensor] = []
        similarity = first
        for scale in range(len(power_factors)):
            with op_scope(None, f"Scale{scale}", *pair):
                if scale:
                    pair, tails = _halved(pair, heads, tails, halves)
                similarity, contrast = _per_channel(
                    pair[0], pair[1], largest, filter_size, filter_sigma, k1, k2, False
                )
                contrasts.append(_relu(contrast))
        contrasts.pop()
        parts = stack([*contrasts, _relu(similarity)], axis=-1)
        return reduce_mean(reduce_prod(pow(parts, power_factors), [-1]), [-1])


def _halved(
    pair: list[Tensor], heads: list[Tensor], tails: list[Tensor], halves: Tensor
) -> tuple[list[Tensor], list[Tensor]]:
    flat = [reshape(x, concat([[-1], t], 0)) for x, t in zip(pair, tails, strict=True)]
    remainder = tails[0] % halves

    def even() -> list[Tensor]:
        padding = pad(expand_dims(remainder, -1), [[1, 0], [1, 0]])
        return [pad(x, padding, mode="SYMMETRIC") for x in flat]

    padded = cond(reduce_any(not_equal(remainder, 0)), even, lambda: flat)
    small = [avg_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID") for x in padded]
    tails = [s[1:] for s in shape_n(small)]
    shaped = [reshape(x, concat([h, t], 0)) for x, h, t in zip(small, heads, tails, strict=True)]
    return shaped, tails


# -- change within a picture ---------------------------------------------------------------


def total_variation(images: Any, name: str | None = None) -> Tensor:
    """The sum of the absolute differences of neighbours, of one image or of each of a batch."""
    with op_scope(name, "total_variation"):
        ndims = images.shape.ndims
        if ndims == 3:
            down = images[1:, :, :] - images[:-1, :, :]
            across = images[:, 1:, :] - images[:, :-1, :]
            axes = None
        elif ndims == 4:
            down = images[:, 1:, :, :] - images[:, :-1, :, :]
            across = images[:, :, 1:, :] - images[:, :, :-1, :]
            axes = [1, 2, 3]
        else:
            raise ValueError("'images' must be either 3 or 4-dimensional.")
        total: Tensor = reduce_sum(abs(down), axis=axes) + reduce_sum(abs(across), axis=axes)
        return total


def image_gradients(image: Any) -> tuple[Tensor, Tensor]:
    """The differences to the next row and to the next column, 0 at the last."""
    if image.shape.ndims != 4:
        raise ValueError(
            f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {image.shape}."
        )
    sizes = shape(image)
    batch, height, width, depth = unstack(sizes)
    down = image[:, 1:, :, :] - image[:, :-1, :, :]
    across = image[:, :, 1:, :] - image[:, :, :-1, :]
    last_row = stack([batch, 1, width, depth])
    down = concat([down, zeros(last_row, image.dtype)], 1)
    down = reshape(down, sizes)
    last_column = stack([batch, height, 1, depth])
    across = concat([across, zeros(last_column, image.dtype)], 2)
    return down, reshape(across, sizes)


def sobel_edges(image: Any) -> Tensor:
    """Sobel's estimate of change down and across, along a new last axis."""
    known = image.shape
    sizes = shape(image)
    across = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    kernels = np.stack([across.T, across], -1)[:, :, None, :]
    filters = constant(kernels, image.dtype.base_dtype)
    filters = tile(filters, [1, 1, sizes[-1], 1], name="sobel_filters")
    padded = pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    found = depthwise_conv2d(padded, filters, [1, 1, 1, 1], "VALID")
    edges = reshape(found, concat([sizes, [2]], 0))
    edges.set_shape(known.concatenate([2]))
    return edges
