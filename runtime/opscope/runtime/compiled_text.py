"""Compiling the text of a generated function, a long one piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from opscope.runtime.operation import Operation
from opscope.runtime.source_text import INDENT, SourceText

_FILE = "<opscope plan>"


class Compiled(NamedTuple):
    """The source of a program, the op that each line belongs to (from 1), the code of pieces."""

    source: str
    owners: tuple[Operation | None, ...]
    pieces: tuple[CodeType, ...] = ()


def compiled_text(
    text: SourceText, parameters: Sequence[str], namespace: dict[str, Any]
) -> Compiled:
    """Define the function `run` of the parameters in the namespace.

    Where the text is cut, each part becomes a function that hands its locals to the next one:

        def piece1(f0, live):
            v3, v7 = live; live.clear()
            ...
            return [v7, v9]
    """
    if not text.cuts:
        source = "\n".join([f"def run({', '.join(parameters)}):", *text.lines, ""])
        exec(compile(source, _FILE, "exec"), namespace)
        return Compiled(source, tuple(text.owners))
    lines: list[str] = []
    owners: list[Operation | None] = [None]
    pieces: list[CodeType] = []
    given: list[str] = []
    start = 0
    signature = ", ".join([*parameters, "live"])
    for end, handed in [*text.cuts, (len(text.lines), None)]:
        name = f"piece{len(pieces)}"
        # The list is emptied: the caller has it too, and would hold what the piece drops.
        taken = f"{', '.join(given)}, = live; live.clear()" if given else "pass"
        part = [f"def {name}({signature}):", INDENT + taken, *text.lines[start:end]]
        part_owners = [None, None, *text.owners[start + 2 : end + 2]]
        if handed is not None:
            part.append(f"{INDENT}return [{', '.join(handed)}]")
            part_owners.append(None)
            given, start = handed, end
        exec(compile("\n".join([*part, ""]), _FILE, "exec"), namespace)
        function: FunctionType = namespace[name]
        function.__code__ = function.__code__.replace(co_firstlineno=len(lines) + 1)
        pieces.append(function.__code__)
        lines += part
        owners += part_owners
    run = [f"def run({', '.join(parameters)}):", f"{INDENT}live = []"]
    run += [f"{INDENT}live = piece{i}({signature})" for i in range(len(pieces) - 1)]
    run.append(f"{INDENT}return piece{len(pieces) - 1}({signature})")
    exec(compile("\n".join([*run, ""]), _FILE, "exec"), namespace)
    return Compiled("\n".join([*lines, *run, ""]), (*owners, *[None] * len(run)), tuple(pieces))
