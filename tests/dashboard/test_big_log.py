"""What a large log takes in memory; `python -m benchmarks.big_log` measures 10 GB of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.big_log import write
from benchmarks.environment import ROOT
from benchmarks.served import ENVIRONMENT

SIZE = 80_000_000
MOST = 24 << 20  # bytes more than before: buffers, and an index of what lies where
READ = """
import re, sys
from pathlib import Path
from opscope.dashboard.store import Store
from opscope.events import open_logdir, payload

def most():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024

open_logdir(sys.argv[1])
before = most()
logdir = open_logdir(sys.argv[2])
points = logdir.points("run", "samples/input", "image")
last = payload.image(logdir.point("run", "samples/input", "image", int(points.index[-1])))
print(len(points.index), last.width, most() - before)
"""


def test_memory_does_not_grow_with_what_is_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path / "small/run", 1_000_000, "mixed")
    write(tmp_path / "big/run", SIZE, "mixed")
    words = [str(tmp_path / "small"), str(tmp_path / "big")]
    told = subprocess.run(
        [sys.executable, "-c", READ, *words],
        env=ENVIRONMENT,
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    pictures, width, grown = map(int, told.stdout.split())
    assert pictures > 200
    assert width == 128
    assert grown < MOST
