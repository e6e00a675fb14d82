"""Pictures in files of any format (`tf.image.decode_image`)."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.image.adjusting import convert_image_dtype
from opscope.runtime.make_op import make_tensor
from opscope.runtime.math import equal
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.text import substr


def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = dtypes.uint8,
    name: str | None = None,
    expand_animations: bool = True,
) -> Tensor:
    """The pixels of a JPEG, PNG, BMP or GIF picture.

    Of a GIF [frames, height, width, 3], or its first frame without `expand_animations`; of others
    [height, width, channels].
    """
    with op_scope(name, "decode_image"):
        wanted = dtypes.as_dtype(dtype)
        known = (dtypes.float32, dtypes.uint8, dtypes.uint16)
        decoded = wanted if wanted in known else dtypes.uint16
        image = make_tensor(
            "DecodeImage",
            contents,
            channels=channels or 0,
            expand_animations=expand_animations,
            dtype=decoded,
        )
        if decoded is not wanted:
            image = convert_image_dtype(image, wanted)
        if not expand_animations:
            image.set_shape([None, None, channels or None])
        return image


def is_jpeg(contents: Any, name: str | None = None) -> Tensor:
    """Whether a string begins as a JPEG picture does."""
    with op_scope(name, "is_jpeg"):
        return equal(substr(contents, 0, 3), b"\xff\xd8\xff", name=name)
