"""Writes one watched run as a dump folder in tfdbg's form."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from opscope.events import DumpWriter, Frame, Health, health_summary
from opscope.tfdbg.debug_dump import WatchedValue
from opscope.tfdbg.wrappers.debug_ops import debug_op
from opscope.tfdbg.wrappers.watched import WatchedRun

SOURCE_LIMIT = 4 << 20
"""Bytes of a source file that is stored with a dump; larger ones are left out."""


def write_dump(
    run_root: str | Path,
    run: WatchedRun,
    graph: Any,
    *,
    fetches_info: str | None = None,
    feed_keys_info: str | None = None,
    debug_ops: Sequence[str] = ("DebugIdentity",),
    global_step: int | None = None,
) -> Path:
    """Write the run's tensors, graphs, feeds, stacks and sources below `run_root`; return it.

    `graph` is the session's: it knows where each node was made, the dtypes of tensors that have
    no value yet, and which tensor counts the steps (with `global_step` None the step is taken
    from there). Raises DumpError where a file cannot be written, ValueError for an unknown debug
    op.
    """
    root = Path(run_root)
    ops = [(spec.partition("(")[0], debug_op(spec)) for spec in debug_ops]
    writer = DumpWriter(root)
    # Tensors keep their own timestamps only if that of the metadata is earlier.
    start = run.tensors[0].timestamp - 1 if run.tensors else time.time_ns() // 1000
    writer.write_core_metadata(
        session_run_index=run.session_run_index,
        input_names=run.input_names,
        output_names=run.output_names,
        target_nodes=run.target_nodes,
        global_step=step_of(run, graph) if global_step is None else global_step,
        timestamp_us=start,
    )
    for tensor in run.tensors:
        for name, op in ops:
            value = op(tensor.value)
            if value is not None:
                writer.write_tensor(
                    tensor.device_name,
                    tensor.node_name,
                    tensor.output_slot,
                    value,
                    tensor.timestamp,
                    name,
                )
            elif tensor.value is None and name == "DebugIdentity":
                _write_uninitialized(writer, tensor, graph)
    for device, partition in run.partition_graphs.items():
        writer.write_graph(device, partition)
    if fetches_info is not None:
        writer.write_fetches_info(fetches_info)
    if feed_keys_info is not None:
        writer.write_feed_keys_info(feed_keys_info)
    writer.write_feeds(run.feeds)
    _write_origins(writer, run, graph)
    writer.write_health(_health(run.tensors))
    return root


def step_of(run: WatchedRun, graph: Any) -> int:
    """The global step that the run read; -1 where the graph has none or it was not watched."""
    for counter in graph.get_collection("global_step"):
        node_name = counter.name.partition(":")[0]
        for tensor in run.tensors:
            value = tensor.value
            if tensor.node_name != node_name or value is None:
                continue
            if value.size == 1 and value.dtype.kind in "iu":
                return int(value)
    return -1


def _write_uninitialized(writer: DumpWriter, tensor: WatchedValue, graph: Any) -> None:
    known = graph.get_tensor_by_name(f"{tensor.node_name}:{tensor.output_slot}")
    shape = known.shape.as_list() if known.shape.is_fully_defined() else ()
    if 0 not in shape:
        writer.write_tensor(
            tensor.device_name,
            tensor.node_name,
            tensor.output_slot,
            None,
            tensor.timestamp,
            dtype=known.dtype.base_dtype.as_datatype_enum,
            shape=shape,
        )


def _write_origins(writer: DumpWriter, run: WatchedRun, graph: Any) -> None:
    """Store where the nodes that ran were made, and the text of the files that made them."""
    ran = {node.name for partition in run.partition_graphs.values() for node in partition.node}
    stacks = {
        operation.name: [Frame(*frame) for frame in operation.traceback]
        for operation in graph.get_operations()
        if operation.name in ran
    }
    writer.write_tracebacks(stacks)
    writer.write_sources(read_sources(stacks))


def read_sources(stacks: Mapping[str, Iterable[Frame]]) -> dict[str, str]:
    """The text of every file in the stacks that can be read and is not huge."""
    texts: dict[str, str] = {}
    for name in sorted({frame.file for frames in stacks.values() for frame in frames}):
        path = Path(name)
        try:
            if path.stat().st_size <= SOURCE_LIMIT:
                texts[name] = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # "<stdin>", or a file that is gone: the stack says what is known
    return texts


def _health(tensors: Iterable[WatchedValue]) -> Iterable[Health]:
    for tensor in tensors:
        yield Health(
            tensor.device_name,
            tensor.node_name,
            tensor.output_slot,
            tensor.timestamp,
            health_summary(tensor.value),
        )
