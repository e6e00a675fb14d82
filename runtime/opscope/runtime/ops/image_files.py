"""Pictures in PNG, JPEG, GIF and BMP files as tensors, by Pillow."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import TensorShape

if TYPE_CHECKING:
    from PIL import Image

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def _opened(contents: bytes, formats: tuple[str, ...]) -> Image.Image:
    from PIL import Image, UnidentifiedImageError  # loaded by the first picture

    try:
        image = Image.open(io.BytesIO(contents), formats=formats)
        image.load()
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise errors.InvalidArgumentError(
            None, None, f"Not a readable picture ({' or '.join(formats)}): {error}"
        ) from error
    return image


def _pixels(image: Image.Image, channels: int, dtype: dtypes.DType) -> Any:
    """The pixels [height, width, channels]; 0 channels keeps what the picture has."""
    deep = image.mode.startswith("I")
    if channels == 0:
        kinds = {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "P": 3, "CMYK": 3, "YCbCr": 3}
        channels = 1 if deep else kinds.get(image.mode, 3)
        if image.mode == "P" and "transparency" in image.info:
            channels = 4
    if deep:
        wide = np.asarray(image).astype(np.uint16)
        pixels = np.repeat(wide[:, :, None], min(channels, 3), axis=2)
        if channels == 4:
            pixels = np.concatenate([pixels, np.full_like(pixels[:, :, :1], 65535)], axis=2)
        return pixels if dtype is dtypes.uint16 else (pixels >> 8).astype(np.uint8)
    pixels = np.asarray(image.convert(_MODES[channels]))
    pixels = pixels.reshape(image.height, image.width, channels)
    if dtype is dtypes.uint16:
        return pixels.astype(np.uint16) * np.uint16(257)
    return np.array(pixels)


def _require(channels: int, allowed: tuple[int, ...]) -> None:
    if channels not in allowed:
        raise errors.InvalidArgumentError(
            None, None, f"channels must be one of {allowed}, got {channels}"
        )


def _picture_shape(node: Operation) -> list[TensorShape]:
    return [TensorShape([None, None, node.attrs["channels"] or None])]


@op(
    "DecodePng",
    "contents: string -> image: dtype",
    "channels: int = 0, dtype: {uint8, uint16} = uint8",
    host_only=True,
    not_differentiable=True,
)
def _decode_png(xp: Any, contents: bytes, *, channels: int, dtype: dtypes.DType) -> Any:
    """The pixels of a PNG picture."""
    _require(channels, (0, 1, 3, 4))
    return _pixels(_opened(contents, ("PNG", "JPEG", "GIF", "BMP")), channels, dtype)


@op(
    "DecodeJpeg",
    "contents: string -> image: uint8",
    "channels: int = 0, ratio: int = 1, fancy_upscaling: bool = true, "
    "try_recover_truncated: bool = false, acceptable_fraction: float = 1.0, "
    "dct_method: string = ''",
    host_only=True,
    not_differentiable=True,
)
def _decode_jpeg(xp: Any, contents: bytes, *, channels: int, ratio: int) -> Any:
    """The pixels of a JPEG picture, shrunk by `ratio`; other formats are taken too."""
    _require(channels, (0, 1, 3))
    image = _opened(contents, ("JPEG", "PNG", "GIF", "BMP"))
    if ratio != 1:
        image = image.reduce(ratio)
    return _pixels(image, channels, dtypes.uint8)


@op(
    "DecodeAndCropJpeg",
    "contents: string, crop_window: int32 -> image: uint8",
    "channels: int = 0, ratio: int = 1, fancy_upscaling: bool = true, "
    "try_recover_truncated: bool = false, acceptable_fraction: float = 1.0, "
    "dct_method: string = ''",
    host_only=True,
    not_differentiable=True,
)
def _decode_and_crop_jpeg(
    xp: Any, contents: bytes, crop_window: Any, *, channels: int, ratio: int
) -> Any:
    """The pixels of a window [y, x, height, width] of a JPEG picture."""
    pixels = _decode_jpeg.kernels["ANY"](xp, contents, channels=channels, ratio=ratio)
    y, x, high, wide = crop_window.tolist()
    if y < 0 or x < 0 or high <= 0 or wide <= 0:
        raise errors.InvalidArgumentError(None, None, f"Invalid crop window {[y, x, high, wide]}")
    if y + high > pixels.shape[0] or x + wide > pixels.shape[1]:
        raise errors.InvalidArgumentError(
            None, None, f"Invalid JPEG data or crop window, data size {len(contents)}"
        )
    return pixels[y : y + high, x : x + wide].copy()


@op(
    "ExtractJpegShape",
    "contents: string -> image_shape: output_type",
    "output_type: {int32, int64} = int32",
    host_only=True,
    not_differentiable=True,
)
def _extract_jpeg_shape(xp: Any, contents: bytes, *, output_type: dtypes.DType) -> Any:
    """Height, width and channels of a JPEG picture, from its header."""
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(contents), formats=("JPEG",))
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise errors.InvalidArgumentError(None, None, f"Invalid JPEG data: {error}") from error
    return np.array([image.height, image.width, len(image.getbands())], output_type.numpy_dtype)


@_extract_jpeg_shape.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape([3])]


@op(
    "DecodeImage",
    "contents: string -> image: dtype",
    "channels: int = 0, dtype: {uint8, uint16, float32} = uint8, expand_animations: bool = true",
    host_only=True,
    not_differentiable=True,
)
def _decode_image(
    xp: Any, contents: bytes, *, channels: int, dtype: dtypes.DType, expand_animations: bool
) -> Any:
    """The pixels of a JPEG, PNG, BMP or GIF picture; of a GIF all frames or the first."""
    _require(channels, (0, 1, 3, 4))
    image = _opened(contents, ("JPEG", "PNG", "GIF", "BMP"))
    if image.format == "GIF":
        if channels not in (0, 3):
            raise errors.InvalidArgumentError(None, None, "channels must be 0 or 3 for a GIF")
        frames = _frames(image)
        pixels = frames if expand_animations else frames[0]
        if dtype is dtypes.uint16:
            pixels = pixels.astype(np.uint16) * np.uint16(256)
    else:
        deep = image.mode.startswith("I") and dtype is not dtypes.uint8
        wide = deep or dtype is dtypes.uint16
        pixels = _pixels(image, channels, dtypes.uint16 if wide else dtypes.uint8)
    if dtype is dtypes.float32:
        return pixels.astype(np.float32) * np.float32(1 / np.iinfo(pixels.dtype).max)
    return pixels


@_decode_image.shape
def _(node: Operation) -> list[TensorShape]:
    if node.attrs["expand_animations"]:
        return [TensorShape(None)]
    return [TensorShape([None, None, node.attrs["channels"] or None])]


@op(
    "DecodeBmp",
    "contents: string -> image: uint8",
    "channels: int = 0",
    host_only=True,
    not_differentiable=True,
)
def _decode_bmp(xp: Any, contents: bytes, *, channels: int) -> Any:
    """The pixels of a BMP picture."""
    return _pixels(_opened(contents, ("BMP",)), channels, dtypes.uint8)


@op(
    "DecodeGif",
    "contents: string -> image: uint8",
    host_only=True,
    not_differentiable=True,
)
def _decode_gif(xp: Any, contents: bytes) -> Any:
    """The frames of a GIF picture, [frames, height, width, 3]."""
    return _frames(_opened(contents, ("GIF",)))


def _frames(image: Any) -> Any:
    frames = []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        frames.append(np.asarray(image.convert("RGB")))
    return np.stack(frames)


@_decode_gif.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape([None, None, None, 3])]


for _definition in (_decode_png, _decode_jpeg, _decode_and_crop_jpeg, _decode_bmp):
    _definition.shape(_picture_shape)


def _encoded(image: Any, format_name: str, **options: Any) -> bytes:
    from PIL import Image

    channels = image.shape[2]
    deep = image.dtype == np.uint16 and channels == 1
    if deep:
        picture = Image.fromarray(image[:, :, 0])
    else:
        pixels = image if image.dtype == np.uint8 else (image >> 8).astype(np.uint8)
        picture = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels, _MODES[channels])
    out = io.BytesIO()
    picture.save(out, format_name, **options)
    return out.getvalue()


@op(
    "EncodePng",
    "image: T -> contents: string",
    "compression: int = -1, T: {uint8, uint16} = uint8",
    host_only=True,
    not_differentiable=True,
)
def _encode_png(xp: Any, image: Any, *, compression: int) -> Any:
    """A PNG picture of pixels [height, width, 1 to 4 channels]."""
    return _encoded(image, "PNG", compress_level=6 if compression < 0 else compression)


@op(
    "EncodeJpeg",
    "image: uint8 -> contents: string",
    "format: {'', 'grayscale', 'rgb'} = '', quality: int = 95, progressive: bool = false, "
    "optimize_size: bool = false, chroma_downsampling: bool = true, "
    "density_unit: {'in', 'cm'} = 'in', x_density: int = 300, y_density: int = 300, "
    "xmp_metadata: string = ''",
    host_only=True,
    not_differentiable=True,
)
def _encode_jpeg(
    xp: Any,
    image: Any,
    *,
    quality: int,
    progressive: bool,
    optimize_size: bool,
    chroma_downsampling: bool,
) -> Any:
    """A JPEG picture of pixels [height, width, 1 or 3 channels]."""
    return _encoded(
        image,
        "JPEG",
        quality=quality,
        progressive=progressive,
        optimize=optimize_size,
        subsampling=2 if chroma_downsampling else 0,
    )


@op(
    "EncodeJpegVariableQuality",
    "images: uint8, quality: int32 -> contents: string",
    host_only=True,
    not_differentiable=True,
)
def _encode_at_quality(xp: Any, image: Any, quality: Any) -> Any:
    """A JPEG picture of pixels [height, width, 1 or 3 channels] at a quality of 0 to 100."""
    return _encoded(image, "JPEG", quality=int(quality), subsampling=2)


def _scalar(node: Operation) -> list[TensorShape]:
    return [TensorShape(())]


_encode_png.shape(_scalar)
_encode_at_quality.shape(_scalar)
_encode_jpeg.shape(_scalar)


def decode_png(
    contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, name: str | None = None
) -> Tensor:
    """The pixels of a PNG picture, [height, width, channels]; 0 keeps what it has."""
    return make_tensor(
        "DecodePng", contents, channels=channels, dtype=dtypes.as_dtype(dtype), name=name
    )


def decode_jpeg(
    contents: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Tensor:
    """The pixels of a JPEG picture, [height, width, channels]; 0 keeps what it has."""
    return make_tensor(
        "DecodeJpeg",
        contents,
        channels=channels,
        ratio=ratio,
        fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated,
        acceptable_fraction=float(acceptable_fraction),
        dct_method=dct_method,
        name=name,
    )


def decode_and_crop_jpeg(
    contents: Any,
    crop_window: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Tensor:
    """The pixels of a window [y, x, height, width] of a JPEG picture."""
    return make_tensor(
        "DecodeAndCropJpeg",
        contents,
        crop_window,
        channels=channels,
        ratio=ratio,
        fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated,
        acceptable_fraction=float(acceptable_fraction),
        dct_method=dct_method,
        name=name,
    )


def extract_jpeg_shape(
    contents: Any, output_type: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """Height, width and channels of a JPEG picture, without decoding it."""
    return make_tensor(
        "ExtractJpegShape", contents, output_type=dtypes.as_dtype(output_type), name=name
    )


def decode_bmp(contents: Any, channels: int = 0, name: str | None = None) -> Tensor:
    """The pixels of a BMP picture, [height, width, channels]."""
    return make_tensor("DecodeBmp", contents, channels=channels, name=name)


def decode_gif(contents: Any, name: str | None = None) -> Tensor:
    """The frames of a GIF picture, [frames, height, width, 3]."""
    return make_tensor("DecodeGif", contents, name=name)


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Tensor:
    """A PNG picture, as a string, of pixels [height, width, channels]."""
    pixels = convert_to_tensor(image)
    return make_tensor("EncodePng", pixels, compression=compression, name=name)


def encode_jpeg(
    image: Any,
    format: str = "",  # noqa: A002 - TensorFlow's name
    quality: int = 95,
    name: str | None = None,
    **options: Any,
) -> Tensor:
    """A JPEG picture, as a string, of pixels [height, width, channels]."""
    return make_tensor("EncodeJpeg", image, format=format, quality=quality, name=name, **options)
