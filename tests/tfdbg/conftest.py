from collections.abc import Callable
from pathlib import Path

import pytest
from tfdbg_data import EVERY_RUN, unpack, write_own_dump

from opscope.tfdbg import DebugDumpDir


@pytest.fixture(scope="session")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with TensorFlow's dumps, their oracles and transcripts."""
    return unpack(tmp_path_factory.mktemp("dumps"))


@pytest.fixture(scope="session")
def opened(dumps: Path) -> Callable[[str], DebugDumpDir]:
    cache: dict[str, DebugDumpDir] = {}

    def open_once(name: str) -> DebugDumpDir:
        if name not in cache:
            cache[name] = DebugDumpDir(dumps / EVERY_RUN[name])
        return cache[name]

    return open_once


@pytest.fixture(scope="session")
def own_dump(tmp_path_factory: pytest.TempPathFactory) -> DebugDumpDir:
    return DebugDumpDir(write_own_dump(tmp_path_factory.mktemp("own") / "run_1"))
