"""`opscope watch` inside tmux, at two sizes: what a user at the other end of ssh sees."""

import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from run_writer import RunWriter

pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="tmux is not installed: see tools/tmux"
)


class Pane:
    """One pane of its own server in which `opscope watch` runs."""

    def __init__(self, folder: Path, columns: int, rows: int) -> None:
        self._socket = str(folder / "tmux")
        environment = f"PYTHONPATH={shlex.quote(os.pathsep.join(sys.path))} LANG=C.UTF-8"
        program = f"{shlex.quote(sys.executable)} -m opscope.cli watch {shlex.quote(str(folder))}"
        command = f"env {environment} {program}; echo STATUS $?; read line"
        size = ("-x", f"{columns}", "-y", f"{rows}")
        self.tmux("-u", "-f", "/dev/null", "new-session", "-d", *size, command)
        self.tmux("set", "-g", "status", "off")

    def tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *words], check=True, capture_output=True, text=True
        )
        return done.stdout

    def expect(self, text: str) -> list[str]:
        """The rows as soon as one of them holds the text."""
        end = time.monotonic() + 60
        while True:
            rows = [row.rstrip() for row in self.tmux("capture-pane", "-p").split("\n")]
            if any(text in row for row in rows):
                return rows
            assert time.monotonic() < end, f"{text!r} did not come:\n" + "\n".join(rows)
            threading.Event().wait(0.1)


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def pane(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Pane]]:
    made: list[Pane] = []

    def start() -> Pane:
        made.append(Pane(tmp_path, *request.param))
        return made[0]

    yield start
    for each in made:
        each.tmux("kill-server")


def test_a_training_is_followed(pane: Callable[[], Pane], tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "train")
    writer.scalars("loss", [(step, 10.0 - step) for step in range(10)])
    watched = pane()
    rows = watched.expect("loss  1 @9")
    assert "live, " in rows[0] or "writer runs" in rows[0]
    writer.scalars("loss", [(10, 0.5)])
    watched.expect("loss  0.5 @10")
    watched.tmux("resize-window", "-x", "60", "-y", "20")
    watched.tmux("send-keys", "g")
    rows = watched.expect("loss 0.5")
    assert max(map(len, rows)) <= 60
    watched.tmux("send-keys", "q")
    watched.expect("STATUS 0")
    writer.close()
