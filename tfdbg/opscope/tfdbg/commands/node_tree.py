"""`list_inputs` and `list_outputs`: what a node depends on, and what depends on it, as a tree."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command
from opscope.tfdbg.commands.node_info import existing_node, node_names
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.graph_queries import Neighbour
from opscope.tfdbg.menu import node_menu
from opscope.tfdbg.screen import Line, Screen, Span, line

_OPEN = "|  "
_CLOSED = "   "
_ITEM = "|- "


def _arguments(neighbours: str) -> list[Argument]:
    return [
        Argument("node_name", help="A node, or one of its tensors: hidden/MatMul, hidden/MatMul:0"),
        Argument("-c", "--control", action="store_true", help=f"Include control {neighbours}."),
        Argument(
            "-d",
            "--depth",
            type=int,
            default=None,
            help="How many levels to show with -r (default: graph_recursion_depth of config, 20).",
        ),
        Argument("-r", "--recursive", action="store_true", help=f"Also show their {neighbours}."),
        Argument("-t", "--op_type", action="store_true", help="Show the types of the ops."),
        Argument(
            "-x",
            "--across_devices",
            action="store_true",
            help=f"Follow the {neighbours} to other devices, behind Send and Recv.",
        ),
    ]


@command("list_inputs", "li", arguments=_arguments("inputs"), needs_dump=True, completes=node_names)
def list_inputs(context: Analysis, args: Namespace) -> Screen:
    """Show the inputs of a node, with -r as a tree in which each node is expanded once."""
    return _tree_screen(context, args, outputs=False)


@command(
    "list_outputs", "lo", arguments=_arguments("recipients"), needs_dump=True, completes=node_names
)
def list_outputs(context: Analysis, args: Namespace) -> Screen:
    """Show the nodes that read a node, with -r as a tree in which each node is expanded once."""
    return _tree_screen(context, args, outputs=True)


@dataclass(frozen=True)
class _Branch:
    """One row to come: a neighbour of `parent`."""

    parent: Neighbour
    found: Neighbour
    is_control: bool
    level: int
    indent: str
    is_last: bool


@dataclass
class _Tree:
    """The rows of a tree while it is walked."""

    dump: DebugDump
    outputs: bool
    control: bool
    op_types: bool
    across_devices: bool
    depth: int
    lines: list[Line] = field(default_factory=list)
    edges: list[dict[str, object]] = field(default_factory=list)
    expanded: set[tuple[str, str]] = field(default_factory=set)

    def neighbours(self, of: Neighbour) -> list[tuple[Neighbour, bool]]:
        """Neighbours and whether they are control edges: data first, then control by name."""

        def ask(is_control: bool) -> list[Neighbour]:
            return self.dump.neighbours(
                of.node_name,
                of.device_name,
                recipients=self.outputs,
                is_control=is_control,
                across_devices=self.across_devices,
            )

        shown = [(found, False) for found in ask(False)]
        if self.control:
            shown += [(found, True) for found in sorted(ask(True), key=lambda found: found.text)]
        return shown

    def walk(self, root: Neighbour) -> None:
        """Add a row for every neighbour of the root, and below it for its own, to the depth."""
        # A stack and not recursion: a graph may be deeper than Python's own stack.
        self.expanded.add((root.device_name, root.node_name))
        waiting = self._branches(root, 1, "")
        while waiting:
            branch = waiting.pop()
            found = branch.found
            more = self.neighbours(found)
            repeated = bool(more) and (found.device_name, found.node_name) in self.expanded
            self._add(branch, repeated)
            if not more or repeated:
                continue
            below = branch.indent + (_CLOSED if branch.is_last else _OPEN)
            if branch.level < self.depth:
                self.expanded.add((found.device_name, found.node_name))
                waiting += self._branches(found, branch.level + 1, below)
            else:
                self.lines.append(line(f"{below}{_ITEM}..."))

    def _branches(self, of: Neighbour, level: int, indent: str) -> list[_Branch]:
        """The neighbours of a node, the last one first: they are taken from the end."""
        all_found = self.neighbours(of)
        return [
            _Branch(of, found, is_control, level, indent, number == len(all_found) - 1)
            for number, (found, is_control) in enumerate(all_found)
        ][::-1]

    def _add(self, branch: _Branch, repeated: bool) -> None:
        found, parent = branch.found, branch.parent
        start = f"{branch.indent}{_ITEM}({branch.level}) "
        if branch.is_control:
            start += "(Ctrl) "
        if self.op_types:
            start += f"[{self.dump.node_op_type(found.node_name, found.device_name)}] "
        flags = "-c -r -x" if self.across_devices else "-c -r"
        link = f"{'lo' if self.outputs else 'li'} {flags} {found.node_name}"
        spans = [Span(start), Span(found.text, "tensor", link)]
        if found.device_name != parent.device_name:
            spans.append(Span(f" @ {found.device_name}", "dim"))
        if repeated:
            spans.append(Span(" (shown above)", "dim"))
        self.lines.append(line(*spans))
        self.edges.append(
            {
                "node": parent.node_name,
                "neighbour": found.text,
                "device": found.device_name,
                "depth": branch.level,
                "control": branch.is_control,
            }
        )


def _tree_screen(context: Analysis, args: Namespace, outputs: bool) -> Screen:
    dump = context.watched
    name = existing_node(dump, args.node_name)
    if args.depth is not None and args.depth < 1:
        raise CommandError(f"-d needs a depth from 1 on, got {args.depth}")
    limit = context.settings.graph_recursion_depth if args.depth is None else args.depth
    depth = limit if args.recursive else 1
    device_name = dump.node_devices(name)[0]
    tree = _Tree(dump, outputs, args.control, args.op_type, args.across_devices, depth)
    tree.walk(Neighbour(device_name, name))
    what, kind = ("Recipients of", "recipients") if outputs else ("Inputs to", "inputs")
    included = f", control {kind} included" if args.control else ""
    lines = [
        line(f'{what} node "', Span(name, "bold"), f'" (Depth limit = {depth}{included}):'),
        *(tree.lines or [line("  [None]")]),
        line(),
        line("Legend:"),
        line("  (d): recursion depth = d."),
    ]
    if args.control:
        lines.append(line("  (Ctrl): Control input."))
    if args.op_type:
        lines.append(line("  [Op]: Input node has op type Op."))
    if args.across_devices:
        lines.append(line("  @ DEVICE: on another device than the node above."))
    current = "list_outputs" if outputs else "list_inputs"
    data = {"node": name, "device": device_name, "depth": depth, "edges": tree.edges}
    return Screen(tuple(lines), data=data, menu=node_menu(name, current))
