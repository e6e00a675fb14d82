"""What encoded pictures and clips are, by their first bytes: never by what a log says of them."""

from __future__ import annotations

import io
import warnings

MOST_PICTURE_BYTES = 32 << 20
MOST_PIXELS = 100_000_000
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)
_CLIPS = (
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)


def picture_type(data: bytes) -> str | None:
    """The media type of a picture that browsers draw; None for anything else, SVG among it."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((word for start, word in _PICTURES if data.startswith(start)), None)


def clip_type(data: bytes) -> str | None:
    """The media type of a clip that browsers play; None for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "audio/wav"
    return next((word for start, word in _CLIPS if data.startswith(start)), None)


def picture_problem(data: bytes) -> str | None:
    """Why a picture cannot be drawn, as a sentence; None where it can.

    Only its header is read: the bytes of a small file may stand for billions of pixels.
    """
    from PIL import Image, UnidentifiedImageError  # slow to import, and only needed here

    if not data:
        return "The picture is empty."
    if picture_type(data) is None:
        return f"This is no PNG, JPEG, GIF, BMP or WebP picture: it begins with {data[:8]!r}."
    if len(data) > MOST_PICTURE_BYTES:
        size, most = len(data) / 1e6, MOST_PICTURE_BYTES / 1e6
        return f"The picture is too large to be drawn here: {size:.0f} MB of at most {most:.0f} MB."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            width, height = Image.open(io.BytesIO(data)).size
    except Image.DecompressionBombError:
        return f"The picture has more than {MOST_PIXELS:,} pixels: too many to be drawn here."
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        return f"The picture is damaged: {error}."
    if width * height > MOST_PIXELS:
        return f"The picture has {width} x {height} pixels: too many to be drawn here."
    return None
