"""`eval`: an expression over dumped tensors."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, command
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.debug_tensor import TensorValue
from opscope.tfdbg.expression import ExpressionError, TensorReference, evaluate
from opscope.tfdbg.expression_names import NUMPY
from opscope.tfdbg.menu import list_menu
from opscope.tfdbg.screen import Screen
from opscope.tfdbg.tensor_screen import VALUE_ARGUMENTS, value_screen

_SHOWN_AS = [argument for argument in VALUE_ARGUMENTS if {"-a", "-w"} & set(argument.names)]


def expression_words(context: Analysis) -> list[str]:
    """Tensors in backticks and NumPy's functions, for completion."""
    data = [] if context.dump is None else context.dump.dumped_tensor_data
    return [*(f"`{datum.tensor_name}`" for datum in data), *(f"np.{name}" for name in NUMPY)]


def expression_word_start(text: str) -> int:
    """Where the word begins that is being typed at the end of an expression."""
    quote = text.rfind("`")
    if text.count("`") % 2:
        return quote
    return max(text.rfind(char) for char in "([,+-*/%@<>=!~&|^`") + 1


@command(
    "eval",
    "ev",
    arguments=[
        Argument(
            "expression",
            nargs="+",
            help="NumPy's functions over tensors in backticks: np.mean(`hidden/Relu:0`), "
            "`loss:0[2]` (dump 2), `loss:0`[0, :], `x:0:DebugNanCount`, "
            '`/device:CPU:0:x:0`. In quotes or (...) where > stands: "`x:0` > 3".',
        ),
        *_SHOWN_AS,
    ],
    needs_dump=True,
    completes=expression_words,
    word_start=expression_word_start,
)
def evaluate_expression(context: Analysis, args: Namespace) -> Screen:
    """Print the value of an expression over dumped tensors. It is parsed, never run as Python."""
    text = " ".join(args.expression)
    dump = context.watched
    value = evaluate(text, lambda reference: _loaded(dump, reference))
    shown = Namespace(ranges="", numeric_summary=True, all=args.all, write_path=args.write_path)
    name = f"from eval of expression '{text}'"
    screen = value_screen(name, "", "", value, shown, context.columns)
    assert isinstance(screen.data, dict)
    return replace(screen, data=screen.data | {"expression": text}, menu=list_menu())


def _loaded(dump: DebugDump, reference: TensorReference) -> TensorValue:
    data = dump.watch_key_to_data(reference.watch_key, _device(dump, reference))
    if not data:
        raise ExpressionError(
            f"Eval failed due to the value of {reference.watch_key} being unavailable"
        )
    if not -len(data) <= reference.number < len(data):
        raise ExpressionError(
            f"{reference.watch_key} has {len(data)} dump(s): there is no [{reference.number}]"
        )
    return data[reference.number].get_tensor()


def _device(dump: DebugDump, reference: TensorReference) -> str | None:
    """The device of this name, or the only one whose name ends in it."""
    asked = reference.device
    if not asked:
        return None
    found = [name for name in dump.devices() if name.lower().endswith(asked.lower())]
    if asked in found:
        return asked
    if len(found) != 1:
        known = ", ".join(dump.devices())
        which = "no device" if not found else f"{len(found)} devices"
        raise ExpressionError(f"{which} named {asked} in the dump. Devices: {known}")
    return found[0]
