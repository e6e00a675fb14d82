"""tf.image: pictures in files."""

from opscope.runtime.ops.image_files import (
    decode_bmp,
    decode_gif,
    decode_jpeg,
    decode_png,
    encode_jpeg,
    encode_png,
)

__all__ = [
    "decode_bmp",
    "decode_gif",
    "decode_jpeg",
    "decode_png",
    "encode_jpeg",
    "encode_png",
]
from opscope.runtime.ops import (
    colours,
    crop_and_resize,
    drawn_boxes,
    patches,
    resizing,
    suppression,
)
