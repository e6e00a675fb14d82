"""Writes which test file runs which op type that has no sample.

    pytest -p op_recorder tests/runtime tests/interop

A pytest plugin: it notes the op types of the nodes that are made while a test runs and writes
`tests/data/runtime/op_tests.txt`, one line per op type. Test files that compare with TensorFlow
come before others. What other runs have found stays while it still exists.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[1] / "data" / "runtime" / "op_tests.txt"
ROOT = Path(__file__).parents[2]

_seen: dict[str, set[str]] = {}
_current = ""


def read_table() -> dict[str, str]:
    """The test file of each op type."""
    rows = PATH.read_text().splitlines() if PATH.exists() else []
    return dict(row.split() for row in rows)


def pytest_configure(config: Any) -> None:
    from opscope.runtime.operation import Operation

    make = Operation.__init__

    def noting(self: Any, graph: Any, definition: Any, *rest: Any, **named: Any) -> None:
        _seen.setdefault(definition.name, set()).add(_current)
        make(self, graph, definition, *rest, **named)

    Operation.__init__ = noting  # type: ignore[method-assign]


def pytest_runtest_setup(item: Any) -> None:
    global _current
    _current = Path(item.path).relative_to(ROOT).as_posix()


def pytest_sessionfinish(session: Any) -> None:
    from op_samples import SAMPLES

    table = {op: file for op, file in read_table().items() if (ROOT / file).exists()}
    for op, files in _seen.items():
        files |= {table[op]} if op in table else set()
        table[op] = min(files, key=lambda f: (not f.startswith("tests/interop/"), f))
    sampled = {s.op_type for s in SAMPLES}
    rows = [f"{op} {table[op]}\n" for op in sorted(table) if op not in sampled]
    PATH.write_text("".join(rows))
