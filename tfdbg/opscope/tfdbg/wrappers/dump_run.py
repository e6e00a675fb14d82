"""Writes one watched run as a dump, in tfdbg's form or packed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from opscope.events import (
    DUMP_FORMS,
    ByteBudget,
    DumpedTensor,
    DumpForm,
    DumpWriter,
    Health,
    PackedDumpWriter,
    health_summary,
)
from opscope.events.collection_pause import collection_paused
from opscope.events.packed_dump_writer import Compression
from opscope.events.page_stock import PageStock
from opscope.events.zstd import compressor
from opscope.tfdbg.debug_dump import WatchedValue
from opscope.tfdbg.wrappers.debug_ops import DebugOp, debug_op
from opscope.tfdbg.wrappers.run_origins import OriginCache
from opscope.tfdbg.wrappers.watched import WatchedRun


def write_dump(
    run_root: str | Path,
    run: WatchedRun,
    graph: Any,
    *,
    fetches_info: str | None = None,
    feed_keys_info: str | None = None,
    debug_ops: Sequence[str] = ("DebugIdentity",),
    global_step: int | None = None,
    format: DumpForm = "tfdbg",  # noqa: A002 - the name is fixed
    compression: Compression | None = None,
    budget: ByteBudget | None = None,
    origins: OriginCache | None = None,
    pages: PageStock | None = None,
    run_metadata: Any = None,
) -> Path:
    """Write the run's tensors, graphs, feeds, stacks and sources below `run_root`; return it.

    `graph` is the session's: it knows where each node was made, the dtypes of tensors that have
    no value yet, and which tensor counts the steps (with `global_step` None the step is taken
    from there). `format="packed"` makes one file, which `compression="zstd"` makes smaller.
    `origins` remembers what the next run has in common with this one, `pages` makes room for its
    file. `run_metadata` is written where the run was traced, for `lp`. Raises DumpError where a
    file cannot be written, DumpBudgetError where `budget` does not last, ValueError for an unknown
    debug op.
    """
    root = Path(run_root)
    ops = [(spec.partition("(")[0], debug_op(spec)) for spec in debug_ops]
    writer: DumpWriter | PackedDumpWriter
    if format == "packed":
        writer = PackedDumpWriter(root, compression, budget, pages)
    else:
        writer = DumpWriter(root, budget)
    try:
        with collection_paused():  # what is made here goes again, before a collection looks at it
            _write(writer, run, graph, ops, global_step, origins or OriginCache())
        if run_metadata is not None and run_metadata.step_stats.dev_stats:
            writer.write_run_metadata(run_metadata.SerializeToString())
        if fetches_info is not None:
            writer.write_fetches_info(fetches_info)
        if feed_keys_info is not None:
            writer.write_feed_keys_info(feed_keys_info)
    finally:
        writer.close()
    if isinstance(writer, PackedDumpWriter) and pages is not None:
        pages.order(root, min(writer.size, writer.budget.left))
    return root


def check_form(form: str, compression: str | None) -> None:
    """Raise ValueError where no dump can be written so, DumpError where a library is missing."""
    if form not in DUMP_FORMS:
        raise ValueError(f"format is one of {', '.join(DUMP_FORMS)}, not {form!r}")
    if compression is not None:
        if form != "packed":
            raise ValueError('only format="packed" is compressed')
        if compression != "zstd":
            raise ValueError(f'compression is "zstd" or None, not {compression!r}')
        compressor()


def _write(
    writer: DumpWriter | PackedDumpWriter,
    run: WatchedRun,
    graph: Any,
    ops: Sequence[tuple[str, DebugOp]],
    global_step: int | None,
    origins: OriginCache,
) -> None:
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
    writer.write_tensors(list(_dumped(run.tensors, ops, graph)))
    writer.write_feeds(run.feeds)
    known = origins.of(run.partition_graphs, graph)
    for device, partition in run.partition_graphs.items():
        if isinstance(writer, PackedDumpWriter):
            writer.write_graph(device, known.graphs[device])
        else:
            writer.write_graph(device, partition)
    writer.write_tracebacks(known.tracebacks)
    writer.write_sources(known.sources)
    if isinstance(writer, DumpWriter) or "DebugIdentity" not in dict(ops) or not run.tensors:
        rows = getattr(run, "health", None)  # the runtime's runs have it
        writer.write_health(_health(run.tensors) if rows is None else rows)


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


def _dumped(
    tensors: Iterable[WatchedValue], ops: Sequence[tuple[str, DebugOp]], graph: Any
) -> Iterator[DumpedTensor]:
    """What the debug ops make of the tensors."""
    for tensor in tensors:
        named = (tensor.device_name, tensor.node_name, tensor.output_slot)
        for name, op in ops:
            value = op(tensor.value)
            if value is not None:
                yield DumpedTensor(*named, value, tensor.timestamp, name)
            elif tensor.value is None and name == "DebugIdentity":
                known = graph.get_tensor_by_name(f"{tensor.node_name}:{tensor.output_slot}")
                shape = known.shape.as_list() if known.shape.is_fully_defined() else ()
                if 0 not in shape:
                    dtype = known.dtype.base_dtype.as_datatype_enum
                    yield DumpedTensor(
                        *named, None, tensor.timestamp, dtype=dtype, shape=tuple(shape)
                    )


def _health(tensors: Iterable[WatchedValue]) -> Iterable[Health]:
    for tensor in tensors:
        yield Health(
            tensor.device_name,
            tensor.node_name,
            tensor.output_slot,
            tensor.timestamp,
            health_summary(tensor.value),
        )
