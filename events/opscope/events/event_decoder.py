"""Turns the records of an event file into points: the only place that knows what an Event holds.

A faster decoder fills the same `RunSeries`; nothing above it sees records or protos.
"""

import struct

from google.protobuf.message import DecodeError

from opscope.events import kind as kinds
from opscope.events.error import TensorProtoError
from opscope.events.proto import types_pb2
from opscope.events.proto.event_pb2 import Event, SessionLog
from opscope.events.proto.summary_pb2 import Summary
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.events.record import Record
from opscope.events.run_series import RunSeries
from opscope.events.series import Location, Plugin
from opscope.events.tensor_proto import make_ndarray
from opscope.events.wire import has_field

_FLOAT = struct.Struct("<f")
# RunMetadata.partition_graphs and .function_graphs; MetaGraphDef.graph_def.
_RUN_METADATA_GRAPHS = (3, 4)
_META_GRAPH_DEF_GRAPH = 2


def scalar_value(tensor: TensorProto) -> float:
    """The number in a tensor of one element; TensorProtoError for anything else."""
    if tensor.dtype == types_pb2.DT_FLOAT:
        if len(tensor.float_val) == 1:
            return tensor.float_val[0]
        if len(tensor.tensor_content) == 4:
            value: float = _FLOAT.unpack(tensor.tensor_content)[0]
            return value
    array = make_ndarray(tensor)
    if array.size != 1 or array.dtype.kind in "Oc":
        raise TensorProtoError(f"a scalar summary holds {array.dtype} of shape {array.shape}")
    return float(array.reshape(())[()])


class EventDecoder:
    """Decodes the records of one file, known to its run by `file_number`, into the run's series.

    `decode` returns what is wrong with a record, or None; what it could understand is added.
    """

    def __init__(self, run: RunSeries, file_number: int):
        self._run = run
        self._file = file_number

    def decode(self, record: Record) -> str | None:
        """Add what a record says to the run."""
        try:
            event = Event.FromString(record.data)
        except DecodeError:
            return "the record is intact, but what it holds is no Event: it is skipped"
        what = event.WhichOneof("what")
        if what == "summary":
            return self._summary(event, record.offset)
        at = Location(self._file, record.offset, 0)
        run, step, wall_time = self._run, event.step, event.wall_time
        fault = self._file_version(event.file_version) if what == "file_version" else None
        run.step_comes(step, None)
        if what == "session_log":
            if event.session_log.status == SessionLog.START:
                run.session_started(step)
        elif what == "graph_def":
            run.graphs.add_location(step, wall_time, at)
        elif what == "meta_graph_def":
            if has_field(event.meta_graph_def, _META_GRAPH_DEF_GRAPH):
                run.meta_graphs.add_location(step, wall_time, at)
        elif what == "tagged_run_metadata":
            tagged = event.tagged_run_metadata
            has_graph = has_field(tagged.run_metadata, *_RUN_METADATA_GRAPHS)
            run.add_run_metadata(tagged.tag, step, wall_time, at, has_graph)
        return fault

    def _file_version(self, version: str) -> str | None:
        prefix, _, number = version.rpartition(":")
        try:
            self._run.file_version = float(number)
        except ValueError:
            prefix = ""
        if prefix != "brain.Event":
            return f"unknown file version {version[:80]!r}: read as if it were brain.Event:2"
        return None

    def _summary(self, event: Event, offset: int) -> str | None:
        run, step, wall_time = self._run, event.step, event.wall_time
        values = event.summary.value
        run.step_comes(step, (value.tag for value in values))
        fault = None
        for index, value in enumerate(values):
            field = value.WhichOneof("value")
            tag = value.tag
            if not tag and field == "tensor":
                tag = value.node_name  # the oldest tensor summaries
            if field == "simple_value":
                if value.HasField("metadata"):
                    self._note_plugin(tag, value)
                run.series_of(tag, kinds.SCALAR).add_scalar(step, wall_time, value.simple_value)
                continue
            if value.HasField("metadata"):
                self._note_plugin(tag, value)
            kind = kinds.kind_of(run.plugin(tag).name, field)
            if kind == kinds.SCALAR:
                try:
                    number = scalar_value(value.tensor)
                except TensorProtoError as error:
                    fault = f"tag {tag!r}: {error}: this point is skipped"
                    continue
                run.series_of(tag, kind).add_scalar(step, wall_time, number)
                continue
            location = Location(self._file, offset, index)
            run.series_of(tag, kind).add_location(step, wall_time, location)
        return fault

    def _note_plugin(self, tag: str, value: Summary.Value) -> None:
        metadata = value.metadata
        plugin = metadata.plugin_data
        self._run.set_plugin(
            tag,
            Plugin(
                plugin.plugin_name,
                plugin.content,
                metadata.display_name,
                metadata.summary_description,
            ),
        )
