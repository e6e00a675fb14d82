"""`list_tensors`: what was dumped, in a table."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command, compile_pattern
from opscope.tfdbg.command_line import as_typed
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.debug_tensor import DebugTensorDatum
from opscope.tfdbg.display_units import bytes_text, elided
from opscope.tfdbg.filters import TensorFilter, find_passing
from opscope.tfdbg.menu import list_menu
from opscope.tfdbg.origin import find_origins
from opscope.tfdbg.screen import Line, Screen, Span, line
from opscope.tfdbg.tensor_condition import ShapePattern, parse_conditions
from opscope.tfdbg.tensor_facts import STATISTICS, TensorFacts, tensor_facts

_HEADS = ("t (ms)", "Size (B)", "Op type", "Tensor name")
_MORE_HEADS = ("Dtype", "Shape")
_NARROW_OP_TYPE = 12
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
        Argument(
            "-v",
            "--verbose",
            action="store_true",
            help="Also show dtype, shape, debug op and health: how many are nan, -inf, +inf.",
        ),
        Argument(
            "--dtype",
            default="",
            metavar="REGEX",
            help="List only tensors whose dtype matches from its start: float32, int.*",
        ),
        Argument(
            "--shape",
            default="",
            metavar="SHAPE",
            help="List only tensors of this shape: 50,10 or ?,10 or ...,10 or ()",
        ),
        Argument(
            "--where",
            default="",
            metavar="CONDITIONS",
            help=f'List only tensors with such numbers: "max > 1e3, nan == 0". Names: '
            f"{', '.join(STATISTICS)}.",
        ),
        Argument(
            "--origin",
            action="store_true",
            help="List only tensors that pass the filter (default: has_inf_or_nan) although all "
            "inputs of their op did not.",
        ),
    ],
    needs_dump=True,
)
def list_tensors(context: Analysis, args: Namespace) -> Screen:
    """List the dumped tensors: time after the first dump, size, op type, name."""
    dump = context.watched
    data = _chosen(context, args)
    if args.sort_by not in _SORT_KEYS:
        raise CommandError(
            f"Unsupported key to sort tensors by: {args.sort_by}. Keys: {', '.join(_SORT_KEYS)}"
        )
    facts = _Facts()
    shown = _matching(dump, data, args, facts)
    shown.sort(key=_sort_key(dump, args.sort_by), reverse=args.reverse)
    lines = [line(_title(len(shown), args))]
    if args.op_type_filter:
        lines.append(line(f'Op type regex filter: "{args.op_type_filter}"'))
    if args.node_name_filter:
        lines.append(line(f'Node name regex filter: "{args.node_name_filter}"'))
    if args.dtype:
        lines.append(line(f'Dtype regex filter: "{args.dtype}"'))
    if args.shape:
        lines.append(line(f"Shape: {args.shape}"))
    if args.where:
        lines.append(line(f"Where: {args.where}"))
    lines += [line(), *_table(context, data, shown, args, facts)]
    return Screen(
        tuple(lines),
        data={
            "tensors": [
                _record(dump, datum) | (_facts_record(facts(datum)) if args.verbose else {})
                for datum in shown
            ]
        },
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


class _Facts:
    """The facts of dumps, each read once."""

    def __init__(self) -> None:
        self._known: dict[int, TensorFacts] = {}

    def __call__(self, datum: DebugTensorDatum) -> TensorFacts:
        known = self._known.get(id(datum))
        if known is None:
            known = self._known[id(datum)] = tensor_facts(datum)
        return known


def _title(count: int, args: Namespace) -> str:
    name = args.tensor_filter or ("has_inf_or_nan" if args.origin else "")
    passing = f' passing filter "{name}"' if name else ""
    while_good = " whose inputs did not" if args.origin else ""
    return f"{count} dumped tensor(s){passing}{while_good}:"


def _chosen(context: Analysis, args: Namespace) -> list[DebugTensorDatum]:
    if args.origin:
        return _origins(context, args)
    if not args.tensor_filter:
        if args.filter_exclude_node_names:
            raise CommandError(
                "The flag --filter_exclude_node_names is valid only when the flag -f or "
                "--tensor_filter is used."
            )
        return context.watched.dumped_tensor_data
    return find_passing(
        context.watched,
        _filter(context, args.tensor_filter),
        args.tensor_filter,
        exclude_node_names=_excluded(args),
    )


def _origins(context: Analysis, args: Namespace) -> list[DebugTensorDatum]:
    passes = _filter(context, args.tensor_filter or "has_inf_or_nan")
    return [found.datum for found in find_origins(context.watched, passes, _excluded(args))]


def _filter(context: Analysis, name: str) -> TensorFilter:
    if name not in context.filters:
        raise CommandError(f'There is no tensor filter named "{name}".')
    return context.filters[name]


def _excluded(args: Namespace) -> str | None:
    compile_pattern(args.filter_exclude_node_names, "--filter_exclude_node_names")
    return args.filter_exclude_node_names or None


def _matching(
    dump: DebugDump, data: list[DebugTensorDatum], args: Namespace, facts: _Facts
) -> list[DebugTensorDatum]:
    node_name = compile_pattern(args.node_name_filter, "--node_name_filter")
    op_type = compile_pattern(args.op_type_filter, "--op_type_filter")
    dtype = compile_pattern(args.dtype, "--dtype")
    shape = ShapePattern(args.shape) if args.shape else None
    conditions = parse_conditions(args.where) if args.where else []
    found = [
        datum
        for datum in data
        if node_name.match(datum.node_name) and op_type.match(op_type_of(dump, datum))
    ]
    if not (args.dtype or shape or conditions):
        return found
    return [
        datum
        for datum in found
        if dtype.match(facts(datum).dtype or "")
        and (shape is None or shape.matches(facts(datum).shape))
        and all(condition.holds(facts(datum).statistics) for condition in conditions)
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


def _cells(dump: DebugDump, datum: DebugTensorDatum) -> tuple[str, ...]:
    return (
        _time_text(dump, datum),
        bytes_text(datum.dump_size_bytes),
        op_type_of(dump, datum),
    )


def _more_cells(datum: DebugTensorDatum, facts: TensorFacts, fitted: bool) -> tuple[str, ...]:
    shape = "" if facts.shape is None else str(facts.shape).replace(" ", "")
    debug_op = () if fitted else (datum.debug_op,)
    return (facts.dtype or "", shape, *debug_op, facts.health)


def _table(
    context: Analysis,
    data: list[DebugTensorDatum],
    shown: list[DebugTensorDatum],
    args: Namespace,
    facts: _Facts,
) -> list[Line]:
    """Head and rows; the columns are as wide as all of `data` needs, shown or not.

    In a window the debug op stands behind the name, and long op types give way to long names.
    """
    dump, fitted = context.watched, context.fitted
    heads = [*_HEADS[:3], *((*_MORE_HEADS, "Health") if args.verbose else ()), _HEADS[3]]
    if args.verbose and not fitted:
        heads.insert(-2, "Debug op")
    widths = _column_widths(dump, shown if fitted and args.verbose else data)
    rows = {id(datum): _cells(dump, datum) for datum in shown}
    if args.verbose:
        more = {id(datum): _more_cells(datum, facts(datum), fitted) for datum in shown}
        texts = [heads[3:-1], *more.values()]
        widths += [max(len(row[at]) for row in texts) + 1 for at in range(len(heads) - 4)]
        rows = {key: (*row, *more[key]) for key, row in rows.items()}
    if fitted and shown:
        over = sum(widths) + max(len(datum.tensor_name) for datum in shown) - context.columns
        widths[2] = max(widths[2] - max(over, 0), min(widths[2], _NARROW_OP_TYPE))
    lines = [_head_line(args, heads, widths)]
    for datum in shown:
        cells = [
            elided(cell, width - 1) for cell, width in zip(rows[id(datum)], widths, strict=True)
        ]
        start = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)]
        parts: list[str | Span] = ["".join(start)]
        if args.verbose and facts(datum).health:
            bad = any(word in facts(datum).health for word in ("nan", "inf"))
            pad = " " * (widths[-1] - len(cells[-1]))
            parts = ["".join(start[:-1]), Span(cells[-1], "bad" if bad else ""), pad]
        name = Span(datum.tensor_name, "tensor", dump_command(dump, datum))
        shows_op = (args.verbose and not fitted) or datum.debug_op == "DebugIdentity"
        parts += (name,) if shows_op else (name, Span(f":{datum.debug_op}", "yellow"))
        lines.append(line(*parts))
    return lines


def _column_widths(dump: DebugDump, data: list[DebugTensorDatum]) -> list[int]:
    times = [len(_time_text(dump, datum)) + 1 for datum in data[-1:]]  # the last is the longest
    sizes = [len(bytes_text(datum.dump_size_bytes)) for datum in data]
    types = [len(op_type_of(dump, datum)) for datum in data]
    found = zip(_HEADS, (times, sizes, types), strict=False)
    return [max([len(head), *lengths]) + 1 for head, lengths in found]


def _head_line(args: Namespace, heads: list[str], widths: list[int]) -> Line:
    base = "list_tensors"
    flags = ("-f", "tensor_filter"), ("-fenn", "filter_exclude_node_names")
    more = ("--dtype", "dtype"), ("--shape", "shape"), ("--where", "where")
    for flag, name in (*flags, ("-t", "op_type_filter"), ("-n", "node_name_filter"), *more):
        value = getattr(args, name)
        if value:
            base += f" {flag} {as_typed(value)}"
    base += " -v" * args.verbose + " --origin" * args.origin
    keys = [*_SORT_KEYS[:3], *([""] * (len(heads) - 4)), _SORT_KEYS[3]]
    spans: list[Span] = []
    for head, key, width in zip(heads, keys, [*widths, 0], strict=True):
        again = args.sort_by == key and not args.reverse
        link = f"{base} -s {key}{' -r' if again else ''}" if key else None
        spans.append(Span(head, "heading", link))
        if width:
            spans.append(Span(" " * (width - len(head))))
    return line(*spans)


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


def _facts_record(facts: TensorFacts) -> dict[str, object]:
    return {
        "dtype": facts.dtype,
        "shape": None if facts.shape is None else list(facts.shape),
        "health": facts.health,
        "statistics": facts.statistics,
    }
