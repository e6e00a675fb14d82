"""Unpack the archives of test data."""

import tarfile
from pathlib import Path


def unpack_archive(archive: Path, folder: Path) -> None:
    """Unpack a tar archive below a folder, with the safe filter where this Python has one.

    Python before 3.11.4, Debian 12's among them, has none.
    """
    with tarfile.open(archive) as tar:
        safe = getattr(tarfile, "data_filter", None)
        if safe is not None:
            tar.extraction_filter = safe
        tar.extractall(folder)
