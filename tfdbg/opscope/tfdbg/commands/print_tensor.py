"""`print_tensor`: the value of one dump."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.debug_graph import split_tensor_name
from opscope.tfdbg.debug_tensor import DebugTensorDatum
from opscope.tfdbg.menu import node_menu
from opscope.tfdbg.screen import Screen, Span, line
from opscope.tfdbg.slicing import split_slicing
from opscope.tfdbg.tensor_screen import VALUE_ARGUMENTS, value_screen


def dumped_tensor_names(context: Analysis) -> list[str]:
    """The names of the dumped tensors, for completion."""
    return [] if context.dump is None else [d.tensor_name for d in context.dump.dumped_tensor_data]


@command(
    "print_tensor",
    "pt",
    arguments=[
        Argument(
            "tensor_name",
            help="A tensor with any slices: hidden/MatMul:0, hidden/MatMul:0[1, ..., ::-1], "
            "hidden/MatMul:0[0][2]; the slot may be left out where there is one.",
        ),
        Argument(
            "-n",
            "--number",
            type=int,
            default=None,
            help="Which dump, from 0, where there are several; -1 is the last.",
        ),
        *VALUE_ARGUMENTS,
    ],
    needs_dump=True,
    completes=dumped_tensor_names,
)
def print_tensor(context: Analysis, args: Namespace) -> Screen:
    """Print the value of a dumped tensor."""
    dump = context.watched
    typed, slicing = split_slicing(args.tensor_name)
    name, debug_op = _split_debug_op(typed)
    node_name, slot = split_tensor_name(name)
    if slot is not None and not dump.node_data(node_name) and dump.node_data(name):
        node_name, slot = name, None
    of_node = dump.node_data(node_name)
    if not of_node and dump.loaded_partition_graphs() and not dump.node_exists(node_name):
        raise CommandError(
            f'Node "{node_name}" does not exist in partition graphs{dump.why_missing(node_name)}'
        )
    data = [datum for datum in of_node if debug_op in ("", datum.debug_op)]
    if slot is None:
        slots = sorted({datum.output_slot for datum in data})
        if len(slots) > 1:
            return _choose_slot(node_name, slots)
        slot = slots[0] if slots else 0
    data = [datum for datum in data if datum.output_slot == slot]
    tensor_name = f"{node_name}:{slot}"
    if not data:
        raise CommandError(f'Tensor "{tensor_name}" did not generate any dumps.')
    if args.number is None and len(data) > 1:
        return _choose_dump(dump, f"{tensor_name}:{debug_op}" if debug_op else tensor_name, data)
    number = _checked_number(args.number, len(data), tensor_name)
    datum = data[number]
    suffix = f":{datum.debug_op}{slicing}"
    if len(data) > 1:
        suffix += f" (dump #{number})"
    screen = value_screen(tensor_name, suffix, slicing, datum.get_tensor(), args, context.columns)
    assert isinstance(screen.data, dict)
    screen.data.update(debug_op=datum.debug_op, device=datum.device_name, dump=number)
    return replace(screen, menu=node_menu(node_name, "print_tensor"))


def _split_debug_op(name: str) -> tuple[str, str]:
    """`NODE:SLOT` and the debug op of `NODE:SLOT:DEBUGOP`; the op is empty where none is given."""
    head, colon, last = name.rpartition(":")
    return (head, last) if colon and last.startswith("Debug") else (name, "")


def _choose_slot(node_name: str, slots: list[int]) -> Screen:
    links = [
        line("  ", Span(f"{node_name}:{slot}", "tensor", f"pt {node_name}:{slot}"))
        for slot in slots
    ]
    return Screen(
        (
            line(f'Node "{node_name}" generated debug dumps from {len(slots)} output slots:'),
            line(f"Please specify the output slot: {node_name}:x."),
            *links,
        ),
        data={"node": node_name, "slots": slots},
        menu=node_menu(node_name, "print_tensor"),
    )


def _choose_dump(dump: DebugDump, tensor_name: str, data: list[DebugTensorDatum]) -> Screen:
    several_devices = len({datum.device_name for datum in data}) > 1
    lines = [line(f'Tensor "{tensor_name}" generated {len(data)} dumps:')]
    for number, datum in enumerate(data):
        link = f"print_tensor {tensor_name} -n {number}"
        where = f" on {datum.device_name}" if several_devices else ""
        lines.append(
            line(
                f"#{number} [{dump.milliseconds(datum):.3f} ms] ",
                Span(datum.watch_key, "tensor", link),
                where,
            )
        )
    lines += [
        line(),
        line("You can use the -n (--number) flag to specify which dump to print."),
        line("For example:"),
        line(f"  print_tensor {tensor_name} -n 0"),
    ]
    rows = [
        {"dump": number, "debug_op": d.debug_op, "time_ms": dump.milliseconds(d)}
        for number, d in enumerate(data)
    ]
    return Screen(
        tuple(lines),
        data={"tensor": tensor_name, "dumps": rows},
        menu=node_menu(data[0].node_name, "print_tensor"),
    )


def _checked_number(number: int | None, count: int, tensor_name: str) -> int:
    if number is None or -count <= number < count:
        return (number or 0) % count
    if count == 1:
        raise CommandError(
            f"Invalid number ({number}) for tensor {tensor_name}, which generated one dump."
        )
    raise CommandError(
        f"Specified number ({number}) exceeds the number of available dumps ({count}) for "
        f"tensor {tensor_name}"
    )
