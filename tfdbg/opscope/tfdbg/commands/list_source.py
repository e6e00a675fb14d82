"""`list_source`: the files whose lines made the nodes of the run."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command, compile_pattern
from opscope.tfdbg.command_line import as_typed
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.menu import list_menu
from opscope.tfdbg.screen import Line, Screen, Span, line
from opscope.tfdbg.source_files import has_source
from opscope.tfdbg.source_index import SourceFile, list_source_files

_HEADS = ("Source file path", "#(nodes)", "#(tensors)", "#(tensor dumps)")


@command(
    "list_source",
    "ls",
    arguments=[
        Argument(
            "-p",
            "--path_filter",
            default="",
            metavar="REGEX",
            help="List only files whose path matches from its start.",
        ),
        Argument(
            "-n",
            "--node_name_filter",
            default="",
            metavar="REGEX",
            help="Count only nodes whose name matches from its start.",
        ),
    ],
    needs_dump=True,
)
def list_source(context: Analysis, args: Namespace) -> Screen:
    """List the source files that made the nodes, with how many nodes, tensors and dumps."""
    dump = context.watched
    need_tracebacks(dump, "Cannot generate source list")
    path_filter = compile_pattern(args.path_filter, "--path_filter")
    node_filter = compile_pattern(args.node_name_filter, "--node_name_filter")
    nodes = [name for name in dump.tracebacks if node_filter.match(name)]
    files = [file for file in list_source_files(dump, nodes) if path_filter.match(file.path)]
    lines = [line(Span("List of source files that created nodes in this run", "bold"))]
    if args.path_filter:
        lines.append(line(f'File path regex filter: "{args.path_filter}"'))
    if args.node_name_filter:
        lines.append(line(f'Node name regex filter: "{args.node_name_filter}"'))
    lines.append(line())
    if files:
        own = [file for file in files if not file.is_library]
        library = [file for file in files if file.is_library]
        lines += _table(dump, "File(s) outside TensorFlow Python library:", own, "")
        lines += _table(dump, "TensorFlow Python library file(s):", library, "dim")
    else:
        lines.append(line("[No source file information.]"))
    return Screen(tuple(lines), data={"files": [asdict(file) for file in files]}, menu=list_menu())


def need_tracebacks(dump: DebugDump, what: str) -> None:
    """Raise CommandError where it is not known which lines made the nodes."""
    if not dump.has_tracebacks:
        raise CommandError(
            f"{what} due to a lack of set Python graph in the dump object: the dump holds no "
            "stacks. `dump.set_python_graph(graph)` adds them."
        )


def _table(dump: DebugDump, title: str, files: list[SourceFile], style: str) -> list[Line]:
    head = line(Span(title, style))
    if not files:
        return [head, line("[No files.]"), line()]
    counts = [(str(file.nodes), str(file.tensors), str(file.dumps)) for file in files]
    rows = [(file.path, *texts) for file, texts in zip(files, counts, strict=True)]
    widths = [max(len(row[at]) for row in (_HEADS, *rows)) + 1 for at in range(3)]
    lines = [head, line(Span(_columns(_HEADS, widths), style))]
    for file, row in zip(files, rows, strict=True):
        link = None
        if file.path.endswith(".py") and has_source(file.path, dump.sources):
            link = f"ps {as_typed(file.path)} -b {file.first_line}"
        rest = _columns(row, widths)[len(file.path) :]
        lines.append(line(Span(file.path, "tensor" if link else style, link), Span(rest, style)))
    return [*lines, line()]


def _columns(cells: tuple[str, ...], widths: list[int]) -> str:
    return "".join(f"{cell:<{width}}" for cell, width in zip(cells, [*widths, 0], strict=True))
