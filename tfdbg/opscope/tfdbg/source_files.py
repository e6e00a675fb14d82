"""Source files: their text, from the dump or from disk, and which of them are a library's."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePath

_LIBRARIES = frozenset({"absl", "keras", "opscope", "tensorflow", "tf_keras"})
_PACKAGES = ("site-packages", "dist-packages")
_TEXT_LIMIT = 1 << 24  # bytes: no source file of a program is larger


class SourceError(OSError):
    """A source file cannot be read; says where it was looked for."""


@cache
def is_library(path: str) -> bool:
    """True for a file of TensorFlow, Keras, absl or opscope as installed, except its tests."""
    parts = PurePath(path).parts
    if path.endswith("_test.py"):
        return False
    return any(
        parts[at] in _PACKAGES and parts[at + 1] in _LIBRARIES for at in range(len(parts) - 1)
    )


def same_file(path: str) -> str:
    """The path under which two spellings of one file meet; `<stdin>` and the like stay."""
    return path if path.startswith("<") else os.path.normpath(os.path.abspath(path))


def find_source(typed: str, known: Iterable[str]) -> str:
    """The file that a typed path means: itself, or the one known file that ends in it."""
    paths = list(dict.fromkeys(known))
    if typed in paths:
        return typed
    full = same_file(str(Path(typed).expanduser()))
    for path in paths:
        if same_file(path) == full:
            return path
    ends = [path for path in paths if path.endswith(f"/{typed.removeprefix('./')}")]
    if not Path(full).is_file() and len(ends) == 1:
        return ends[0]
    return full


def source_text(path: str, stored: Mapping[str, str]) -> str:
    """The text of a file: as stored with the dump, else from disk or from inside a .par file.

    Raises SourceError.
    """
    if path in stored:
        return stored[path]
    file = Path(path)
    try:
        if file.is_file() and file.stat().st_size <= _TEXT_LIMIT:
            return file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SourceError(f"Source file {path} cannot be read: {error.strerror}") from error
    text = _par_text(file)
    if text is None:
        raise SourceError(
            f"Source path neither exists nor can be loaded as a .par file: {path}. `ls` lists "
            "the files of this run."
        )
    return text


def has_source(path: str, stored: Mapping[str, str]) -> bool:
    """True where source_text has the file."""
    return path in stored or Path(path).is_file() or _par_text(Path(path)) is not None


def line_number_width(count: int) -> int:
    """The width of the column `L17 ` for a file of so many lines."""
    return math.ceil(math.log10(max(count, 1))) + 3


def _par_text(path: Path) -> str | None:
    """The text of a file inside a .par, which is a zip archive somewhere on its path."""
    for archive in path.parents:
        if archive.suffix == ".par" and archive.is_file():
            try:
                with zipfile.ZipFile(archive) as opened:
                    info = opened.getinfo(path.relative_to(archive).as_posix())
                    if info.file_size > _TEXT_LIMIT:
                        return None
                    return opened.read(info).decode("utf-8", "replace")
            except (KeyError, zipfile.BadZipFile, OSError):
                return None
    return None
