"""Which element types TensorFlow 2.21 has CPU kernels for.

The table stands in `tests/data/runtime/tensorflow_cpu_kernels.txt`, one line for each op type and
each combination of its type attributes; `python tests/interop/kernel_table.py` writes it from
TensorFlow's own registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PATH = Path(__file__).parents[1] / "data" / "runtime" / "tensorflow_cpu_kernels.txt"

Combination = dict[str, frozenset[str]]


def read_table(text: str) -> dict[str, list[Combination]]:
    table: dict[str, list[Combination]] = {}
    for row in text.splitlines():
        op_type, *parts = row.split()
        combination = {}
        for part in parts:
            attr, _, names = part.partition("=")
            combination[attr] = frozenset(names.split(","))
        table.setdefault(op_type, []).append(combination)
    return table


KERNELS = read_table(PATH.read_text())


def has_kernel(op_type: str, types: Mapping[str, str]) -> bool:
    """Whether a node with these type attributes runs on TensorFlow's CPU."""
    return any(
        all(types.get(attr) in names for attr, names in combination.items() if attr in types)
        for combination in KERNELS.get(op_type, ())
    )


def kernel_types(op_type: str, attr: str) -> frozenset[str] | None:
    """The types of an attribute that some CPU kernel takes; None when any will do."""
    combinations = KERNELS.get(op_type, [])
    if any(attr not in c for c in combinations):
        return None
    return frozenset().union(*(c[attr] for c in combinations))
