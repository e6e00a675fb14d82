"""The RunOptions of a run that is traced for its profile."""

from __future__ import annotations

from typing import Any

from opscope.events.proto.config_pb2 import RunMetadata, RunOptions


def traced_options(options: Any = None, foreign: bool = False) -> Any:
    """A copy of the caller's options with a full trace and the graphs that ran.

    TensorFlow's own message if `foreign`.
    """
    if options is None:
        options = _tensorflow().RunOptions() if foreign else RunOptions()
    asked = type(options)()
    asked.CopyFrom(options)
    asked.trace_level = asked.FULL_TRACE
    asked.output_partition_graphs = True  # they say where each op ran, and of which type it is
    return asked


def new_run_metadata(foreign: bool = False) -> Any:
    """An empty RunMetadata; TensorFlow's own message if `foreign`."""
    return _tensorflow().RunMetadata() if foreign else RunMetadata()


def _tensorflow() -> Any:
    from tensorflow.core.protobuf import config_pb2

    return config_pb2
