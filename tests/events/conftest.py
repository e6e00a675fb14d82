"""The files of real writers that the tests read, unpacked once."""

from pathlib import Path

import pytest
from archives import unpack_archive

DATA = Path(__file__).parents[1] / "data" / "events"


@pytest.fixture(scope="session")
def fixtures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with `events/{tf1,tf2,torch}` and `tfdbg/{cf1,debugops,dtypes,uninit}`."""
    root = tmp_path_factory.mktemp("fixtures")
    for archive in sorted(DATA.glob("*.tar.gz")):
        unpack_archive(archive, root)
    return root
