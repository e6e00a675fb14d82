"""`print_source`: a source file with the ops or tensors that each line made."""

from __future__ import annotations

from argparse import Namespace

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command
from opscope.tfdbg.command_line import as_typed
from opscope.tfdbg.commands.list_source import need_tracebacks
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.debug_graph import node_name_of
from opscope.tfdbg.menu import list_menu
from opscope.tfdbg.screen import Line, Screen, Span, line
from opscope.tfdbg.source_files import find_source, line_number_width, source_text
from opscope.tfdbg.source_index import elements_by_line, source_files

_MORE = 5


def _files(context: Analysis) -> list[str]:
    return [] if context.dump is None else source_files(context.dump)


@command(
    "print_source",
    "ps",
    arguments=[
        Argument("source_file_path", help="A source file; its name is enough where it is unique."),
        Argument(
            "-t",
            "--tensors",
            action="store_true",
            help="Show the dumped tensors of each line instead of its ops.",
        ),
        Argument(
            "-m",
            "--max_elements_per_line",
            type=int,
            default=10,
            metavar="N",
            help="Show at most so many ops or tensors of one line (default: 10).",
        ),
        Argument(
            "-b",
            "--line_begin",
            type=int,
            default=1,
            metavar="LINE",
            help="The line to begin with on the screen.",
        ),
    ],
    needs_dump=True,
    completes=_files,
)
def print_source(context: Analysis, args: Namespace) -> Screen:
    """Print a source file with the ops, or with -t the dumped tensors, that each line made."""
    dump = context.watched
    if args.max_elements_per_line < 0:
        raise CommandError(f"-m needs a number from 0 on, got {args.max_elements_per_line}")
    need_tracebacks(dump, "Cannot perform source annotation")
    path = find_source(args.source_file_path, [*dump.sources, *source_files(dump)])
    texts = source_text(path, dump.sources).split("\n")
    made = elements_by_line(dump, path, args.tensors)
    width = line_number_width(len(texts))
    lines: list[Line] = []
    start_line = 0
    for number, text in enumerate(texts, start=1):
        if number == args.line_begin:
            start_line = len(lines)
        lines.append(line(Span(f"L{number}".ljust(width), "yellow"), text))
        lines += _elements(dump, path, number, made.get(number, []), args)
    kind = "tensors" if args.tensors else "ops"
    data = {
        "file": path,
        "lines": [{"line": number, kind: names} for number, names in sorted(made.items())],
    }
    return Screen(tuple(lines), data=data, start_line=start_line, menu=list_menu())


def _elements(
    dump: DebugDump, path: str, number: int, names: list[str], args: Namespace
) -> list[Line]:
    limit = args.max_elements_per_line
    lines = [line("    ", _element(dump, name)) for name in names[:limit]]
    omitted = len(names) - limit
    if omitted > 0:
        kind = "tensor(s)" if args.tensors else "op(s)"
        flags = " -t" if args.tensors else ""
        more = f"ps {as_typed(path)}{flags} -m {limit + _MORE} -b {number}"
        text = f"    (... Omitted {omitted} of {len(names)} {kind} ...) "
        lines.append(line(text, Span(f"+{_MORE}", "tensor", more)))
    return lines


def _element(dump: DebugDump, name: str) -> Span:
    """A name that leads to its value, or to its node where it has none."""
    node = node_name_of(name)
    if dump.node_data(node):
        return Span(name, "tensor", f"pt {name}")
    if dump.loaded_partition_graphs() and dump.node_exists(node):
        return Span(name, "dim", f"ni -a -d -t {node}")
    return Span(name, "dim")
