"""Blocks of pixels moved into the channels or into the batch, and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import constant_value, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.filling import zeros
from opscope.runtime.ops.joining import stack
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_FORMAT = "T: type, block_size: int >= 2, data_format: {'NHWC', 'NCHW'} = 'NHWC'"
_INDEX = "{int32, int64} = int32"
_BLOCK_ND = f"T: type, Tblock_shape: {_INDEX}"


def _divided(size: int | None, block: int, what: str) -> int | None:
    if size is None:
        return None
    if size % block:
        raise ValueError(f"{what} size {size} must be divisible by the block size {block}")
    return size // block


def _refused(text: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, text)


# -- channels ------------------------------------------------------------------------------


@op("DepthToSpace", "input: T -> output: T", _FORMAT)
def _depth_to_space(xp: Any, value: Any, *, block_size: int, data_format: str) -> Any:
    """Lay the channels of a pixel out as a block of pixels."""
    b = block_size
    if data_format == "NCHW":
        n, c, h, w = value.shape
        parts = value.reshape(n, b, b, c // (b * b), h, w).transpose(0, 3, 4, 1, 5, 2)
        return parts.reshape(n, c // (b * b), h * b, w * b)
    n, h, w, c = value.shape
    parts = value.reshape(n, h, w, b, b, c // (b * b)).transpose(0, 1, 3, 2, 4, 5)
    return parts.reshape(n, h * b, w * b, c // (b * b))


@op("SpaceToDepth", "input: T -> output: T", _FORMAT)
def _space_to_depth(xp: Any, value: Any, *, block_size: int, data_format: str) -> Any:
    """Put the pixels of a block side by side as channels of one pixel."""
    b = block_size
    if data_format == "NCHW":
        n, c, h, w = value.shape
        parts = value.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
        return parts.reshape(n, c * b * b, h // b, w // b)
    n, h, w, c = value.shape
    parts = value.reshape(n, h // b, b, w // b, b, c).transpose(0, 1, 3, 2, 4, 5)
    return parts.reshape(n, h // b, w // b, c * b * b)


def _image_sizes(node: Operation) -> tuple[list[int | None], bool]:
    sizes = list(node.inputs[0].shape.with_rank(4).known_rank())
    if node.attrs["data_format"] == "NCHW":
        return [sizes[0], sizes[2], sizes[3], sizes[1]], True
    return sizes, False


def _image_shape(sizes: list[int | None], channels_first: bool) -> list[TensorShape]:
    n, h, w, c = sizes
    return [TensorShape([n, c, h, w] if channels_first else [n, h, w, c])]


@_depth_to_space.shape
def _(node: Operation) -> list[TensorShape]:
    (n, h, w, c), channels_first = _image_sizes(node)
    b = node.attrs["block_size"]
    high, wide = (None if s is None else s * b for s in (h, w))
    return _image_shape([n, high, wide, _divided(c, b * b, "depth")], channels_first)


@_space_to_depth.shape
def _(node: Operation) -> list[TensorShape]:
    (n, h, w, c), channels_first = _image_sizes(node)
    b = node.attrs["block_size"]
    high, wide = _divided(h, b, "height"), _divided(w, b, "width")
    return _image_shape([n, high, wide, None if c is None else c * b * b], channels_first)


def _image_inverse(node: Operation, op_type: str, grad: Tensor) -> list[Tensor | None]:
    attrs = {key: node.attrs[key] for key in ("block_size", "data_format")}
    return [make_tensor(op_type, grad, **attrs)]


_depth_to_space.gradient(lambda node, grad: _image_inverse(node, "SpaceToDepth", grad))
_space_to_depth.gradient(lambda node, grad: _image_inverse(node, "DepthToSpace", grad))


def depth_to_space(
    input: Any,  # noqa: A002
    block_size: int,
    name: str | None = None,
    data_format: str = "NHWC",
) -> Tensor:
    """`input` with the channels of each pixel laid out as a block of pixels."""
    return make_tensor(
        "DepthToSpace", input, block_size=block_size, data_format=data_format, name=name
    )


def space_to_depth(
    input: Any,  # noqa: A002
    block_size: int,
    name: str | None = None,
    data_format: str = "NHWC",
) -> Tensor:
    """`input` with the pixels of each block put side by side as channels."""
    return make_tensor(
        "SpaceToDepth", input, block_size=block_size, data_format=data_format, name=name
    )


# -- batch ---------------------------------------------------------------------------------


def _to_batch(xp: Any, value: Any, blocks: list[int], paddings: list[list[int]]) -> Any:
    count = len(blocks)
    widths = [(0, 0), *map(tuple, paddings), *[(0, 0)] * (value.ndim - 1 - count)]
    padded = xp.pad(value, widths) if any(any(p) for p in paddings) else value
    sizes = padded.shape[1 : count + 1]
    for axis, (size, block) in enumerate(zip(sizes, blocks, strict=True)):
        if size % block:
            raise _refused(
                f"padded_shape[{axis}]={size} is not divisible by block_shape[{axis}]={block}"
            )
    split = [part for s, b in zip(sizes, blocks, strict=True) for part in (s // b, b)]
    rest = value.shape[count + 1 :]
    parts = padded.reshape(value.shape[0], *split, *rest)
    order = [
        *range(2, 2 * count + 1, 2), 0, *range(1, 2 * count, 2), *range(2 * count + 1, parts.ndim)
    ]  # fmt: skip
    moved = parts.transpose(order)
    batch = value.shape[0] * math.prod(blocks)
    inner = [s // b for s, b in zip(sizes, blocks, strict=True)]
    return moved.reshape(batch, *inner, *rest)


def _from_batch(xp: Any, value: Any, blocks: list[int], crops: list[list[int]]) -> Any:
    count = len(blocks)
    whole = math.prod(blocks)
    if value.shape[0] % whole:
        raise _refused(
            f"Input batch dimension ({value.shape[0]}) is not divisible by product of block "
            f"sizes ({whole})"
        )
    batch = value.shape[0] // whole
    sizes, rest = value.shape[1 : count + 1], value.shape[count + 1 :]
    parts = value.reshape(*blocks, batch, *sizes, *rest)
    order = [count]
    for axis in range(count):
        order += [count + 1 + axis, axis]
    moved = parts.transpose([*order, *range(2 * count + 1, parts.ndim)])
    full = [s * b for s, b in zip(sizes, blocks, strict=True)]
    for (first, last), size in zip(crops, full, strict=True):
        if first < 0 or last < 0 or first + last > size:
            raise _refused(f"crops {crops} do not fit the sizes {full}")
    kept = tuple(slice(a, s - z) for (a, z), s in zip(crops, full, strict=True))
    return xp.ascontiguousarray(moved.reshape(batch, *full, *rest)[(slice(None), *kept)])


def _require_margins(blocks: Any, margins: Any, what: str) -> None:
    if blocks.ndim != 1 or margins.shape != (blocks.size, 2):
        raise _refused(
            f"{what} should have shape [{blocks.size}, 2] instead of {list(margins.shape)}"
        )


@op(
    "SpaceToBatchND",
    "input: T, block_shape: Tblock_shape, paddings: Tpaddings -> output: T",
    f"{_BLOCK_ND}, Tpaddings: {_INDEX}",
)
def _space_to_batch_nd(xp: Any, value: Any, block_shape: Any, paddings: Any) -> Any:
    """Pad, and put the elements of each block at one place of different batch entries."""
    _require_margins(block_shape, paddings, "paddings")
    return _to_batch(xp, value, block_shape.tolist(), paddings.tolist())


@op(
    "BatchToSpaceND",
    "input: T, block_shape: Tblock_shape, crops: Tcrops -> output: T",
    f"{_BLOCK_ND}, Tcrops: {_INDEX}",
)
def _batch_to_space_nd(xp: Any, value: Any, block_shape: Any, crops: Any) -> Any:
    """Lay batch entries out as blocks again, and crop."""
    _require_margins(block_shape, crops, "crops")
    return _from_batch(xp, value, block_shape.tolist(), crops.tolist())


@op(
    "SpaceToBatch",
    "input: T, paddings: Tpaddings -> output: T",
    f"T: type, Tpaddings: {_INDEX}, block_size: int >= 2",
)
def _space_to_batch(xp: Any, value: Any, paddings: Any, *, block_size: int) -> Any:
    """SpaceToBatchND of images with square blocks."""
    return _to_batch(xp, value, [block_size, block_size], paddings.tolist())


@op(
    "BatchToSpace",
    "input: T, crops: Tidx -> output: T",
    f"T: type, block_size: int >= 2, Tidx: {_INDEX}",
)
def _batch_to_space(xp: Any, value: Any, crops: Any, *, block_size: int) -> Any:
    """BatchToSpaceND of images with square blocks."""
    return _from_batch(xp, value, [block_size, block_size], crops.tolist())


def _moved_shape(node: Operation, blocks: Any, margins: Any, to_batch: bool) -> list[TensorShape]:
    shape = node.inputs[0].shape.sizes
    if shape is None:
        return [unknown_shape()]
    if blocks is None:
        return [unknown_shape(len(shape))]
    listed = [int(b) for b in blocks]
    whole = math.prod(listed)
    batch = shape[0]
    if batch is not None:
        batch = batch * whole if to_batch else _divided(batch, whole, "batch")
    sizes: list[int | None] = []
    for axis, block in enumerate(listed):
        size = shape[axis + 1]
        if size is None or margins is None:
            sizes.append(None)
            continue
        extra = int(margins[axis][0]) + int(margins[axis][1])
        sizes.append(_divided(size + extra, block, "padded") if to_batch else size * block - extra)
    return [TensorShape([batch, *sizes, *shape[len(listed) + 1 :]])]


def _moved_images(node: Operation, to_batch: bool) -> list[TensorShape]:
    node.inputs[1].shape.assert_is_compatible_with([2, 2])
    blocks = [node.attrs["block_size"]] * 2
    moved = _moved_shape(node, blocks, _known(node.inputs[1]), to_batch)
    return [moved[0].with_rank(4)]


def _known(tensor: Tensor) -> Any:
    value = static_value(tensor)
    return None if value is None else value.tolist()


def _nd_shape(node: Operation, to_batch: bool) -> list[TensorShape]:
    value, blocks, margins = node.inputs
    (count,) = blocks.shape.with_rank(1).known_rank()
    margins.shape.merge_with([count, 2])
    if count is None:
        return [unknown_shape()]
    value.shape.with_rank_at_least(count + 1)
    known, widths = _known(blocks), _known(margins)
    if known is not None and any(block < 1 for block in known):
        raise ValueError(f"block_shape must be positive, got {known}")
    if widths is not None and any(width < 0 for pair in widths for width in pair):
        raise ValueError(f"{'paddings' if to_batch else 'crops'} cannot be negative: {widths}")
    sizes = value.shape.sizes
    if known is None and sizes is not None:
        return [TensorShape([None] * (count + 1) + list(sizes[count + 1 :]))]
    return _moved_shape(node, known, widths, to_batch)


@_space_to_batch_nd.shape
def _(node: Operation) -> list[TensorShape]:
    return _nd_shape(node, to_batch=True)


@_batch_to_space_nd.shape
def _(node: Operation) -> list[TensorShape]:
    return _nd_shape(node, to_batch=False)


@_space_to_batch.shape
def _(node: Operation) -> list[TensorShape]:
    return _moved_images(node, True)


@_batch_to_space.shape
def _(node: Operation) -> list[TensorShape]:
    return _moved_images(node, False)


@_space_to_batch_nd.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("BatchToSpaceND", grad, *node.inputs[1:]), None, None]


@_batch_to_space_nd.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("SpaceToBatchND", grad, *node.inputs[1:]), None, None]


@_space_to_batch.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    block = node.attrs["block_size"]
    return [make_tensor("BatchToSpace", grad, node.inputs[1], block_size=block), None]


@_batch_to_space.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    block = node.attrs["block_size"]
    return [make_tensor("SpaceToBatch", grad, node.inputs[1], block_size=block), None]


# -- functions -----------------------------------------------------------------------------


def space_to_batch_nd(
    input: Any,  # noqa: A002
    block_shape: Any,
    paddings: Any,
    name: str | None = None,
) -> Tensor:
    """`input` padded, the elements of each block at one place of different batch entries."""
    return make_tensor("SpaceToBatchND", input, block_shape, paddings, name=name)


def batch_to_space_nd(
    input: Any,  # noqa: A002
    block_shape: Any,
    crops: Any,
    name: str | None = None,
) -> Tensor:
    """The batch entries of `input` laid out as blocks again, and cropped."""
    return make_tensor("BatchToSpaceND", input, block_shape, crops, name=name)


def _square(block_size: Any, block_shape: Any) -> Any:
    size = block_size if block_shape is None else block_shape
    return np.array([size, size], np.int64)


def space_to_batch(
    input: Any,  # noqa: A002
    paddings: Any,
    block_size: Any = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Tensor:
    """`space_to_batch_nd` of images with square blocks."""
    result = space_to_batch_nd(input, _square(block_size, block_shape), paddings, name)
    result.set_shape(result.shape.with_rank(4))
    return result


def batch_to_space(
    input: Any,  # noqa: A002
    crops: Any,
    block_size: Any = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Tensor:
    """`batch_to_space_nd` of images with square blocks."""
    result = batch_to_space_nd(input, _square(block_size, block_shape), crops, name)
    result.set_shape(result.shape.with_rank(4))
    return result


def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """The paddings that make sizes divisible by the blocks, and the crops that undo what is added.

    base_paddings: the least paddings, [blocks, 2]; zeros by default.
    """
    with op_scope(name, "required_space_to_batch_paddings", input_shape, block_shape):
        sizes: Any = convert_to_tensor(input_shape, dtypes.int32, name="input_shape")
        blocks: Any = convert_to_tensor(block_shape, dtypes.int32, name="block_shape")
        count = blocks.shape.with_rank(1).as_list()[0]
        if count is None:
            raise ValueError(f"the number of block sizes must be known, got {blocks}")
        if count == 0:
            return zeros([0, 2], dtypes.int32), zeros([0, 2], dtypes.int32)
        sizes.shape.assert_is_compatible_with([count])
        if base_paddings is None:
            base: Any = zeros([count, 2], dtypes.int32)
        else:
            base = convert_to_tensor(base_paddings, dtypes.int32, name="base_paddings")
            base.shape.assert_is_compatible_with([count, 2])
        known = [constant_value(t) for t in (sizes, blocks, base)]
        if all(k is not None for k in known):
            sizes, blocks, base = known
        start, end = base[:, 0], base[:, 1]
        full = sizes + start + end
        extra = (blocks - full % blocks) % blocks
        total = end + extra
        pads = stack([[start[i], total[i]] for i in range(count)], name="paddings")
        return pads, stack([[0, extra[i]] for i in range(count)], name="crops")
