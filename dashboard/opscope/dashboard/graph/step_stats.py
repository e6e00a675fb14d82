"""What a RunMetadata says of each node: how long it ran and how much memory it asked for.

Format: tensorflow/core/framework/step_stats.proto.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from opscope.dashboard.graph.attribute_text import dtype_text
from opscope.dashboard.graph.hierarchy import Hierarchy
from opscope.dashboard.graph.lettering import shape_text
from opscope.events.error import EventsError
from opscope.events.proto import config_pb2, step_stats_pb2

# The kernels of a GPU stand once under their own stream and once under stream:all.
_REPEATED = re.compile(r"/stream:(?!all$)|/memcpy$")


class StepStatsError(EventsError):
    """The bytes are no RunMetadata."""


class OutputStats(NamedTuple):
    """An output as the step last made it; `size` is in bytes, -1 where it was not noted."""

    slot: int
    dtype: str
    shape: str
    size: int


@dataclass(frozen=True)
class StepStats:
    """Seconds that each node ran and bytes that it allocated, both summed over its runs.

    `runs` says how often it ran, `outputs` what it made.
    """

    seconds: dict[str, float]
    memory: dict[str, float]
    runs: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, dict[int, OutputStats]] = field(default_factory=dict)

    @classmethod
    def from_bytes(cls, run_metadata: bytes) -> StepStats:
        """Statistics of a serialized RunMetadata; raises StepStatsError."""
        try:
            metadata = config_pb2.RunMetadata.FromString(run_metadata)
        except DecodeError as error:
            raise StepStatsError(f"the run metadata cannot be read: {error}") from error
        seconds: dict[str, float] = defaultdict(float)
        memory: dict[str, float] = defaultdict(float)
        runs: dict[str, int] = defaultdict(int)
        outputs: dict[str, dict[int, OutputStats]] = defaultdict(dict)
        for device in metadata.step_stats.dev_stats:
            if _REPEATED.search(device.device):
                continue
            for node in device.node_stats:
                name = _node_name(node)
                seconds[name] += max(0, node.all_end_rel_micros) / 1e6
                memory[name] += sum(used.total_bytes for used in node.memory)
                runs[name] += 1
                for output in node.output:
                    outputs[name][output.slot] = _output(output)
        return cls(dict(seconds), dict(memory), dict(runs), dict(outputs))

    def of_nodes(self, hierarchy: Hierarchy, amounts: dict[str, float]) -> NDArray[np.float64]:
        """float64[n]: the amount of each node in preorder, NaN where the step did not run it."""
        found = np.full(hierarchy.n, np.nan)
        index = hierarchy.columns.index
        for name, amount in amounts.items():
            node = index.get(name)
            if node is not None:
                found[hierarchy.rank[node]] = amount
        return found


def _node_name(node: step_stats_pb2.NodeExecStats) -> str:
    """The node's own name; GPU tracers write `name:Op`."""
    return node.node_name.partition(":")[0]


def _output(output: step_stats_pb2.NodeOutput) -> OutputStats:
    tensor = output.tensor_description
    noted = tensor.HasField("allocation_description")
    shape = tensor.shape
    text = "" if shape.unknown_rank else shape_text(tuple(max(-1, dim.size) for dim in shape.dim))
    size = tensor.allocation_description.requested_bytes if noted else -1
    return OutputStats(output.slot, dtype_text(tensor.dtype), text, size)
