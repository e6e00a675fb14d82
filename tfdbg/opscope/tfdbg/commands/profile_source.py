"""`print_source` after a profiled run: what each line of a file cost."""

from __future__ import annotations

import math
import re
from argparse import Namespace
from collections import Counter
from dataclasses import dataclass, field

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, command
from opscope.tfdbg.commands.list_profile import (
    FILTER_ARGUMENTS,
    TIME_UNIT_ARGUMENT,
    filter_flags,
    need_profile,
    passes_filters,
)
from opscope.tfdbg.display_units import time_text
from opscope.tfdbg.profile import ProfileDatum
from opscope.tfdbg.screen import Line, Screen, Span, line
from opscope.tfdbg.source_files import (
    find_source,
    line_number_width,
    same_file,
    source_text,
)

_TICKS = 10
_BAR_WIDTH = _TICKS + 3
_COUNT_WIDTH = len("(#execs)") + 1


@dataclass
class _LineCost:
    """What the ops made on one line cost: times in microseconds, executions by node."""

    op_time: int = 0
    exec_time: int = 0
    executions: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, datum: ProfileDatum) -> None:
        self.op_time += datum.op_time
        self.exec_time += datum.exec_time
        self.executions[datum.device, datum.node] += 1


def _files(context: Analysis) -> list[str]:
    return [] if context.profile is None else context.profile.files


@command(
    "print_source",
    "ps",
    arguments=[
        Argument("source_file_path", help="A source file; its name is enough where it is unique."),
        Argument(
            "--cost_type",
            choices=("exec_time", "op_time"),
            default="exec_time",
            help="Which time to show: in all, or of the kernels alone.",
        ),
        TIME_UNIT_ARGUMENT,
        *FILTER_ARGUMENTS,
        Argument("--init_line", type=int, default=0, help="The line to begin with on the screen."),
    ],
    needs_profile=True,
    completes=_files,
)
def print_profiled_source(context: Analysis, args: Namespace) -> Screen:
    """Print a source file with what the ops made on each line cost in the profiled run."""
    profile = need_profile(context)
    path = find_source(args.source_file_path, profile.files)
    costs: dict[int, _LineCost] = {}
    for datum in profile.data:
        if datum.file and same_file(datum.file) == same_file(path) and passes_filters(datum, args):
            costs.setdefault(datum.line, _LineCost()).add(datum)
    if not costs:
        return _nothing(args)
    texts = source_text(path, {}).split("\n")
    width = line_number_width(len(texts))
    most = max(getattr(cost, args.cost_type) for cost in costs.values())
    lines = _heads(args.cost_type, width)
    start_line = 0
    for number, text in enumerate(texts, start=1):
        if number == args.init_line:
            start_line = len(lines)
        label = Span(f" L{number}".ljust(width), "yellow")
        cells = _cost_cells(number, path, costs.get(number), most, args)
        lines.append(line(*cells, label, text))
    data = {
        "file": path,
        "lines": [
            {
                "line": number,
                "op_us": cost.op_time,
                "exec_us": cost.exec_time,
                "nodes": len(cost.executions),
                "executions": cost.executions.total(),
            }
            for number, cost in sorted(costs.items())
        ],
    }
    menu = (Span("list_profile", link="lp"), Span("print_source"), Span("help", link="help"))
    return Screen(tuple(lines), data=data, start_line=start_line, menu=menu)


def _nothing(args: Namespace) -> Screen:
    names = ("device_name_filter", "node_name_filter", "op_type_filter")
    rows = [line(f"  --{name}: {getattr(args, name)}") for name in names]
    head = (
        f"The source file {args.source_file_path} does not contain any profile information for "
        "the previous Session run under the following filters:"
    )
    return Screen((line(head), *rows), data={"file": args.source_file_path, "lines": []})


def _heads(cost_type: str, number_width: int) -> list[Line]:
    before = " " * _BAR_WIDTH + f"{cost_type}   " + f"{'#nodes':<{_COUNT_WIDTH}}"
    below = " " * (_BAR_WIDTH + len(cost_type) + 3) + f"{'(#execs)':<{_COUNT_WIDTH}}"
    return [
        line(Span(before, "heading"), Span("lineno", "yellow")),
        line(Span(below + " " * number_width, "heading"), Span("source", "bold")),
    ]


def _cost_cells(
    number: int, path: str, cost: _LineCost | None, most: int, args: Namespace
) -> list[Span]:
    """The bar, the time and the counts before a source line; `most` is what the dearest cost."""
    cost_width = len(args.cost_type) + 3
    if cost is None:
        return [Span(" " * (_BAR_WIDTH + cost_width + _COUNT_WIDTH))]
    spent = getattr(cost, args.cost_type)
    ticks = max(math.ceil(spent / most * _TICKS) if most else 0, 1)
    count = f"{len(cost.executions)}({cost.executions.total()})"
    pattern = f'"{re.escape(path)}$"'
    link = f"lp --file_path_filter {pattern} --min_lineno {number} --max_lineno {number + 1}"
    return [
        Span(f"[{'|' * ticks:<{_TICKS}}]".ljust(_BAR_WIDTH), "bold"),
        Span(time_text(spent, args.time_unit).ljust(cost_width)),
        Span(count, "tensor", link + filter_flags(args)),
        Span(" " * (_COUNT_WIDTH - len(count))),
    ]
