"""The commands of the node stepper, and the one that opens it."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from opscope.tfdbg.action import EXIT, STEP
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command
from opscope.tfdbg.expression import ExpressionError, TensorReference, evaluate
from opscope.tfdbg.screen import Line, Screen, Span, line
from opscope.tfdbg.slicing import split_slicing
from opscope.tfdbg.stepper.stepping import Stepping
from opscope.tfdbg.tensor_screen import VALUE_ARGUMENTS, value_screen

_MENU = tuple(
    Span(text, link=text) for text in ("list_sorted_nodes", "step", "step -t 10", "help", "exit")
)
_PLAIN = Namespace(ranges="", all=False, numeric_summary=False, write_path="")


@command("invoke_stepper", "s", needs_run_start=True)
def invoke_stepper(context: Analysis, args: Namespace) -> Screen:
    """Step through this run node by node. Variables are put back, then the run is done."""
    return Screen(action=STEP, data={"invoke_stepper": True})


@command("exit", "quit", needs_stepping=True)
def leave_stepper(context: Analysis, args: Namespace) -> Screen:
    """Leave the stepper: the variables are put back and the run is done, unwatched."""
    return Screen(action=EXIT, data={"exit": True})


def _names(context: Analysis) -> list[str]:
    return context.stepped.tensor_names()


@command(
    "list_sorted_nodes",
    "lsn",
    "lt",
    arguments=[
        Argument("-l", "--lower_bound", type=int, default=-1, help="First node to list, from 0."),
        Argument("-u", "--upper_bound", type=int, default=-1, help="Node to stop before."),
    ],
    needs_stepping=True,
)
def list_sorted_nodes(context: Analysis, args: Namespace) -> Screen:
    """List the nodes that the fetches need, inputs before their readers, and their states."""
    stepping = context.stepped
    high = len(stepping.nodes) if args.upper_bound < 0 else args.upper_bound
    rows, records = stepping.rows(args.lower_bound, high)
    head = "Topologically-sorted transitive input(s) and fetch(es):"
    return Screen(
        (line(Span(head, "heading")), line(), *rows, *stepping.legend()),
        data={"nodes": records},
        menu=_MENU,
        start_line=max(stepping.next - 5, 0) if len(rows) > 10 else 0,
    )


@command(
    "cont",
    "ct",
    "c",
    arguments=[
        Argument("target_name", metavar="TARGET", help="A node or tensor to continue to."),
        Argument(
            "-i",
            "--invalidate_from_updated_variables",
            action="store_true",
            help="Then forget what was computed from the variables that were written.",
        ),
        Argument(
            "-r",
            "--restore_variable_values",
            action="store_true",
            help="First put back what the variables held when the stepper began.",
        ),
    ],
    needs_stepping=True,
    completes=lambda context: [*_names(context), *context.stepped.nodes],
)
def cont(context: Analysis, args: Namespace) -> Screen:
    """Run up to a node or tensor, with the values that are held, and show what it gives."""
    return _continued(
        context,
        args.target_name,
        invalidate_from_updated_variables=args.invalidate_from_updated_variables,
        restore_variable_values=args.restore_variable_values,
    )


@command(
    "step",
    "st",
    "s",
    arguments=[
        Argument("-t", "--num_times", type=int, default=1, help="How many steps to make."),
    ],
    needs_stepping=True,
)
def step(context: Analysis, args: Namespace) -> Screen:
    """Run the next node of the list, or the next few."""
    stepping = context.stepped
    if args.num_times <= 0:
        raise CommandError(f"Invalid number of times to step: {args.num_times}")
    screen = None
    for _ in range(args.num_times):
        place = stepping.next
        if place >= len(stepping.nodes):
            break
        screen = _continued(context, stepping.nodes[place])
    if screen is None:
        raise CommandError(
            "Cannot step any further because the end of the sorted transitive closure has been "
            "reached."
        )
    return screen


@command(
    "print_tensor",
    "pt",
    arguments=[
        Argument("tensor_name", help="A tensor that has a value, with any slices: y:0[1, :]"),
        *VALUE_ARGUMENTS,
    ],
    needs_stepping=True,
    completes=_names,
)
def print_held_tensor(context: Analysis, args: Namespace) -> Screen:
    """Print a value that is held: continued to, computed on the way, injected or fed."""
    typed, slicing = split_slicing(args.tensor_name)
    name = context.stepped.one_tensor(typed)
    value = context.stepped.stepper.get_tensor_value(name)
    return _with_menu(value_screen(name, slicing, slicing, value, args, context.columns))


@command(
    "inject_value",
    "inject",
    "override_value",
    "override",
    arguments=[
        Argument("tensor_name", metavar="TENSOR", help="The tensor to give another value."),
        Argument(
            "expression",
            metavar="EXPR",
            nargs="+",
            help="The value: NumPy's functions over held tensors in backticks: "
            "np.zeros([2, 3]), `y:0` * 2",
        ),
    ],
    needs_stepping=True,
    completes=_names,
)
def inject_value(context: Analysis, args: Namespace) -> Screen:
    """Let a value stand in for a tensor in what is run from now on."""
    stepping = context.stepped
    name = stepping.one_tensor(args.tensor_name)
    text = " ".join(args.expression)
    value = evaluate(text, lambda reference: _held(stepping, reference))
    stepping.stepper.override_tensor(name, value)
    node_name = name.rpartition(":")[0]
    head = [*stepping.window(node_name), line(), line(f'Injected value "{text}" to tensor {name}:')]
    shown = stepping.stepper.get_tensor_value(name)
    value_lines = value_screen(name, "", "", shown, _PLAIN, context.columns)
    return _with_menu(Screen((*head, line()), data=value_lines.data) + value_lines)


def _held(stepping: Stepping, reference: TensorReference) -> Any:
    try:
        return stepping.stepper.get_tensor_value(f"{reference.node}:{reference.slot}")
    except ValueError as error:
        raise ExpressionError(str(error)) from error


def _continued(context: Analysis, target: str, **flags: bool) -> Screen:
    stepping = context.stepped
    stepper = stepping.stepper
    try:
        value = stepper.cont(target, **flags)
    except (ValueError, KeyError):
        raise
    except Exception as error:  # an op that fails: each kind of session has its own error
        op = getattr(getattr(error, "op", None), "name", None)
        where = f" in {op}" if op else ""
        raise CommandError(f"{type(error).__name__}{where}: {error}") from error
    named = target in stepping.nodes
    node_name = target if named else target.rpartition(":")[0]
    slots = stepper.output_slots_in_closure(node_name)
    tensor_name = target if not named else f"{node_name}:{slots[0]}" if slots else None
    lines: list[Line] = [*stepping.window(node_name), line(), line(f"Continued to {target}:")]
    lines += [line(), line("Stepper used feeds:"), *_feed_lines(stepper.last_feed_types())]
    updated = sorted(stepper.last_updated())
    if updated:
        lines += [line(), line("Updated:")]
        lines += [line("  ", Span(name, "label.dirty")) for name in updated]
    lines.append(line())
    screen = Screen(
        tuple(lines),
        data={
            "continued_to": target,
            "feeds": stepper.last_feed_types(),
            "updated": updated,
            "value": None,
        },
    )
    if tensor_name is None:
        return _with_menu(screen)
    shown = value_screen(tensor_name, "", "", value, _PLAIN, context.columns)
    assert isinstance(screen.data, dict)
    screen.data["value"] = shown.data
    return _with_menu(screen + shown)


def _feed_lines(feed_types: dict[str, str]) -> list[Line]:
    styles = {
        "override": "label.override",
        "handle": "label.handle",
        "dumped_intermediate": "label.intermediate",
        "client": "label.placeholder",
    }
    rows = [
        line("  ", Span(name, "tensor", f"pt {name}"), " : ", Span(kind, styles[kind]))
        for name, kind in sorted(feed_types.items())
    ]
    return rows or [line("  (No feeds)")]


def _with_menu(screen: Screen) -> Screen:
    return Screen(screen.lines, data=screen.data, ok=screen.ok, menu=_MENU)
