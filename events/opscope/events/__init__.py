"""Files of logs and dumps: records, summaries, graphs, logdirs, dump folders.

A name is imported when it is used first: who writes scalars needs no reader of dumps.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opscope.events.base_dump_writer import DumpedTensor
    from opscope.events.byte_budget import ByteBudget
    from opscope.events.debug_events import (
        CreatedOp,
        DebugEvents,
        DebuggedGraph,
        Execution,
        Trace,
        open_debug_events,
    )
    from opscope.events.dump_conversion import DUMP_FORMS, DumpForm, convert_dump
    from opscope.events.dump_extra import Frame, Health
    from opscope.events.dump_folder import (
        CoreMetadata,
        DumpEntry,
        DumpFolder,
        NoArray,
    )
    from opscope.events.dump_root import find_dumps, open_dump
    from opscope.events.dump_writer import DumpWriter
    from opscope.events.error import (
        DumpBudgetError,
        DumpError,
        EventsError,
        EventWriterError,
        LogdirError,
        TensorProtoError,
    )
    from opscope.events.event_file_writer import EventFileWriter
    from opscope.events.graph_columns import GraphColumns, GraphDefError
    from opscope.events.health import (
        HEALTH_PLUGIN,
        has_inf_or_nan,
        health_of_shape,
        health_summaries_of_numbers,
        health_summary,
        health_value,
    )
    from opscope.events.logdir import Logdir, open_logdir
    from opscope.events.logdir_spec import LogdirSpec
    from opscope.events.packed_dump import PackedDump
    from opscope.events.packed_dump_writer import PackedDumpWriter
    from opscope.events.payload import Audio, Image
    from opscope.events.problem import Problem
    from opscope.events.record import (
        Record,
        RecordReader,
        RecordWriter,
        masked_crc32c,
        read_records,
    )
    from opscope.events.repair import Loss, Repair, repair_event_file
    from opscope.events.series import Plugin
    from opscope.events.summary_writer import SummaryWriter
    from opscope.events.tag_data import (
        GraphRef,
        Histograms,
        Payloads,
        RunMetadataRef,
        Scalars,
        TagPoints,
        TagSummary,
    )
    from opscope.events.tensor_filter import (
        FILTER_NAMES,
        AbsoluteAbove,
        AllZero,
        AnyOf,
        BuiltInFilter,
        HasInfOrNan,
        HasNan,
        OutOfRange,
        named_filter,
    )
    from opscope.events.tensor_proto import data_type, make_ndarray, make_tensor_proto, numpy_dtype

# The names of each module.
_NAMES = {
    "base_dump_writer": "DumpedTensor",
    "byte_budget": "ByteBudget",
    "debug_events": "CreatedOp DebugEvents DebuggedGraph Execution Trace open_debug_events",
    "dump_conversion": "DUMP_FORMS DumpForm convert_dump",
    "dump_extra": "Frame Health",
    "dump_folder": "CoreMetadata DumpEntry DumpFolder NoArray",
    "dump_root": "find_dumps open_dump",
    "dump_writer": "DumpWriter",
    "error": "DumpBudgetError DumpError EventWriterError EventsError LogdirError TensorProtoError",
    "event_file_writer": "EventFileWriter",
    "graph_columns": "GraphColumns GraphDefError",
    "health": (
        "HEALTH_PLUGIN has_inf_or_nan health_of_shape health_summaries_of_numbers health_summary "
        "health_value"
    ),
    "logdir": "Logdir open_logdir",
    "logdir_spec": "LogdirSpec",
    "packed_dump": "PackedDump",
    "packed_dump_writer": "PackedDumpWriter",
    "payload": "Audio Image",
    "problem": "Problem",
    "record": "Record RecordReader RecordWriter masked_crc32c read_records",
    "repair": "Loss Repair repair_event_file",
    "series": "Plugin",
    "summary_writer": "SummaryWriter",
    "tag_data": "GraphRef Histograms Payloads RunMetadataRef Scalars TagPoints TagSummary",
    "tensor_filter": "FILTER_NAMES AbsoluteAbove AllZero AnyOf BuiltInFilter HasInfOrNan HasNan "
    "OutOfRange named_filter",
    "tensor_proto": "data_type make_ndarray make_tensor_proto numpy_dtype",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})


__all__ = [
    "DUMP_FORMS",
    "FILTER_NAMES",
    "HEALTH_PLUGIN",
    "AbsoluteAbove",
    "AllZero",
    "AnyOf",
    "Audio",
    "BuiltInFilter",
    "ByteBudget",
    "CoreMetadata",
    "CreatedOp",
    "DebugEvents",
    "DebuggedGraph",
    "DumpBudgetError",
    "DumpEntry",
    "DumpError",
    "DumpFolder",
    "DumpForm",
    "DumpWriter",
    "DumpedTensor",
    "EventFileWriter",
    "EventWriterError",
    "EventsError",
    "Execution",
    "Frame",
    "GraphColumns",
    "GraphDefError",
    "GraphRef",
    "HasInfOrNan",
    "HasNan",
    "Health",
    "Histograms",
    "Image",
    "Logdir",
    "LogdirError",
    "LogdirSpec",
    "Loss",
    "NoArray",
    "OutOfRange",
    "PackedDump",
    "PackedDumpWriter",
    "Payloads",
    "Plugin",
    "Problem",
    "Record",
    "RecordReader",
    "RecordWriter",
    "Repair",
    "RunMetadataRef",
    "Scalars",
    "SummaryWriter",
    "TagPoints",
    "TagSummary",
    "TensorProtoError",
    "Trace",
    "convert_dump",
    "data_type",
    "find_dumps",
    "has_inf_or_nan",
    "health_of_shape",
    "health_summaries_of_numbers",
    "health_summary",
    "health_value",
    "make_ndarray",
    "make_tensor_proto",
    "masked_crc32c",
    "named_filter",
    "numpy_dtype",
    "open_debug_events",
    "open_dump",
    "open_logdir",
    "read_records",
    "repair_event_file",
]
