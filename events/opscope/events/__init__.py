"""Files of logs and dumps: records, summaries, graphs, logdirs, dump folders."""

from opscope.events.dump_extra import Frame, Health
from opscope.events.dump_folder import (
    CoreMetadata,
    DumpEntry,
    DumpFolder,
    NoArray,
    find_dumps,
    open_dump,
)
from opscope.events.dump_writer import DumpWriter
from opscope.events.error import (
    DumpError,
    EventsError,
    EventWriterError,
    LogdirError,
    TensorProtoError,
)
from opscope.events.event_file_writer import EventFileWriter
from opscope.events.health import has_inf_or_nan, health_summary
from opscope.events.problem import Problem
from opscope.events.record import Record, RecordReader, RecordWriter, masked_crc32c, read_records
from opscope.events.tensor_proto import data_type, make_ndarray, make_tensor_proto, numpy_dtype

__all__ = [
    "CoreMetadata",
    "DumpEntry",
    "DumpError",
    "DumpFolder",
    "DumpWriter",
    "EventFileWriter",
    "EventWriterError",
    "EventsError",
    "Frame",
    "Health",
    "LogdirError",
    "NoArray",
    "Problem",
    "Record",
    "RecordReader",
    "RecordWriter",
    "TensorProtoError",
    "data_type",
    "find_dumps",
    "has_inf_or_nan",
    "health_summary",
    "make_ndarray",
    "make_tensor_proto",
    "masked_crc32c",
    "numpy_dtype",
    "open_dump",
    "read_records",
]
