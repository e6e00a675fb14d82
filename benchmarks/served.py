"""A dashboard in a process of its own: its address, its memory, how long it took to read."""

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.environment import PORTIONS, ROOT

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in PORTIONS),
    "OPSCOPE_CACHE": "off",  # columns kept from an earlier run would be no reading
}


class Served:
    """A running `opscope dashboard`."""

    def __init__(self, process: subprocess.Popen[str], address: str, began: float) -> None:
        self.process = process
        self.address = address
        self.began = began

    def get(self, path: str) -> bytes:
        """The body of an answer."""
        with urllib.request.urlopen(self.address + path, timeout=600) as answer:
            body: bytes = answer.read()
            return body

    def json(self, path: str) -> Any:
        """The same, read as JSON."""
        return json.loads(self.get(path))

    def wait(self) -> float:
        """Wait until the logdir is read; seconds since the command was given."""
        while not self.json("/api/generation")["loaded"]:
            time.sleep(0.1)
        return time.perf_counter() - self.began

    def cpu_seconds(self) -> float:
        """Processor time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, name: str = "VmHWM") -> int:
        """Bytes in memory, as the kernel counts them: the most there were, or VmRSS for now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(rf"^{name}:\s+(\d+) kB", status, re.M)
        assert found is not None
        return int(found[1]) * 1024


@contextmanager
def served(logdir: Path, *flags: str) -> Iterator[Served]:
    """Serve a logdir until the block ends."""
    words = ["dashboard", "--logdir", str(logdir), "--port", "0", *flags]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "opscope.cli", *words],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = None
        while address is None:
            line = process.stdout.readline()
            assert line, "the dashboard ended before it served"
            address = re.search(r" at (http\S+?)/ ", line)
        # What it says later on must not fill the pipe.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield Served(process, address[1], began)
    finally:
        process.terminate()
        process.communicate()
