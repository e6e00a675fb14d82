"""What the wrappers ask of a session and what a watched run brings back, as types.

The runtime has the real ones. They are told apart by shape, so that tfdbg loads without the
runtime and works with any session that can do the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from opscope.events.proto.graph_pb2 import GraphDef
from opscope.tfdbg.debug_dump import WatchedValue


class WatchedRun(Protocol):
    """One session run with its tensors in the order of execution."""

    @property
    def result(self) -> Any:
        """The fetched values; None where the run failed."""

    @property
    def error(self) -> Exception | None:
        """The OpError that ended the run."""

    @property
    def tensors(self) -> Sequence[WatchedValue]:
        """What was watched, in order."""

    @property
    def hits(self) -> Sequence[WatchedValue]:
        """Those that pass the watch's filter, in order."""

    @property
    def partition_graphs(self) -> Mapping[str, GraphDef]:
        """What ran on each device."""

    @property
    def input_names(self) -> Sequence[str]:
        """Names of the fed tensors."""

    @property
    def output_names(self) -> Sequence[str]:
        """Names of the fetched tensors."""

    @property
    def target_nodes(self) -> Sequence[str]:
        """Names of the ops that were run for their effect."""

    @property
    def session_run_index(self) -> int:
        """Which run of its session this was."""

    @property
    def feeds(self) -> Mapping[str, npt.NDArray[np.generic]]:
        """The fed values by tensor name."""
