"""Writes a dump anew in the other form: tfdbg's folder or one packed file."""

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Literal, get_args

from opscope.events.base_dump_writer import BaseDumpWriter
from opscope.events.dump_folder import DumpFolder, NoArray, dumped_value
from opscope.events.dump_writer import DumpWriter
from opscope.events.error import DumpError
from opscope.events.packed_dump_writer import Compression, PackedDumpWriter

DumpForm = Literal["tfdbg", "packed"]
DUMP_FORMS: tuple[DumpForm, ...] = get_args(DumpForm)


def convert_dump(
    source: DumpFolder,
    target: str | os.PathLike[str],
    form: DumpForm,
    compression: Compression | None = None,
    progress: Callable[[int], None] = lambda count: None,
) -> None:
    """Write what `source` holds as a dump in `form` below `target`, which must not exist.

    Of a packed dump the health is taken for tfdbg's form. Dumps of one microsecond
    are moved apart, as the writers do. `progress` gets the tensors done so far. Raises DumpError
    where a tensor is damaged or cannot be written.
    """
    root = Path(target)
    if root.exists():
        raise DumpError(f"{root}: this exists already; nothing is overwritten")
    with PackedDumpWriter(root, compression) if form == "packed" else DumpWriter(root) as writer:
        _copy(source, writer, progress)


def _copy(source: DumpFolder, writer: BaseDumpWriter, progress: Callable[[int], None]) -> None:
    first = source.entries[0].timestamp if source.entries else 1
    earlier = len(source.core_metadata_list)
    for number, metadata in enumerate(source.core_metadata_list):
        # Earlier than the tensors, which then keep their own timestamps.
        writer.write_core_metadata(**asdict(metadata), timestamp_us=first - earlier + number)
    for count, entry in enumerate(source.entries, 1):
        proto = source.load_proto(entry)
        value = dumped_value(proto)
        named = (entry.device, entry.node, entry.slot)
        when = (entry.timestamp, entry.debug_op)
        if not isinstance(value, NoArray):
            writer.write_tensor(*named, value, *when, dtype=proto.dtype)
        elif value.initialized:
            writer.write_tensor(*named, proto, *when)
        else:
            writer.write_tensor(*named, None, *when, dtype=value.dtype, shape=value.shape)
        progress(count)
    for device in source.devices:
        graph = source.graph(device)
        if graph is not None:
            writer.write_graph(device, graph)
    if source.fetches_info is not None:
        writer.write_fetches_info(source.fetches_info)
    if source.feed_keys_info is not None:
        writer.write_feed_keys_info(source.feed_keys_info)
    if source.feeds:
        writer.write_feeds(source.feeds)
    if source.tracebacks:
        writer.write_tracebacks(source.tracebacks)
    if source.sources:
        writer.write_sources(source.sources)
    times = source.run_metadata
    if times is not None:
        writer.write_run_metadata(times)
    health = source.health
    if health:
        writer.write_health(health)
