"""Summary ops: values of the running graph as serialized Summary protos."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.events import make_tensor_proto
from opscope.events.proto.summary_pb2 import Summary, SummaryMetadata
from opscope.events.summaries.histogram import histogram_proto
from opscope.events.summaries.image import pixels_png
from opscope.runtime import errors
from opscope.runtime.binding import Binding
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape

Array = np.ndarray[Any, np.dtype[Any]]

_REAL = (
    "T: {float32, float64, int32, uint8, int16, int8, int64, bfloat16, uint16, float16, uint32, "
    "uint64}"
)


def _scalar_output(node: Operation) -> list[TensorShape]:
    return [TensorShape(())]


def _refuse(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


@op(
    "ScalarSummary",
    "tags: string, values: T -> summary: string",
    _REAL,
    host_only=True,
    not_differentiable=True,
)
def _scalar_summary(xp: Any, tags: Any, values: Any) -> bytes:
    """One value per tag."""
    if np.shape(tags) != values.shape:
        raise _refuse(
            f"tags and values are not the same shape: {list(np.shape(tags))} != "
            f"{list(values.shape)}"
        )
    summary = Summary()
    if isinstance(tags, bytes):
        summary.value.add(tag=tags.decode(), simple_value=float(values))
    else:
        for tag, value in zip(tags.ravel(), values.ravel(), strict=True):
            summary.value.add(tag=tag.decode(), simple_value=float(value))
    return summary.SerializeToString()


@op(
    "HistogramSummary",
    "tag: string, values: T -> summary: string",
    f"{_REAL} = float32",
    host_only=True,
    not_differentiable=True,
)
def _histogram_summary(xp: Any, tag: Any, values: Any) -> bytes:
    """The distribution of the values."""
    return _histogram_of("", tag, values)


def _histogram_of(node: str, tag: Any, values: Any) -> bytes:
    values = np.asarray(values)
    if values.dtype.kind not in "iub" and not np.isfinite(values).all():
        flat = values.reshape(-1)
        first = flat[~np.isfinite(flat)][0]
        found = "Nan in summary histogram" if np.isnan(first) else "Infinity in Histogram"
        raise _refuse(f"{found} for: {node or tag.decode()}")
    summary = Summary()
    value = summary.value.add(tag=tag.decode())
    value.histo.CopyFrom(histogram_proto(values))
    return summary.SerializeToString()


@_histogram_summary.bind
def _(binding: Binding) -> Callable[[Any, Any], bytes]:
    name = binding.node.name
    return lambda tag, values: _histogram_of(name, tag, values)


@op(
    "MergeSummary",
    "inputs: N * string -> summary: string",
    "N: int >= 1",
    host_only=True,
    not_differentiable=True,
)
def _merge_summary(xp: Any, *inputs: Any) -> bytes:
    """The values of all the summaries in one."""
    merged = Summary()
    for item in inputs:
        for data in [item] if isinstance(item, bytes) else item.ravel():
            merged.MergeFromString(data)
    seen: set[str] = set()
    for value in merged.value:
        if value.tag in seen:
            raise _refuse(f"Duplicate tag {value.tag} found in summary inputs")
        seen.add(value.tag)
    return merged.SerializeToString()


@op(
    "TensorSummaryV2",
    "tag: string, tensor: T, serialized_summary_metadata: string -> summary: string",
    "T: type",
    host_only=True,
    not_differentiable=True,
)
def _tensor_summary(xp: Any, tag: Any, tensor: Any, serialized_summary_metadata: Any) -> bytes:
    """A tensor as it is, for the dashboard plugin that the metadata name."""
    summary = Summary()
    value = summary.value.add(tag=tag.decode())
    value.tensor.CopyFrom(make_tensor_proto(np.asarray(tensor)))
    value.metadata.CopyFrom(SummaryMetadata.FromString(serialized_summary_metadata))
    return summary.SerializeToString()


@op(
    "ImageSummary",
    "tag: string, tensor: T -> summary: string",
    "T: {uint8, float32, float16, float64} = float32, max_images: int >= 1 = 3, "
    "bad_color: tensor = None",
    host_only=True,
    not_differentiable=True,
)
def _image_summary(xp: Any, tag: Any, tensor: Any, *, max_images: int, bad_color: Any) -> bytes:
    """The first images of a batch [n, height, width, channels], as PNG.

    Floats are scaled: to 0..255 by their largest value, or, with negative ones, around 128;
    pixels that are not finite get bad_color.
    """
    if tensor.ndim != 4 or tensor.shape[3] not in (1, 3, 4):
        raise _refuse(
            "Tensor must be 4-D with last dim 1, 3, or 4, not "
            f"[{','.join(str(d) for d in tensor.shape)}]"
        )
    count = min(max_images, len(tensor))
    name = tag.decode()
    summary = Summary()
    for i in range(count):
        pixels = _pixels(tensor[i], bad_color)
        height, width, channels = pixels.shape
        value = summary.value.add(tag=f"{name}/image" if max_images == 1 else f"{name}/image/{i}")
        value.image.height = height
        value.image.width = width
        value.image.colorspace = channels
        value.image.encoded_image_string = pixels_png(pixels)
    return summary.SerializeToString()


def _pixels(image: Array, bad_color: Array) -> Array:
    if image.dtype == np.uint8:
        return image
    good: Array = np.all(np.isfinite(image), axis=2)
    values = np.where(good[..., None], image, 0).astype(np.float32)
    low, high = values.min(initial=0), values.max(initial=0)
    # As TensorFlow's NormalizeFloatImage: an all but empty image stays black (or grey).
    largest = max(abs(low), abs(high))
    scale = 0.0 if largest < 1e-6 else (127.0 if low < 0 else 255.0) / largest
    offset = 128.0 if low < 0 else 0.0
    pixels: Array = (values * np.float32(scale) + np.float32(offset)).astype(np.uint8)
    pixels[~good] = bad_color[: image.shape[2]]
    return pixels


for _definition in (
    _scalar_summary,
    _histogram_summary,
    _merge_summary,
    _tensor_summary,
    _image_summary,
):
    _definition.shape(_scalar_output)
