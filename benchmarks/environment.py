"""What the processes that are timed get to know: where our code is, and one thread."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
PORTIONS = ("events", "runtime", "tfdbg", "dashboard", "cli")
THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
ONE_THREAD = dict.fromkeys(THREAD_SETTINGS, "1")
# An installed program has its bytecode; without, each import would compile ours anew.
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
# What would hold NumPy's BLAS to another machine's kernels, while TensorFlow chooses freely.
KERNEL_SETTINGS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def worker_environment(path: str) -> dict[str, str]:
    """One thread each, and each side with the fastest kernels it has for this machine."""
    ignored = {*KERNEL_SETTINGS, NO_BYTECODE}
    inherited = {k: v for k, v in os.environ.items() if k not in ignored}
    return {**inherited, **ONE_THREAD, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}
