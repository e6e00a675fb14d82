"""What the demo says about the tensor that went bad first: which, from what, and at which line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from opscope.runtime.watch import WatchedRun, WatchedTensor

import opscope.runtime as tf
from opscope.events import health_summary


class Health(NamedTuple):
    """Counts and range of a tensor's elements; the leading numbers of its health summary."""

    initialized: float
    count: float
    nan: float
    negative_infinite: float
    negative: float
    zero: float
    positive: float
    positive_infinite: float
    smallest: float
    largest: float

    @classmethod
    def of(cls, value: object) -> Health:
        """The health of an array."""
        return cls(*health_summary(np.asarray(value))[: len(cls._fields)])

    @property
    def bad(self) -> int:
        """How many elements are NaN or infinite."""
        return int(self.nan + self.negative_infinite + self.positive_infinite)

    def describe_bad(self) -> str:
        """The bad elements in words: "1 of 1000 elements is -inf"."""
        kinds = (
            ("nan", self.nan),
            ("-inf", self.negative_infinite),
            ("+inf", self.positive_infinite),
        )
        said = " and ".join(
            f"{int(count)} of {int(self.count)} elements {'is' if count == 1 else 'are'} {name}"
            for name, count in kinds
            if count
        )
        return said or "finite"

    def describe_range(self) -> str:
        """The finite elements in words: "finite, 0 to 0.97, 3 of 1000 elements are 0"."""
        if self.bad:
            return self.describe_bad()
        zeros = f", {int(self.zero)} of {int(self.count)} elements are 0" if self.zero else ""
        return f"finite, {self.smallest:.4g} to {self.largest:.4g}{zeros}"


def origin_lines(step: int, run: WatchedRun, graph: tf.Graph) -> Iterator[str]:
    """The story of the first bad tensor of a watched run, line by line."""
    first = run.hits[0]
    operation = graph.get_operation_by_name(first.node_name)
    health = Health.of(first.value)
    yield f"First bad tensor, step {step}: {first.node_name}:{first.output_slot}"
    yield f"  {health.describe_bad()}, the first at {_first_bad_index(first)}"
    yield f"  computed by {first.op_type} on {short_device(first.device_name)} from"
    values = {(tensor.node_name, tensor.output_slot): tensor.value for tensor in run.tensors}
    for tensor in operation.inputs:
        value = values.get((tensor.op.name, tensor.value_index), run.feeds.get(tensor.name))
        said = "not watched" if value is None else _described(np.asarray(value))
        yield f"    {tensor.name}  {said}"
    file, line, function, text = operation.traceback[-1]
    yield f"  built at {_shown(file)}:{line} in {function}"
    yield f"    {text}"
    yield f"  {len(run.hits) - 1} tensors computed from it are bad too"


def short_device(name: str) -> str:
    """The type and number of a device: CPU:1 of /job:localhost/replica:0/task:0/device:CPU:1."""
    return name.rpartition("/device:")[2]


def _described(value: np.ndarray) -> str:
    shape = ",".join(map(str, value.shape))
    return f"{value.dtype.name}[{shape}], {Health.of(value).describe_range()}"


def _first_bad_index(tensor: WatchedTensor) -> str:
    value = np.asarray(tensor.value)
    index = np.argwhere(~np.isfinite(value))[0]
    return f"[{', '.join(map(str, index))}]"


def _shown(file: str) -> str:
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative
