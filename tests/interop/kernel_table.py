"""TensorFlow's registered CPU kernels as text.

Run as a program, it writes `tests/data/runtime/tensorflow_cpu_kernels.txt`. Left out are the ops
that only TensorFlow's optimizers make (their names begin with an underscore) and element types that
opscope has not (quantized, 8-bit floats, 4-bit integers).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

Combination = dict[str, frozenset[str]]


def merged(combinations: list[Combination]) -> list[Combination]:
    """The same combinations in fewer lines: two that differ in one attribute become one."""
    rest = list(combinations)
    for i in range(len(rest) - 1, -1, -1):
        for other in rest[:i]:
            if set(other) != set(rest[i]):
                continue
            unlike = [a for a in other if other[a] != rest[i][a]]
            if len(unlike) <= 1:
                for attr in unlike:
                    other[attr] |= rest[i][attr]
                del rest[i]
                break
    return rest


def table() -> str:
    import tensorflow as tf
    from tensorflow.python.framework import kernels

    from opscope.runtime import dtypes

    ops: dict[str, list[Combination]] = {}
    for kernel in kernels.get_all_registered_kernels().kernel:
        if kernel.device_type not in ("CPU", "DEFAULT") or kernel.op.startswith("_"):
            continue
        combination = {}
        for part in kernel.constraint:
            if part.allowed_values.list.s:  # of an attribute that is no type
                continue
            names = [tf.as_dtype(t).name for t in part.allowed_values.list.type]
            combination[part.name] = frozenset(n for n in names if n in dtypes._BY_NAME)
        if all(combination.values()):
            found = ops.setdefault(kernel.op, [])
            if combination not in found:
                found.append(combination)
    lines = []
    for op_type, combinations in ops.items():
        before = []
        while len(combinations) != len(before):
            before, combinations = combinations, merged(combinations)
        for combination in combinations:
            parts = [f"{a}={','.join(sorted(combination[a]))}" for a in sorted(combination)]
            lines.append(" ".join([op_type, *parts]))
    return "\n".join(sorted(lines)) + "\n"


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tensorflow_kernels import PATH

    PATH.write_text(table())
