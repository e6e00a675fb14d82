"""`node_info`: one node, its neighbours, attributes, dumps, and the lines that made it."""

from __future__ import annotations

from argparse import Namespace

from google.protobuf import text_format

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command
from opscope.tfdbg.commands.list_tensors import dump_command
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.debug_graph import HIDDEN_OPS, node_name_of
from opscope.tfdbg.menu import node_menu
from opscope.tfdbg.screen import Line, Screen, Span, line


def node_names(context: Analysis) -> list[str]:
    """The names of all nodes of the dump, for completion."""
    dump = context.dump
    return dump.nodes() if dump is not None and dump.loaded_partition_graphs() else []


def existing_node(dump: DebugDump, name: str) -> str:
    """The node that a node's or tensor's name means; raises CommandError where there is none."""
    node_name = name if dump.node_exists(name) else node_name_of(name)
    if not dump.node_exists(node_name):
        raise CommandError(f'There is no node named "{node_name}" in the partition graphs')
    return node_name


def visible_neighbours(dump: DebugDump, device_name: str, names: list[str]) -> list[str]:
    """The names without the ops that only move values between devices and out of the graph."""
    graph = dump.graph(device_name)
    return [
        name
        for name in names
        if node_name_of(name) in graph.nodes and graph.op_type(node_name_of(name)) not in HIDDEN_OPS
    ]


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
    for kind, neighbours in (("input", dump.node_inputs), ("recipient", dump.node_recipients)):
        plain, control = (
            visible_neighbours(
                dump, devices[0], neighbours(name, is_control=is_control, device_name=devices[0])
            )
            for is_control in (False, True)
        )
        lines += _neighbours(dump, devices[0], kind, plain, control)
        if kind == "input":
            lines.append(line())
        data |= {f"{kind}s": plain, f"control_{kind}s": control}
    if args.attributes:
        lines += _attributes(dump, name, devices[0], data)
    if args.dumps:
        lines += _dumps(dump, name, data)
    if args.traceback:
        lines += _traceback(dump, name, data)
    return Screen(tuple(lines), data=data, menu=node_menu(name, "node_info"))


def _neighbours(
    dump: DebugDump, device_name: str, kind: str, plain: list[str], control: list[str]
) -> list[Line]:
    def entry(name: str) -> Line:
        op_type = dump.node_op_type(node_name_of(name), device_name)
        link = f"ni -a -d -t {node_name_of(name)}"
        return line(f"      [{op_type}] ", Span(name, "tensor", link))

    head = f"  {len(plain)} {kind}(s) + {len(control)} control {kind}(s):"
    lines = [line(head), line(f"    {len(plain)} {kind}(s):"), *map(entry, plain)]
    if control:
        lines += [line(), line(f"    {len(control)} control {kind}(s):"), *map(entry, control)]
    return lines


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
    return lines


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
    data["traceback"] = [list(frame) for frame in frames]
    for number, (path, line_number, function, text) in enumerate(frames):
        quoted = "None" if text is None else f'"{text}"'
        lines += [
            line(f"{number}: {path}"),
            line(f"  Line:     {line_number}"),
            line(f"  Function: {function}"),
            line(f"  Text:     {quoted}"),
            line(),
        ]
    return lines
