"""Pictures: arrays in any order of axes, as PNG; frames, as GIF. Encoded by Pillow."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from opscope.events.proto.summary_pb2 import Summary

if TYPE_CHECKING:  # Pillow takes time to import, and most programs write no pictures
    from PIL.Image import Image as Picture

UInt8s = npt.NDArray[np.uint8]
_CHANNELS = (1, 3, 4)
_COLUMNS = 8


def image_proto(
    array: npt.NDArray[Any],
    dataformats: str,
    rescale: float = 1,
    boxes: npt.NDArray[Any] | None = None,
    labels: Sequence[str] | None = None,
) -> Summary.Image:
    """The picture of an array, of a batch as a grid.

    `dataformats` names the axes (`CHW`, `HWC`, `HW`, `NCHW`, ...); there are 1, 3 or 4 channels.
    Floats are 0 to 1, integers 0 to 255, what lies outside is clipped. `boxes` [n, 4] holds xmin,
    ymin, xmax, ymax in pixels. The proto's height and width are those before `rescale`.
    """
    from PIL import Image

    shown = pixels(array, dataformats)
    height, width, channels = shown.shape
    picture = Image.fromarray(shown)
    if boxes is not None:
        _draw_boxes(picture, boxes, labels)
    if rescale != 1:
        size = (max(1, int(width * rescale)), max(1, int(height * rescale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return Summary.Image(
        height=height, width=width, colorspace=channels, encoded_image_string=png(picture)
    )


def pixels_png(array: UInt8s) -> bytes:
    """The PNG file of uint8[height, width, 1, 3 or 4]."""
    from PIL import Image

    return png(Image.fromarray(array[..., 0] if array.shape[2] == 1 else array))


def png(picture: "Picture") -> bytes:
    """A picture's PNG file."""
    file = BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def pixels(array: npt.NDArray[Any], dataformats: str) -> UInt8s:
    """The array as uint8[height, width, 3 or 4], grey as three equal channels."""
    axes = dataformats.upper()
    known = {2: "HW", 3: "HWC", 4: "NHWC"}.get(array.ndim)
    if known is None or sorted(axes) != sorted(known):
        raise ValueError(f"dataformats {dataformats!r} do not name the axes of shape {array.shape}")
    ordered = array.transpose([axes.index(axis) for axis in known])
    if array.ndim == 2:
        ordered = ordered[:, :, None]
    if ordered.shape[-1] not in _CHANNELS:
        raise ValueError(f"a picture has 1, 3 or 4 channels, this has {ordered.shape[-1]}")
    if array.ndim == 4:
        ordered = grid(ordered, _COLUMNS)
    shown = _bytes(ordered)
    return np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else shown


def grid(batch: npt.NDArray[Any], columns: int) -> npt.NDArray[Any]:
    """A batch [n, height, width, channels] side by side in rows of at most `columns`, else zero."""
    count, height, width, channels = batch.shape
    columns = max(1, min(count, columns))
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, height, width, channels), dtype=batch.dtype)
    padded[:count] = batch
    side_by_side = padded.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return side_by_side.reshape(rows * height, columns * width, channels)


def _bytes(values: npt.NDArray[Any]) -> UInt8s:
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if values.dtype.kind in "iu":
        scaled = values
    else:
        scaled = np.nan_to_num(values.astype(np.float32) * np.float32(255), nan=0.0)
    shown: UInt8s = scaled.clip(0, 255).astype(np.uint8)
    return shown


def _draw_boxes(picture: "Picture", boxes: npt.NDArray[Any], labels: Sequence[str] | None) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    for index, (left, top, right, bottom) in enumerate(boxes.reshape(-1, 4).tolist()):
        corners = [(left, top), (left, bottom), (right, bottom), (right, top), (left, top)]
        draw.line(corners, fill="red", width=2)
        if labels is not None:
            place = draw.textbbox((left, bottom), labels[index], anchor="lb")
            draw.rectangle(place, fill="red")
            draw.text((left, bottom), labels[index], fill="black", anchor="lb")


def video_proto(array: npt.NDArray[Any], fps: float) -> Summary.Image:
    """An animated GIF of [n, time, channels, height, width]: n videos side by side in a grid."""
    from PIL import Image

    if array.ndim != 5 or array.shape[1] == 0:
        raise ValueError(f"a video is [n, time, channels, height, width], this is {array.shape}")
    frames = [Image.fromarray(pixels(array[:, at], "NCHW")) for at in range(array.shape[1])]
    file = BytesIO()
    frames[0].save(
        file, format="GIF", save_all=True, append_images=frames[1:], duration=1000 / fps, loop=0
    )
    width, height = frames[0].size
    return Summary.Image(
        height=height,
        width=width,
        colorspace=len(frames[0].getbands()),
        encoded_image_string=file.getvalue(),
    )


def figure_pixels(figure: Any) -> UInt8s:
    """uint8[height, width, 3] of a figure, matplotlib's or any that has `savefig`."""
    from PIL import Image

    file = BytesIO()
    figure.savefig(file, format="png")
    file.seek(0)
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGB"))
