"""`origin`: which tensor went bad first, and from what."""

from __future__ import annotations

from argparse import Namespace

import numpy as np

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command, compile_pattern
from opscope.tfdbg.commands.list_tensors import dump_command
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.debug_tensor import DebugTensorDatum, InconvertibleTensorProto
from opscope.tfdbg.menu import node_menu
from opscope.tfdbg.numeric_summary import element_counts, summary_data
from opscope.tfdbg.origin import Origin, OriginInput, find_origins
from opscope.tfdbg.screen import Line, Screen, Span, line

_SHOWN = 10


@command(
    "origin",
    arguments=[
        Argument(
            "-f",
            "--tensor_filter",
            default="has_inf_or_nan",
            metavar="FILTER",
            help="What bad means (default: has_inf_or_nan).",
        ),
        Argument(
            "-fenn",
            "--filter_exclude_node_names",
            default="",
            metavar="REGEX",
            help="Nodes whose name matches from its start count as good.",
        ),
    ],
    needs_dump=True,
)
def origin(context: Analysis, args: Namespace) -> Screen:
    """Show the first bad tensor whose inputs were all good, and the source line that made it."""
    dump = context.watched
    if args.tensor_filter not in context.filters:
        raise CommandError(f'There is no tensor filter named "{args.tensor_filter}".')
    compile_pattern(args.filter_exclude_node_names, "--filter_exclude_node_names")
    found = list(
        find_origins(
            dump,
            context.filters[args.tensor_filter],
            args.filter_exclude_node_names or None,
        )
    )
    if not found:
        text = f"No tensor passes the filter {args.tensor_filter}."
        return Screen((line(text),), data={"origin": None, "others": []})
    first, *others = found
    lines = [*_described(dump, first, args.tensor_filter), line(), *_source(first)]
    if others:
        lines += [line(), line("Later ones that also went bad from good inputs:")]
        lines += [_row(dump, other.datum) for other in others[:_SHOWN]]
        if len(others) > _SHOWN:
            lines.append(line(f"  ... and {len(others) - _SHOWN} more"))
    command_text = f"lt -f {args.tensor_filter}"
    lines += [line(), line("All of them: ", Span(command_text, "bold", command_text))]
    return Screen(
        tuple(lines),
        data={
            "origin": _record(dump, first),
            "others": [other.datum.tensor_name for other in others],
        },
        menu=node_menu(first.datum.node_name, "origin"),
    )


def value_description(datum: DebugTensorDatum) -> str:
    """`float32 (50, 10), 354 of 500 -inf, finite from -86.1 to 0`."""
    value = datum.get_tensor()
    if isinstance(value, InconvertibleTensorProto):
        known = ": holds inf or nan" if value.holds_inf_or_nan else ""
        return f"no array{known}" if value.initialized else "not initialized"
    array = np.asarray(value)
    parts = [f"{array.dtype} {array.shape}"]
    counts = element_counts(array)
    parts += [
        f"{counts[kind]} of {array.size} {kind}"
        for kind in ("nan", "-inf", "inf", "+inf", "0")
        if counts.get(kind)
    ]
    summary = summary_data(array)
    if "min" in summary:
        what = "magnitudes" if array.dtype.kind == "c" else "finite"
        # Adding zero turns -0.0 into 0.0.
        low, high = float(summary["min"]) + 0.0, float(summary["max"]) + 0.0
        parts.append(f"{what} from {low:.6g} to {high:.6g}")
    return ", ".join(parts)


def _described(dump: DebugDump, found: Origin, filter_name: str) -> list[Line]:
    datum = found.datum
    return [
        line(f"First tensor that passes {filter_name} while its inputs do not:"),
        _row(dump, datum),
        line(f"    {value_description(datum)}"),
        line(f"    Op: {found.op_type}"),
        line(f"    Device: {datum.device_name}"),
        line(),
        *_input_lines(dump, found.inputs),
    ]


def _input_lines(dump: DebugDump, inputs: tuple[OriginInput, ...]) -> list[Line]:
    if not inputs:
        return [line("It has no inputs: the value was there when the run began, or was fed.")]
    lines = [line("Its inputs:")]
    for source in inputs:
        if source.datum is None:
            lines.append(line(f"  {source.tensor_name} (not dumped)"))
        else:
            lines.append(_row(dump, source.datum))
            lines.append(line(f"    {value_description(source.datum)}"))
    return lines


def _source(found: Origin) -> list[Line]:
    frame = found.source_line
    if frame is None:
        return [line("Made at: (unknown: the dump holds no tracebacks)")]
    path, number, function, text = frame
    lines = [line("Made at: ", Span(f"{path}:{number}", "bold"), f" in {function}")]
    return [*lines, line(f"    {text}")] if text else lines


def _row(dump: DebugDump, datum: DebugTensorDatum) -> Line:
    name = Span(datum.tensor_name, "tensor", dump_command(dump, datum))
    return line(f"  [{dump.milliseconds(datum):.3f} ms] ", name)


def _record(dump: DebugDump, found: Origin) -> dict[str, object]:
    datum = found.datum
    frame = found.source_line
    return {
        "tensor": datum.tensor_name,
        "device": datum.device_name,
        "op_type": found.op_type,
        "time_ms": dump.milliseconds(datum),
        "value": value_description(datum),
        "inputs": [
            {
                "tensor": source.tensor_name,
                "value": None if source.datum is None else value_description(source.datum),
            }
            for source in found.inputs
        ],
        "file": frame[0] if frame else None,
        "line": frame[1] if frame else None,
        "command": dump_command(dump, datum),
    }
