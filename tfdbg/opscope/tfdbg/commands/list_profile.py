"""`list_profile`: what each op of a profiled run cost."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command, compile_pattern
from opscope.tfdbg.command_line import as_typed
from opscope.tfdbg.display_units import TIME_UNITS, elided, time_text
from opscope.tfdbg.interval import Interval, parse_interval
from opscope.tfdbg.profile import DeviceProfile, Profile, ProfileDatum
from opscope.tfdbg.screen import Line, Screen, Span, line

_SORTED_BY: dict[str, Callable[[ProfileDatum], Any]] = {
    "node": lambda datum: datum.node,
    "op_type": lambda datum: datum.op_type,
    "start_time": lambda datum: datum.start_time,
    "op_time": lambda datum: datum.op_time,
    "exec_time": lambda datum: datum.exec_time,
    "line": lambda datum: datum.place,
}
_MARGIN = 2
_HEADS = (
    *("Node", "Op Type", "Start Time (us)"),
    *("Op Time", "Exec Time", "Filename:Lineno(function)"),
)
_FITTED_HEADS = ("Node", "Op Type", "Start (us)", "Op", "Exec", "Line")
_NARROWED = ((0, 26), (1, 12), (0, 20))  # places of columns and how narrow they may get
_DROPPED = (2, 1)
_FILTER_NAMES = ("device_name_filter", "node_name_filter", "op_type_filter")

FILTER_ARGUMENTS = (
    Argument(
        "-d",
        "--device_name_filter",
        default="",
        metavar="REGEX",
        help="Only devices whose name matches from its start.",
    ),
    Argument(
        "-n",
        "--node_name_filter",
        default="",
        metavar="REGEX",
        help="Only nodes whose name matches from its start.",
    ),
    Argument(
        "-t",
        "--op_type_filter",
        default="",
        metavar="REGEX",
        help="Only ops whose type matches from its start.",
    ),
)
"""What both commands of the profiler choose by."""

TIME_UNIT_ARGUMENT = Argument(
    "--time_unit", choices=tuple(TIME_UNITS), default="us", help="Show times in us, ms or s."
)


def filter_flags(args: Namespace) -> str:
    """The filters that are set, as they are typed, each with a space before it."""
    set_to = {name: getattr(args, name) for name in _FILTER_NAMES}
    return "".join(f" --{name} {as_typed(value)}" for name, value in set_to.items() if value)


def passes_filters(datum: ProfileDatum, args: Namespace) -> bool:
    """True where device, node and op type match what FILTER_ARGUMENTS say."""
    texts = (datum.device, datum.node, datum.op_type)
    return all(
        compile_pattern(getattr(args, name), f"--{name}").match(text)
        for name, text in zip(_FILTER_NAMES, texts, strict=True)
    )


def need_profile(context: Analysis) -> Profile:
    """The profile; raises CommandError where no run was profiled."""
    if context.profile is None:
        raise CommandError("No run was profiled: `run -p` does.")
    return context.profile


@command(
    "list_profile",
    "lp",
    arguments=[
        *FILTER_ARGUMENTS,
        Argument(
            "-f",
            "--file_path_filter",
            default="",
            metavar="REGEX",
            help="Only ops made in a source file whose path matches from its start.",
        ),
        Argument("--min_lineno", type=int, default=-1, help="Only ops made on this line or after."),
        Argument("--max_lineno", type=int, default=-1, help="Only ops made before this line."),
        Argument(
            "-e",
            "--execution_time",
            default="",
            metavar="INTERVAL",
            help="Only executions that took so long: >100us, <=2ms, [100us,1ms].",
        ),
        Argument(
            "-o",
            "--op_time",
            default="",
            metavar="INTERVAL",
            help="As -e, for the time of the kernel alone.",
        ),
        Argument(
            "-s",
            "--sort_by",
            default="start_time",
            metavar="KEY",
            help=f"Sort by {', '.join(_SORTED_BY)}.",
        ),
        Argument("-r", "--reverse", action="store_true", help="Sort in descending order."),
        TIME_UNIT_ARGUMENT,
    ],
    needs_profile=True,
)
def list_profile(context: Analysis, args: Namespace) -> Screen:
    """List the ops of the profiled run: start, time in the kernel, time in all, source line."""
    profile = need_profile(context)
    if args.sort_by not in _SORTED_BY:
        raise CommandError(
            f"Unsupported key to sort ops by: {args.sort_by}. Keys: {', '.join(_SORTED_BY)}"
        )
    chosen = _chooser(args)
    device_name = compile_pattern(args.device_name_filter, "--device_name_filter")
    lines: list[Line] = [line()]
    data: list[dict[str, object]] = []
    for number, device in enumerate(profile.devices, start=1):
        if not device_name.match(device.name):
            continue
        shown = [datum for datum in device.data if chosen(datum)]
        shown.sort(key=_SORTED_BY[args.sort_by], reverse=args.reverse)
        title = f"Device {number} of {len(profile.devices)}: {device.name}"
        lines += [line("-" * context.columns), line(title), line()]
        first = min((datum.start_time for datum in device.data), default=0)
        lines += _table(shown, args, context.columns if context.fitted else None, first)
        data.append(_record(device, shown))
    return Screen(tuple(lines), data={"devices": data}, menu=_menu())


def _menu() -> tuple[Span, ...]:
    return (
        Span("list_profile"),
        Span("by exec_time", link="lp -s exec_time -r"),
        Span("run_info", link="run_info"),
        Span("help", link="help"),
    )


def _interval(text: str, flag: str) -> Interval | None:
    if not text:
        return None
    interval = parse_interval(text)
    ends = (interval.start, interval.stop)
    if any(-float("inf") < end < 0 for end in ends):
        raise CommandError(f"{flag}: Invalid time {text}. Time value must be positive.")
    return interval


def _chooser(args: Namespace) -> Callable[[ProfileDatum], bool]:
    file_path = compile_pattern(args.file_path_filter, "--file_path_filter")
    exec_time = _interval(args.execution_time, "-e")
    op_time = _interval(args.op_time, "-o")

    def chosen(datum: ProfileDatum) -> bool:
        if not passes_filters(datum, args):
            return False
        if args.file_path_filter and not (datum.file and file_path.match(datum.file)):
            return False
        if datum.line and 0 < args.min_lineno > datum.line:
            return False
        if datum.line and 0 < args.max_lineno <= datum.line:
            return False
        if op_time is not None and datum.op_time not in op_time:
            return False
        return exec_time is None or datum.exec_time in exec_time

    return chosen


def _table(
    shown: list[ProfileDatum], args: Namespace, columns: int | None, first: int
) -> list[Line]:
    """The ops with their times.

    In a window of some columns starts count from the `first`, long names and types are shortened,
    and what still does not fit goes: starts, then types.
    """
    unit, fitted = args.time_unit, columns is not None
    heads = list(_FITTED_HEADS if fitted else _HEADS)
    heads[3:5] = [f"{head} ({unit})" for head in heads[3:5]]
    rows = [_cells(datum, unit, first if fitted else 0) for datum in shown]
    totals = (
        "Device Total",
        "",
        "",
        time_text(sum(datum.op_time for datum in shown), unit),
        time_text(sum(datum.exec_time for datum in shown), unit),
        "",
    )
    widths = [max(map(len, column)) + _MARGIN for column in zip(heads, totals, *rows, strict=True)]
    places = list(range(len(heads)))
    if columns is not None:
        widths, places = _fitted(widths, columns)
    flags = filter_flags(args) + (
        f" --file_path_filter {as_typed(args.file_path_filter)}" if args.file_path_filter else ""
    )
    keys = list(_SORTED_BY)
    head: list[Span] = []
    for place in places:
        key = keys[place]
        again = args.sort_by == key and not args.reverse
        link = f"list_profile{flags} -s {key}{' -r' if again else ''}"
        pad = widths[place] - len(heads[place])
        head += [Span(heads[place], "heading", link), Span(" " * pad)]
    lines = [line(*(head[:-1] if fitted else head))]
    for datum, row in zip(shown, rows, strict=True):
        start = _row(row, places[:-1], widths)
        to_source = f"ps{filter_flags(args)} {as_typed(datum.file)} --init_line {datum.line}"
        place_span = Span(row[-1], "tensor", to_source) if datum.file else Span(row[-1])
        lines.append(line(start, place_span, "" if fitted else " " * (widths[-1] - len(row[-1]))))
    return [*lines, line(), line(Span(_row(totals, places, widths).rstrip(), "bold"))]


def _row(cells: tuple[str, ...], places: list[int], widths: list[int]) -> str:
    return "".join(
        f"{elided(cells[place], widths[place] - _MARGIN):<{widths[place]}}" for place in places
    )


def _fitted(widths: list[int], columns: int) -> tuple[list[int], list[int]]:
    """The widths, and the places of the columns that are shown, for a window of `columns`."""
    widths, places = list(widths), list(range(len(widths)))

    def over() -> int:
        return sum(widths[place] for place in places) - _MARGIN - columns

    for narrowed, least in _NARROWED:
        widths[narrowed] -= min(max(over(), 0), max(widths[narrowed] - least, 0))
    for dropped in _DROPPED:
        if over() > 0:
            places.remove(dropped)
    return widths, places


def _cells(datum: ProfileDatum, unit: str, first: int) -> tuple[str, ...]:
    times = (time_text(datum.op_time, unit), time_text(datum.exec_time, unit))
    return (datum.node, datum.op_type, str(datum.start_time - first), *times, datum.place)


def _record(device: DeviceProfile, shown: list[ProfileDatum]) -> dict[str, object]:
    ops = [
        {
            "node": datum.node,
            "op_type": datum.op_type,
            "start_us": datum.start_time,
            "op_us": datum.op_time,
            "exec_us": datum.exec_time,
            "file": datum.file,
            "line": datum.line,
            "function": datum.function,
        }
        for datum in shown
    ]
    return {"device": device.name, "ops": ops}
