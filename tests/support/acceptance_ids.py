"""Which tests hold which of tfdbg's acceptance cases and defects, read from the tests' names.

A test names its ids in its own name (`test_b13_d8_...`; the cases D-1 to D-22 as `d_1`, the defects
D1 to D37 as `d1`) or in the id of a parameter (`"B3 reversed"`, `"D-6 D15 ellipsis"`). Run as a
program it prints the table that stands in tests/tfdbg/acceptance.md.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
FOLDERS = ("tfdbg", "interop")
GROUPS = {"A": 23, "B": 13, "C": 17, "D-": 22, "E": 8, "F": 18, "G": 7, "D": 37}
"""The cases of each group, and the defects (D) at last."""

ALL = [f"{group}{n}" for group, count in GROUPS.items() for n in range(1, count + 1)]
ALL.insert(ALL.index("G6") + 1, "G6b")

NOT_TOUCHED = {
    "D18": "InfNanMonitor writes Debugger V2 folders inside of TensorFlow; opscope has no monitor, "
    "and reads such folders without a thread or a lock.",
    "D28": "There are no gRPC hooks: debug servers are not built.",
}
"""Ids that touch nothing that is built, with the reason."""

_IN_NAME = re.compile(r"(?<=_)(?:(d)_(\d+)|([a-g])(\d+b?))(?=_|$)")
_IN_PARAMETER = re.compile(r"\b(?:(D-\d+)|([A-G]\d+b?))\b")


def ids_in_name(name: str) -> list[str]:
    """The ids in the name of a test."""
    return [
        f"D-{match[2]}" if match[1] else match[3].upper() + match[4]
        for match in _IN_NAME.finditer(name)
    ]


def ids_in_parameter(text: str) -> list[str]:
    """The ids in the id of a parameter."""
    return [match[1] or match[2] for match in _IN_PARAMETER.finditer(text)]


@cache
def held() -> dict[str, list[str]]:
    """By id the tests that hold it, as `FILE::NAME`, in the order of the files."""
    found: dict[str, list[str]] = {name: [] for name in ALL}
    for folder in FOLDERS:
        for path in sorted((TESTS / folder).glob("test_*.py")):
            for name, ids in _tests(path):
                where = f"{folder}/{path.name}::{name}"
                for case in ids:
                    if where not in found.setdefault(case, []):
                        found[case].append(where)
    return found


def _tests(path: Path) -> Iterator[tuple[str, list[str]]]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            ids = ids_in_name(node.name)
            for decorator in node.decorator_list:
                for text in _parameter_ids(decorator):
                    ids += ids_in_parameter(text)
            yield node.name, ids


def _parameter_ids(decorator: ast.expr) -> Iterator[str]:
    for node in ast.walk(decorator):
        if isinstance(node, ast.keyword) and node.arg in ("id", "ids"):
            for leaf in ast.walk(node.value):
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str):
                    yield leaf.value


def table() -> str:
    """The table of ids and tests, in Markdown."""
    rows = ["| id | held by |", "|---|---|"]
    for case, tests in held().items():
        rows.append(f"| {case} | {NOT_TOUCHED.get(case) or '<br>'.join(tests)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(table(), end="")
