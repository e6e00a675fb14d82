"""`node_info`: one node, its neighbours, attributes, dumps, and the lines that made it."""

from __future__ import annotations

from argparse import Namespace

from google.protobuf import text_format

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command
from opscope.tfdbg.command_line import as_typed
from opscope.tfdbg.commands.list_tensors import dump_command
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.debug_graph import node_name_of
from opscope.tfdbg.graph_queries import Neighbour
from opscope.tfdbg.menu import node_menu
from opscope.tfdbg.screen import Line, Screen, Span, line
from opscope.tfdbg.source_files import has_source, is_library, source_text


def node_names(context: Analysis) -> list[str]:
    """The names of all nodes of the dump, for completion."""
    dump = context.dump
    return dump.nodes() if dump is not None and dump.loaded_partition_graphs() else []


def existing_node(dump: DebugDump, name: str) -> str:
    """The node that a node's or tensor's name means; raises CommandError where there is none."""
    node_name = name if dump.node_exists(name) else node_name_of(name)
    if not dump.node_exists(node_name):
        raise CommandError(
            f'There is no node named "{node_name}" in the partition graphs'
            f"{dump.why_missing(node_name)}"
        )
    return node_name


@command(
    "node_info",
    "ni",
    arguments=[
        Argument("node_name", help="A node, or one of its tensors: hidden/MatMul, hidden/MatMul:0"),
        Argument("-a", "--attributes", action="store_true", help="Also list the attributes."),
        Argument("-d", "--dumps", action="store_true", help="Also list the dumps of its tensors."),
        Argument(
            "-t",
            "--traceback",
            action="store_true",
            help="Also list the source lines that made the node.",
        ),
    ],
    needs_dump=True,
    completes=node_names,
)
def node_info(context: Analysis, args: Namespace) -> Screen:
    """Show a node: op type, device, inputs, recipients."""
    dump = context.watched
    name = existing_node(dump, args.node_name)
    devices = dump.node_devices(name)
    op_type = dump.node_op_type(name, devices[0])
    lines = [
        line("Node ", Span(name, "bold")),
        line(),
        line(f"  Op: {op_type}"),
        line(f"  Device: {dump.node_device(name)}"),
        line(),
    ]
    data: dict[str, object] = {"node": name, "op_type": op_type, "devices": devices}
    for kind in ("input", "recipient"):
        plain, control = (
            dump.neighbours(name, devices[0], recipients=kind == "recipient", is_control=is_control)
            for is_control in (False, True)
        )
        lines += _neighbours(dump, kind, plain, control)
        data |= {
            f"{kind}s": [found.text for found in plain],
            f"control_{kind}s": [found.text for found in control],
        }
        if kind == "input":
            lines += [*_remote_inputs(dump, name, devices[0], data), line()]
    if args.attributes:
        lines += _attributes(dump, name, devices[0], data)
    if args.dumps:
        lines += _dumps(dump, name, data)
    if args.traceback:
        lines += _traceback(dump, name, data)
    return Screen(tuple(lines), data=data, menu=node_menu(name, "node_info"))


def _neighbours(
    dump: DebugDump, kind: str, plain: list[Neighbour], control: list[Neighbour]
) -> list[Line]:
    head = f"  {len(plain)} {kind}(s) + {len(control)} control {kind}(s):"
    lines = [line(head), line(f"    {len(plain)} {kind}(s):")]
    lines += [_entry(dump, found) for found in plain]
    if control:
        lines += [line(), line(f"    {len(control)} control {kind}(s):")]
        lines += [_entry(dump, found) for found in control]
    return lines


def _remote_inputs(
    dump: DebugDump, name: str, device_name: str, data: dict[str, object]
) -> list[Line]:
    """What the node reads from other devices: behind the Recv ops that are not listed."""
    everything = dump.neighbours(name, device_name, across_devices=True)
    remote = [found for found in everything if found.device_name != device_name]
    data["remote_inputs"] = [{"device": found.device_name, "input": found.text} for found in remote]
    if not remote:
        return []
    lines = [line(), line(f"    {len(remote)} input(s) from other device(s):")]
    return lines + [_entry(dump, found, Span(f" @ {found.device_name}", "dim")) for found in remote]


def _entry(dump: DebugDump, found: Neighbour, *more: Span) -> Line:
    op_type = dump.node_op_type(found.node_name, found.device_name)
    link = f"ni -a -d -t {found.node_name}"
    return line(f"      [{op_type}] ", Span(found.text, "tensor", link), *more)


def _attributes(
    dump: DebugDump, name: str, device_name: str, data: dict[str, object]
) -> list[Line]:
    attributes = dump.node_attributes(name, device_name)
    texts = {
        key: text_format.MessageToString(attributes[key], as_one_line=True).strip()
        for key in sorted(attributes, key=str.lower)
    }
    data["attributes"] = texts
    lines = [line(), line("Node attributes:")]
    for key, text in texts.items():
        lines += [line(f"  {key}:"), line(f"    {text}"), line()]
    return lines if texts else [*lines, line("  (None)"), line()]


def _dumps(dump: DebugDump, name: str, data: dict[str, object]) -> list[Line]:
    of_node = dump.node_data(name)
    data["dumps"] = [
        {
            "slot": datum.output_slot,
            "debug_op": datum.debug_op,
            "device": datum.device_name,
            "time_ms": dump.milliseconds(datum),
            "command": dump_command(dump, datum),
        }
        for datum in of_node
    ]
    lines = [line(f"{len(of_node)} dumped tensor(s):"), line()]
    for datum in sorted(of_node, key=lambda datum: datum.output_slot):
        text = f"Slot {datum.output_slot} @ {datum.debug_op} @ {dump.milliseconds(datum):.3f} ms"
        lines.append(line("  ", Span(text, "tensor", dump_command(dump, datum))))
    return lines


def _traceback(dump: DebugDump, name: str, data: dict[str, object]) -> list[Line]:
    lines = [line(), line(), line(Span("Traceback of node construction:", "heading"))]
    if not dump.has_tracebacks:
        return [*lines, line("(Unavailable because no Python graph has been loaded)")]
    try:
        frames = dump.node_traceback(name)
    except KeyError:
        return [*lines, line("(Node unavailable in the loaded Python graph)")]
    own = [frame for frame in frames if not is_library(frame[0])] or list(frames)
    if len(own) < len(frames):
        lines.append(line(Span(f"({len(frames) - len(own)} frames of libraries left out)", "dim")))
    data["traceback"] = [list(frame) for frame in frames]
    for number, (path, line_number, function, given) in enumerate(own):
        text = given or _text_of_line(dump, path, line_number)
        quoted = "None" if text is None else f'"{text}"'
        link = f"ps {as_typed(path)} -b {line_number}" if text is not None else None
        lines += [
            line(f"{number}: {path}"),
            line("  Line:     ", Span(str(line_number), "tensor" if link else "", link)),
            line(f"  Function: {function}"),
            line(f"  Text:     {quoted}"),
            line(),
        ]
    return lines


def _text_of_line(dump: DebugDump, path: str, number: int) -> str | None:
    """The text of a source line; None where the file is not at hand."""
    if not has_source(path, dump.sources):
        return None
    texts = source_text(path, dump.sources).split("\n")
    return texts[number - 1].strip() if 0 < number <= len(texts) else None
