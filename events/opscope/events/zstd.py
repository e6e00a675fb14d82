"""Zstandard by the `zstandard` library, which is there only with the extra `zstd`."""

from typing import TYPE_CHECKING, Any

from opscope.events.error import DumpError

if TYPE_CHECKING:
    import zstandard


def compressor() -> "zstandard.ZstdCompressor":
    """A compressor of level 3; DumpError where the library is missing."""
    made: zstandard.ZstdCompressor = _library("to write a compressed dump").ZstdCompressor(level=3)
    return made


def decompress(data: bytes | memoryview, size: int) -> bytes:
    """The `size` bytes that `data` holds, not one more; DumpError where it holds others."""
    library = _library("to read a compressed dump")
    try:
        found = library.ZstdDecompressor().stream_reader(data).read(size + 1)
    except library.ZstdError as error:
        raise DumpError(f"damaged zstd data: {error}") from error
    if len(found) != size:
        raise DumpError(f"the zstd data does not hold the {size} bytes that it should")
    return bytes(found)


def _library(purpose: str) -> Any:
    try:
        import zstandard
    except ImportError:
        raise DumpError(
            f'{purpose}, the library zstandard is needed: pip install "opscope[zstd]"'
        ) from None
    return zstandard
