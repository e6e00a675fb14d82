"""Summaries (`tf.summary`): ops that note values, and the writer of event files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from opscope.events import HEALTH_PLUGIN
from opscope.events.proto.config_pb2 import RunMetadata
from opscope.events.proto.event_pb2 import Event, SessionLog, TaggedRunMetadata
from opscope.events.proto.summary_pb2 import Summary, SummaryMetadata
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.make_op import make_op
from opscope.runtime.operation import Tensor
from opscope.runtime.ops import health as _health_op  # noqa: F401 - defines an op used here
from opscope.runtime.ops import summary as _ops  # noqa: F401 - it defines the ops used here
from opscope.runtime.scopes import name_scope
from opscope.runtime.summary_writer import FileWriter, FileWriterCache

__all__ = [
    "Event",
    "FileWriter",
    "FileWriterCache",
    "RunMetadata",
    "SessionLog",
    "Summary",
    "SummaryMetadata",
    "TaggedRunMetadata",
    "health",
    "histogram",
    "image",
    "merge",
    "merge_all",
    "scalar",
    "tensor_summary",
    "text",
]

_INVALID_IN_TAG = re.compile(r"[^-/\w.]")
_BAD_COLOR = (255, 0, 0, 255)


@contextmanager
def _summary_scope(
    name: str, family: str | None, default_name: str, values: Sequence[Any]
) -> Iterator[tuple[str, str]]:
    """Yield the tag and the name of a summary op: its name scope makes both unique."""
    name = _INVALID_IN_TAG.sub("_", name).lstrip("/")
    if family is not None:
        family = _INVALID_IN_TAG.sub("_", family).lstrip("/")
    base = name if family is None else f"{family}/{name}"
    with name_scope(base, default_name, values) as scope:
        tag = scope.rstrip("/")
        yield tag if family is None else f"{family}/{tag}", scope


def _collect(tensor: Tensor, collections: Sequence[str] | None, default: Sequence[str]) -> Tensor:
    tensor.graph.add_to_collections(default if collections is None else collections, tensor)
    return tensor


def scalar(
    name: str, tensor: Any, collections: Sequence[str] | None = None, family: str | None = None
) -> Tensor:
    """A summary of one number; its tag is `name` inside the current name scope.

    family: a prefix that groups tags. collections: where the op is added, by default the one that
    `merge_all` reads.
    """
    with _summary_scope(name, family, "ScalarSummary", [tensor]) as (tag, scope):
        made = make_op("ScalarSummary", tag, tensor, name=scope)
        return _collect(made, collections, [GraphKeys.SUMMARIES])


def histogram(
    name: str, values: Any, collections: Sequence[str] | None = None, family: str | None = None
) -> Tensor:
    """A summary of the distribution of numbers; a run with NaN among them fails."""
    with _summary_scope(name, family, "HistogramSummary", [values]) as (tag, scope):
        made = make_op("HistogramSummary", tag, values, name=scope)
        return _collect(made, collections, [GraphKeys.SUMMARIES])


def image(
    name: str,
    tensor: Any,
    max_outputs: int = 3,
    collections: Sequence[str] | None = None,
    family: str | None = None,
) -> Tensor:
    """A summary of the first images of a batch [n, height, width, 1, 3 or 4], uint8 or float."""
    with _summary_scope(name, family, "ImageSummary", [tensor]) as (tag, scope):
        made = make_op(
            "ImageSummary",
            tag,
            tensor,
            max_images=max_outputs,
            bad_color=np.array(_BAD_COLOR, np.uint8),
            name=scope,
        )
        return _collect(made, collections, [GraphKeys.SUMMARIES])


def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: str | None = None,
    collections: Sequence[str] | None = None,
    summary_metadata: SummaryMetadata | None = None,
    family: str | None = None,
    display_name: str | None = None,
) -> Tensor:
    """A summary that holds a tensor as it is, with metadata that say who shows it."""
    metadata = SummaryMetadata()
    if summary_metadata is not None:
        metadata.CopyFrom(summary_metadata)
    if display_name is not None:
        metadata.display_name = display_name
    if summary_description is not None:
        metadata.summary_description = summary_description
    with _summary_scope(name, family, "TensorSummary", [tensor]) as (tag, scope):
        made = make_op("TensorSummaryV2", tag, tensor, metadata.SerializeToString(), name=scope)
        return _collect(made, collections, [GraphKeys.SUMMARIES])


def health(name: str, tensor: Any, collections: Sequence[str] | None = None) -> Tensor:
    """A summary of how a tensor's elements are: NaN, inf, sign, extremes, mean, variance.

    The tag is the tensor's own name, `NODE:SLOT`, so that the graph can show it; `name` names the
    op. The value are the 14 + rank numbers of DebugNumericSummary, plugin `opscope_health`.
    """
    tensor = convert_to_tensor(tensor)
    plugin = SummaryMetadata.PluginData(plugin_name=HEALTH_PLUGIN)
    metadata = SummaryMetadata(plugin_data=plugin, display_name=name)
    with _summary_scope(name, None, "HealthSummary", [tensor]) as (_, scope):
        numbers = make_op("DebugNumericSummary", tensor, tensor_name=tensor.name)
        made = make_op(
            "TensorSummaryV2", tensor.name, numbers, metadata.SerializeToString(), name=scope
        )
        return _collect(made, collections, [GraphKeys.SUMMARIES])


def text(name: str, tensor: Tensor, collections: Sequence[str] | None = None) -> Tensor:
    """A summary of a string tensor, shown as Markdown; ValueError for another dtype."""
    if tensor.dtype.base_dtype.name != "string":
        raise ValueError(f"Expected tensor {tensor.name} to have dtype string, got {tensor.dtype}")
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    return tensor_summary(name, tensor, collections=collections, summary_metadata=metadata)


def merge(
    inputs: Iterable[Any], collections: Sequence[str] | None = None, name: str | None = None
) -> Tensor:
    """One summary with the values of several."""
    items = list(inputs)
    with name_scope(name, "Merge", items):
        return _collect(make_op("MergeSummary", items, name=name), collections, [])


def merge_all(
    key: str = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None
) -> Tensor | None:
    """One summary with the values of all in a collection; None when there are none."""
    found = get_default_graph().get_collection(key, scope)
    return merge(found, name=name) if found else None
