"""What is said about the tensor that went bad first: which, from what, and at which line."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from opscope.tfdbg.debug_tensor import DebugTensorDatum
from opscope.tfdbg.numeric_summary import summary_data
from opscope.tfdbg.origin import Origin

BAD_KINDS = ("nan", "-inf", "+inf")


def origin_lines(origin: Origin, where: str, bad_tensors: int) -> Iterator[str]:
    """The story of the first bad tensor of a step; `bad_tensors` of the step are bad in all."""
    value = np.asarray(origin.datum.get_tensor())
    yield f"First bad tensor, {where}: {origin.datum.tensor_name}"
    if bad := _bad_elements(value):
        first = ", ".join(map(str, np.argwhere(~np.isfinite(value))[0]))
        yield f"  {bad}, the first at [{first}]"
    else:  # bad in the eyes of a filter of the user's own
        yield f"  {_input(origin.datum)}"
    yield f"  computed by {origin.op_type} on {_device(origin.datum)} from"
    for source in origin.inputs:
        yield f"    {source.tensor_name}  {_input(source.datum)}"
    if origin.source_line:
        file, line, function, text = origin.source_line
        yield f"  built at {shown_path(file)}:{line} in {function}"
        yield f"    {text}"
    if bad_tensors > 1:
        later = "1 tensor" if bad_tensors == 2 else f"{bad_tensors - 1} tensors"
        yield f"  then {later} after it went bad in the same step"


def _bad_elements(value: np.ndarray) -> str:
    """The bad elements in words: "1 of 1000 elements is -inf"."""
    data = summary_data(value)
    return " and ".join(
        f"{data[kind]} of {value.size} elements {'is' if data[kind] == 1 else 'are'} {kind}"
        for kind in BAD_KINDS
        if data.get(kind)
    )


def _input(datum: DebugTensorDatum | None) -> str:
    """An input in words: "float32[100,10], finite, 0 to 0.97, 3 of 1000 elements are 0"."""
    if datum is None:
        return "not dumped"
    value = np.asarray(datum.get_tensor())
    data = summary_data(value)
    said = f"{value.dtype.name}[{','.join(map(str, value.shape))}], "
    said += _bad_elements(value) or f"finite, {data['min']:.4g} to {data['max']:.4g}"
    if zeros := data.get("0"):
        said += f", {zeros} of {value.size} elements {'is' if zeros == 1 else 'are'} 0"
    return said


def _device(datum: DebugTensorDatum) -> str:
    return datum.device_name.rpartition("/device:")[2]


def shown_path(file: str) -> str:
    """A path below the current folder without that folder, others whole."""
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative
