"""Files of logs and dumps: records, summaries, graphs, logdirs, dump folders."""

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
from opscope.events.health import HEALTH_PLUGIN, has_inf_or_nan, health_summary, health_value
from opscope.events.logdir import Logdir, open_logdir
from opscope.events.packed_dump import PackedDump
from opscope.events.packed_dump_writer import PackedDumpWriter
from opscope.events.payload import Audio, Image
from opscope.events.problem import Problem
from opscope.events.record import Record, RecordReader, RecordWriter, masked_crc32c, read_records
from opscope.events.repair import Loss, Repair, repair_event_file
from opscope.events.series import Plugin
from opscope.events.summary_writer import SummaryWriter
from opscope.events.tag_data import (
    GraphRef,
    Histograms,
    Payloads,
    RunMetadataRef,
    Scalars,
    TagSummary,
)
from opscope.events.tensor_proto import data_type, make_ndarray, make_tensor_proto, numpy_dtype

__all__ = [
    "DUMP_FORMS",
    "HEALTH_PLUGIN",
    "Audio",
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
    "EventFileWriter",
    "EventWriterError",
    "EventsError",
    "Execution",
    "Frame",
    "GraphColumns",
    "GraphDefError",
    "GraphRef",
    "Health",
    "Histograms",
    "Image",
    "Logdir",
    "LogdirError",
    "Loss",
    "NoArray",
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
    "TagSummary",
    "TensorProtoError",
    "Trace",
    "convert_dump",
    "data_type",
    "find_dumps",
    "has_inf_or_nan",
    "health_summary",
    "health_value",
    "make_ndarray",
    "make_tensor_proto",
    "masked_crc32c",
    "numpy_dtype",
    "open_debug_events",
    "open_dump",
    "open_logdir",
    "read_records",
    "repair_event_file",
]
