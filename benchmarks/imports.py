"""The time to import a module in a fresh process."""

import os
import subprocess
import sys

from benchmarks.environment import PORTIONS, ROOT, worker_environment

OURS = "opscope.runtime"
THEIRS = "tensorflow"

_TIMED = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def import_seconds(module: str) -> float:
    """Wall time of `import module` in a Python that has just started."""
    path = os.pathsep.join(str(ROOT / portion) for portion in PORTIONS)
    done = subprocess.run(
        [sys.executable, "-c", _TIMED.format(module)],
        env=worker_environment(path),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)
