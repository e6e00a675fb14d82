"""The screens inside tmux, at two sizes: what a user at the other end of ssh sees."""

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

pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="tmux is not installed: see tools/tmux"
)

PROGRAM = """
import time
import numpy as np
import opscope.runtime as tf
from opscope.tfdbg import LocalCLIDebugWrapperSession

x = tf.placeholder(tf.float32, [2], name="x")
loss = tf.reduce_sum(tf.log(x, name="log"), name="loss")
sess = LocalCLIDebugWrapperSession(tf.Session())
sess.add_tensor_filter("slow", lambda datum, value: time.sleep(600))
for step in range(3):
    print("STEP", step, sess.run(loss, {x: [1.0, 2.0 - step]}), flush=True)
print("END", flush=True)
input()
"""


class Tmux:
    """One pane of its own server, of `columns` by `rows`, in which PROGRAM runs."""

    def __init__(self, folder: Path, columns: int, rows: int) -> None:
        self._socket = str(folder / "tmux")
        (folder / "program.py").write_text(PROGRAM)
        path = os.pathsep.join(sys.path)
        command = f"PYTHONPATH={shlex.quote(path)} HOME={shlex.quote(str(folder))} "
        command += f"{shlex.quote(sys.executable)} {shlex.quote(str(folder / 'program.py'))}"
        self.tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", f"{columns}", "-y", f"{rows}", command
        )
        self.tmux("set", "-g", "status", "off")

    def tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *words], check=True, capture_output=True, text=True
        )
        return done.stdout

    def type(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.tmux("capture-pane", "-p").split("\n")]

    def expect(self, text: str) -> list[str]:
        """The rows as soon as one of them holds the text."""
        end = time.monotonic() + 60
        while True:
            rows = self.rows()
            if any(text in row for row in rows):
                return rows
            assert time.monotonic() < end, f"{text!r} did not come:\n" + "\n".join(rows)
            threading.Event().wait(0.1)


@pytest.fixture(params=[(80, 24), (160, 50)], ids=["80x24", "160x50"])
def pane(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Tmux]]:
    made: list[Tmux] = []

    def start() -> Tmux:
        made.append(Tmux(tmp_path, *request.param))
        return made[0]

    yield start
    for tmux in made:
        tmux.tmux("kill-server")


def test_from_the_first_run_to_the_bad_tensor(pane: Callable[[], Tmux]) -> None:
    tmux = pane()
    rows = tmux.expect("Mouse: ON")
    assert rows[0].startswith(" run-start: run #1: 1 fetch (loss:0); 1 feed (x:0)")
    assert rows[2].startswith("| run | invoke_stepper | exit |")
    tmux.type("s", "Enter")
    rows = tmux.expect("Legend:")
    assert rows[0].startswith(" Node Stepper: run #1")
    tmux.type("c log", "Enter")
    assert any(row.startswith("array([0. ") for row in tmux.expect("Continued to log:"))
    tmux.type("exit", "Enter")
    tmux.expect("run-start: run #2")
    tmux.type("run -p", "Enter")
    rows = tmux.expect("Device 1 of 1")
    assert rows[0].startswith(" run-end (profiler mode): run #2")
    assert rows[2] == "| list_profile | by exec_time | run_info | help |"
    assert any(row.startswith("log ") and "program.py:8" in row for row in rows)
    tmux.type("ps program.py", "Enter")
    assert any(" L8 " in row and row.startswith("[|") for row in tmux.expect("(#execs)"))
    tmux.type("run -f has_inf_or_nan", "Enter")
    rows = tmux.expect("run-end: run #3")
    assert any("log:0" in row for row in tmux.expect("2 dumped tensor(s) passing filter"))
    tmux.type("pt log:0", "Enter")
    tmux.expect("-inf")
    tmux.type("prev", "Enter")
    tmux.expect("(-1) lt -f")
    tmux.type("C-d")
    rows = tmux.expect("END")
    assert any(row.startswith("STEP 2 -inf") for row in rows)


def test_the_window_can_change_its_size(pane: Callable[[], Tmux]) -> None:
    tmux = pane()
    tmux.expect("Mouse: ON")
    tmux.tmux("resize-window", "-x", "100", "-y", "30")
    tmux.type("keys", "Enter")
    tmux.expect("| <-- --> | keys")
    rows = tmux.rows()
    assert len(rows[0]) in (99, 100)
    tmux.type("C-d")
    tmux.expect("END")


def test_ctrl_c_stops_a_command_and_not_the_debugger(pane: Callable[[], Tmux]) -> None:
    tmux = pane()
    tmux.expect("Mouse: ON")
    tmux.type("run", "Enter")
    tmux.expect("run-end: run #1")
    tmux.type("lt -f slow", "Enter")
    tmux.expect("Processing...")
    tmux.type("C-c")
    tmux.expect("ERROR: Interrupted.")
    tmux.type("pt log:0", "Enter")
    tmux.expect("array([")
    tmux.type("C-d")
    tmux.expect("END")
