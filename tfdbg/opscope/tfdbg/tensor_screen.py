"""One value on a screen: what it is, its summary, its elements."""

from __future__ import annotations

import math
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from opscope.tfdbg.array_block import is_block
from opscope.tfdbg.array_text import THRESHOLD, array_lines
from opscope.tfdbg.command import Argument, CommandError
from opscope.tfdbg.debug_tensor import Array, InconvertibleTensorProto
from opscope.tfdbg.display_units import bytes_text
from opscope.tfdbg.npy_array import NpyArrayError, npy_array
from opscope.tfdbg.numeric_summary import numeric_summary, summary_data
from opscope.tfdbg.screen import Line, Screen, Span, joined, line
from opscope.tfdbg.slicing import apply_slicing, parse_slicing
from opscope.tfdbg.value_range import elements_inside, parse_ranges

VALUE_ARGUMENTS: Sequence[Argument] = (
    Argument(
        "-r",
        "--ranges",
        default="",
        metavar="RANGES",
        help='Highlight elements in ranges: [-0.1,0.1], "[[-inf,-0.1],[0.1,inf]]", 0,1e-8',
    ),
    Argument("-a", "--all", action="store_true", help="Leave nothing out of large values."),
    Argument(
        "-s",
        "--numeric_summary",
        action="store_true",
        help="Add how many elements are nan, -inf, negative, ..., and their range.",
    ),
    Argument(
        "-w",
        "--write_path",
        default="",
        metavar="PATH",
        help="Also write the value to a NumPy file (.npy).",
    ),
)
"""The arguments that say how a value is shown."""


def value_screen(
    name: str, suffix: str, slicing: str, value: object, args: Namespace, columns: int
) -> Screen:
    """The screen of a value, or of the part that `slicing` chooses.

    Its title is the name in bold with the suffix behind it, which tells values of one name
    apart. `args` are the parsed VALUE_ARGUMENTS. Raises CommandError, SlicingError, RangeError.
    """
    title = [Span('Tensor "'), Span(name, "bold"), Span(suffix, "yellow"), Span('":')]
    data: dict[str, object] = {"tensor": name, "slicing": slicing}
    if isinstance(value, InconvertibleTensorProto):
        if slicing or args.write_path:
            raise CommandError(f"{name} has no elements: {_why(value)}")
        data |= {"initialized": value.initialized}
        texts = str(value).split("\n")
        return Screen((line(*title), line(), *(line(text) for text in texts)), data=data)
    if slicing:
        if not isinstance(value, np.ndarray | np.generic):
            raise CommandError(f"{name} is no array but {type(value).__name__}: it has no slices")
        value = apply_slicing(value, parse_slicing(slicing))
    if not isinstance(value, np.ndarray):
        return _scalar_screen(title, value, args, data)
    return _array_screen(title, value, args, columns, data)


def _why(value: InconvertibleTensorProto) -> str:
    return "its dtype has no array" if value.initialized else "it is not initialized"


def _scalar_screen(
    title: list[Span], value: object, args: Namespace, data: dict[str, object]
) -> Screen:
    data |= {"value": plain(value)}
    saved = _save(np.asarray(value), args.write_path, data) if args.write_path else []
    return Screen((line(*title), line(), *saved, line(repr(value))), data=data)


def _array_screen(
    title: list[Span], value: Array, args: Namespace, columns: int, data: dict[str, object]
) -> Screen:
    highlighted = None
    if args.ranges:
        highlighted = elements_inside(value, parse_ranges(args.ranges))
        inside = int(np.count_nonzero(highlighted))
        percent = 100.0 * inside / value.size if value.size else 0.0
        title = [
            *title,
            Span(
                f" Highlighted({args.ranges}): {inside} of {value.size} element(s) ({percent:.2f}%)"
            ),
        ]
        data |= {"ranges": args.ranges, "highlighted": inside}
    lines = [
        line(*title),
        line(f"  dtype: {value.dtype}"),
        line(f"  shape: {value.shape}"),
        line(),
    ]
    data |= {"dtype": str(value.dtype), "shape": list(value.shape), "size": int(value.size)}
    data["summary"] = summary_data(value)
    if args.write_path:
        lines += _save(value, args.write_path, data)
    if args.numeric_summary:
        lines += [line("Numeric summary:"), *(line(row) for row in numeric_summary(value)), line()]
    if value.size <= THRESHOLD or args.all:
        data["value"] = value if is_block(value) else plain(value)
    shown = array_lines(value, columns, whole=args.all, highlighted=highlighted)
    return Screen(joined(lines, shown), data=data)


def _save(value: Array, path: str, data: dict[str, object]) -> list[Line]:
    """Write the value and say where."""
    try:
        stored = npy_array(value)
    except NpyArrayError as error:
        raise CommandError(f"-w {path}: {error}") from error
    target = Path(path).expanduser()
    if target.suffix != ".npy":
        target = target.with_name(target.name + ".npy")
    try:
        np.save(target, stored, allow_pickle=False)
    except OSError as error:
        raise CommandError(f"-w {path}: {error.strerror}") from error
    data["written"] = str(target)
    kind = f" as {stored.dtype}" if stored.dtype != value.dtype else ""
    size = bytes_text(target.stat().st_size)
    return [line(f"Saved value{kind} to: {target} ({size}B)"), line()]


def plain(value: object) -> object:
    """A value as JSON can hold it: what is no finite number or text becomes its text."""
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value] if value.ndim else plain(value[()])
    if isinstance(value, np.generic):
        value = float(value) if value.dtype.kind == "V" else value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if isinstance(value, bool | int | str) or value is None else str(value)
