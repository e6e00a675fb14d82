"""`list_tensors`: what was dumped, in a table."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command, compile_pattern
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.debug_tensor import DebugTensorDatum
from opscope.tfdbg.display_units import bytes_text
from opscope.tfdbg.filters import find_passing
from opscope.tfdbg.menu import list_menu
from opscope.tfdbg.screen import Line, Screen, Span, line

_HEADS = ("t (ms)", "Size (B)", "Op type", "Tensor name")
_SORT_KEYS = ("timestamp", "dump_size", "op_type", "tensor_name")


@command(
    "list_tensors",
    "lt",
    arguments=[
        Argument(
            "-f",
            "--tensor_filter",
            default="",
            metavar="FILTER",
            help="List only tensors that pass the filter of this name.",
        ),
        Argument(
            "-fenn",
            "--filter_exclude_node_names",
            default="",
            metavar="REGEX",
            help="With -f: leave out nodes whose name matches from its start.",
        ),
        Argument(
            "-n",
            "--node_name_filter",
            default="",
            metavar="REGEX",
            help="List only nodes whose name matches from its start.",
        ),
        Argument(
            "-t",
            "--op_type_filter",
            default="",
            metavar="REGEX",
            help="List only ops whose type matches from its start.",
        ),
        Argument(
            "-s",
            "--sort_by",
            default="timestamp",
            metavar="KEY",
            help=f"Sort by {', '.join(_SORT_KEYS)}.",
        ),
        Argument("-r", "--reverse", action="store_true", help="Sort in descending order."),
    ],
    needs_dump=True,
)
def list_tensors(context: Analysis, args: Namespace) -> Screen:
    """List the dumped tensors: time after the first dump, size, op type, name."""
    dump = context.watched
    data = _chosen(context, args)
    widths = _column_widths(dump, data)
    if args.sort_by not in _SORT_KEYS:
        raise CommandError(
            f"Unsupported key to sort tensors by: {args.sort_by}. Keys: {', '.join(_SORT_KEYS)}"
        )
    shown = _matching(dump, data, args)
    shown.sort(key=_sort_key(dump, args.sort_by), reverse=args.reverse)
    count = f"{len(shown)} dumped tensor(s)"
    passing = f' passing filter "{args.tensor_filter}"' if args.tensor_filter else ""
    lines = [line(f"{count}{passing}:")]
    if args.op_type_filter:
        lines.append(line(f'Op type regex filter: "{args.op_type_filter}"'))
    if args.node_name_filter:
        lines.append(line(f'Node name regex filter: "{args.node_name_filter}"'))
    lines += [line(), _head_line(args, widths)]
    lines += [_row(dump, datum, widths) for datum in shown]
    return Screen(
        tuple(lines),
        data={"tensors": [_record(dump, datum) for datum in shown]},
        menu=list_menu(),
    )


def op_type_of(dump: DebugDump, datum: DebugTensorDatum) -> str:
    """The type of the op that made the tensor; `?` where no graph tells."""
    if not dump.has_graph(datum.device_name):
        return "?"
    return dump.node_op_type(datum.node_name, datum.device_name)


def dump_command(dump: DebugDump, datum: DebugTensorDatum, name: str = "pt") -> str:
    """The command that prints exactly this dump."""
    of_node = dump.node_data(datum.node_name)
    of_tensor = [other for other in of_node if other.output_slot == datum.output_slot]
    if len(of_tensor) == 1:
        return f"{name} {datum.tensor_name}"
    return f"{name} {datum.tensor_name} -n {of_tensor.index(datum)}"


def _chosen(context: Analysis, args: Namespace) -> list[DebugTensorDatum]:
    if not args.tensor_filter:
        if args.filter_exclude_node_names:
            raise CommandError(
                "The flag --filter_exclude_node_names is valid only when the flag -f or "
                "--tensor_filter is used."
            )
        return context.watched.dumped_tensor_data
    if args.tensor_filter not in context.filters:
        raise CommandError(f'There is no tensor filter named "{args.tensor_filter}".')
    compile_pattern(args.filter_exclude_node_names, "--filter_exclude_node_names")
    return find_passing(
        context.watched,
        context.filters[args.tensor_filter],
        args.tensor_filter,
        exclude_node_names=args.filter_exclude_node_names or None,
    )


def _matching(
    dump: DebugDump, data: list[DebugTensorDatum], args: Namespace
) -> list[DebugTensorDatum]:
    node_name = compile_pattern(args.node_name_filter, "--node_name_filter")
    op_type = compile_pattern(args.op_type_filter, "--op_type_filter")
    return [
        datum
        for datum in data
        if node_name.match(datum.node_name) and op_type.match(op_type_of(dump, datum))
    ]


def _sort_key(dump: DebugDump, name: str) -> Callable[[DebugTensorDatum], Any]:
    keys: dict[str, Callable[[DebugTensorDatum], Any]] = {
        "timestamp": lambda datum: datum.order,
        "dump_size": lambda datum: datum.dump_size_bytes or 0,
        "op_type": lambda datum: op_type_of(dump, datum),
        "tensor_name": lambda datum: datum.tensor_name,
    }
    return keys[name]


def _time_text(dump: DebugDump, datum: DebugTensorDatum) -> str:
    return f"[{dump.milliseconds(datum):.3f}]"


def _column_widths(dump: DebugDump, data: list[DebugTensorDatum]) -> tuple[int, int, int]:
    times = [len(_time_text(dump, datum)) + 1 for datum in data[-1:]]
    sizes = [len(bytes_text(datum.dump_size_bytes)) for datum in data]
    types = [len(op_type_of(dump, datum)) for datum in data]
    found = (times, sizes, types)
    first, second, third = (
        max([len(head), *lengths]) + 1 for head, lengths in zip(_HEADS, found, strict=False)
    )
    return first, second, third


def _head_line(args: Namespace, widths: tuple[int, int, int]) -> Line:
    base = "list_tensors"
    flags = ("-f", "tensor_filter"), ("-fenn", "filter_exclude_node_names")
    for flag, name in (*flags, ("-t", "op_type_filter"), ("-n", "node_name_filter")):
        value = getattr(args, name)
        if value:
            base += f" {flag} {_quoted(value)}"
    spans: list[Span] = []
    for number, (head, key) in enumerate(zip(_HEADS, _SORT_KEYS, strict=True)):
        again = args.sort_by == key and not args.reverse
        link = f"{base} -s {key}{' -r' if again else ''}"
        spans.append(Span(head, "heading", link))
        if number < len(widths):
            spans.append(Span(" " * (widths[number] - len(head))))
    return line(*spans)


def _quoted(text: str) -> str:
    if not any(char in text for char in " \t'\">"):
        return text
    return f"'{text}'" if '"' in text else f'"{text}"'


def _row(dump: DebugDump, datum: DebugTensorDatum, widths: tuple[int, int, int]) -> Line:
    cells = (
        _time_text(dump, datum),
        bytes_text(datum.dump_size_bytes),
        op_type_of(dump, datum),
    )
    start = "".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
    name = Span(datum.tensor_name, "tensor", dump_command(dump, datum))
    if datum.debug_op == "DebugIdentity":
        return line(start, name)
    return line(start, name, Span(f":{datum.debug_op}", "yellow"))


def _record(dump: DebugDump, datum: DebugTensorDatum) -> dict[str, object]:
    return {
        "tensor": datum.tensor_name,
        "debug_op": datum.debug_op,
        "device": datum.device_name,
        "op_type": op_type_of(dump, datum),
        "time_ms": dump.milliseconds(datum),
        "timestamp_us": datum.timestamp,
        "size_bytes": datum.dump_size_bytes,
        "command": dump_command(dump, datum),
    }
