"""Summary values made ready to show: histograms, images, audio, text, tensors.

Each function takes one `Summary.Value` of either summary format and raises TensorProtoError where
it does not hold what its kind promises.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from opscope.events.error import TensorProtoError
from opscope.events.proto.summary_pb2 import HistogramProto, Summary
from opscope.events.series import Plugin
from opscope.events.tensor_proto import make_ndarray
from opscope.events.wire import fields


@dataclass(frozen=True)
class Image:
    """The encoded pictures (PNG, JPEG, GIF) of one step, all of one size in pixels."""

    width: int
    height: int
    encoded: tuple[bytes, ...]


@dataclass(frozen=True)
class Audio:
    """The encoded clips of one step; `sample_rate` in Hz is 0 where only the clip knows it."""

    content_type: str
    sample_rate: float
    encoded: tuple[bytes, ...]


def histogram_buckets(histogram: HistogramProto) -> npt.NDArray[np.float64]:
    """The (left, right, count) rows of a first-format histogram.

    Its outermost limits may be +-DBL_MAX: empty buckets at both ends are dropped, and the smallest
    and largest value seen become the ends, as TensorBoard does.
    """
    counts = np.array(histogram.bucket, dtype=np.float64)
    limits = np.array(histogram.bucket_limit, dtype=np.float64)
    if len(counts) != len(limits):
        raise TensorProtoError(f"a histogram has {len(counts)} counts and {len(limits)} limits")
    filled = np.flatnonzero(counts > 0)
    if not len(filled):
        return np.zeros((0, 3))
    first, last = filled[0], filled[-1]
    edges = np.concatenate([[histogram.min], limits[first:last], [histogram.max]])
    return np.stack([edges[:-1], edges[1:], counts[first : last + 1]], axis=1)


def histogram(value: Summary.Value) -> npt.NDArray[np.float64]:
    """The (left, right, count) rows of a histogram summary, float64[k, 3]."""
    if value.WhichOneof("value") == "histo":
        return histogram_buckets(value.histo)
    buckets = make_ndarray(value.tensor)
    if buckets.ndim != 2 or buckets.shape[1] != 3 or buckets.dtype.kind not in "fiu":
        raise TensorProtoError(
            f"a histogram needs (left, right, count) rows, this holds {buckets.dtype} "
            f"of shape {buckets.shape}"
        )
    return buckets.astype(np.float64)


def histogram_point(value: Summary.Value) -> tuple[npt.NDArray[np.float64], float]:
    """The rows of a histogram summary, and how many of its values they leave out."""
    rows = histogram(value)
    if value.WhichOneof("value") != "histo":
        return rows, 0.0
    left_out = value.histo.num - sum(value.histo.bucket)
    # Counts of a writer that weighs its values need not add up to the last bit.
    return rows, left_out if left_out > 1e-6 * value.histo.num else 0.0


def tensor(value: Summary.Value) -> npt.NDArray[np.generic]:
    """The array of a tensor summary.

    An empty one where the summary's content is all in its plugin (old hparams summaries).
    """
    field = value.WhichOneof("value")
    if field is None:
        return np.zeros(0, dtype=np.float32)
    if field != "tensor":
        raise TensorProtoError("this summary holds no tensor")
    return make_ndarray(value.tensor)


def _strings(value: Summary.Value) -> npt.NDArray[np.object_]:
    strings = tensor(value)
    if strings.dtype.kind != "O":
        raise TensorProtoError(f"a tensor of strings is needed, this holds {strings.dtype}")
    return strings  # type: ignore[return-value]


def image(value: Summary.Value) -> Image:
    """The pictures of an image summary."""
    if value.WhichOneof("value") == "image":
        old = value.image
        return Image(old.width, old.height, (old.encoded_image_string,))
    strings = _strings(value).ravel().tolist()
    try:
        width, height = int(strings[0]), int(strings[1])
    except (ValueError, IndexError):
        raise TensorProtoError("an image summary begins with width and height") from None
    return Image(width, height, tuple(strings[2:]))


_WAV = 11  # AudioPluginData.Encoding; the only one that TensorFlow writes
_ENCODING_FIELD = 2


def audio(value: Summary.Value, plugin: Plugin) -> Audio:
    """The clips of an audio summary; the plugin's content names their encoding."""
    if value.WhichOneof("value") == "audio":
        old = value.audio
        return Audio(old.content_type, old.sample_rate, (old.encoded_audio_string,))
    strings = _strings(value)
    clips = strings if strings.ndim < 2 else strings[:, 0]  # beside each clip stands its label
    try:
        encoding = dict(fields(plugin.content)).get(_ENCODING_FIELD)
    except ValueError:
        encoding = None
    content_type = "audio/wav" if encoding == _WAV else "application/octet-stream"
    return Audio(content_type, 0.0, tuple(clips.ravel().tolist()))


def text(value: Summary.Value) -> npt.NDArray[np.object_]:
    """The text of a text summary: `str` objects in the tensor's shape."""
    strings = _strings(value)
    decoded = np.empty(strings.shape, dtype=np.object_)
    decoded.ravel()[:] = [item.decode(errors="replace") for item in strings.ravel().tolist()]
    return decoded
