"""Turns the records of an event file into points, one by one: what an Event means stands here.

Records of the usual sorts are decoded by column (see `record_columns`); what that gives is what
this decoder would give, and a test holds it to that.
"""

from opscope.events import kind as kinds
from opscope.events.error import TensorProtoError
from opscope.events.event_message import event_of, plugin_of, scalar_value
from opscope.events.proto.event_pb2 import Event, SessionLog
from opscope.events.record import Record
from opscope.events.run_series import RunSeries
from opscope.events.series import Location
from opscope.events.series_numbers import GRAPH_DEF, META_GRAPH_DEF, RUN_METADATA, SUMMARY
from opscope.events.wire import has_field

# RunMetadata.partition_graphs and .function_graphs; MetaGraphDef.graph_def.
_RUN_METADATA_GRAPHS = (3, 4)
_META_GRAPH_DEF_GRAPH = 2


class EventDecoder:
    """Decodes the records of one file, known to its run by `file_number`, into the run's series.

    `decode` returns what is wrong with a record, or None; what it could understand is added.
    """

    def __init__(self, run: RunSeries, file_number: int):
        self._run = run
        self._file = file_number

    def decode(self, record: Record) -> str | None:
        """Add what a record says to the run."""
        event = event_of(record.data)
        if event is None:
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
            run.add_location(GRAPH_DEF, kinds.GRAPH, "", step, wall_time, at)
        elif what == "meta_graph_def":
            if has_field(event.meta_graph_def, _META_GRAPH_DEF_GRAPH):
                run.add_location(META_GRAPH_DEF, kinds.GRAPH, "", step, wall_time, at)
        elif what == "tagged_run_metadata":
            tagged = event.tagged_run_metadata
            kind = kinds.RUN_METADATA
            run.add_location(RUN_METADATA, kind, tagged.tag, step, wall_time, at)
            if has_field(tagged.run_metadata, *_RUN_METADATA_GRAPHS):
                run.run_metadata_with_graph.add(tagged.tag)
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
            if value.HasField("metadata"):
                run.numbers.set_plugin(tag, plugin_of(value.metadata))
            if field == "simple_value":
                run.add_scalar(tag, step, wall_time, value.simple_value)
                continue
            kind = kinds.kind_of(run.numbers.plugin(tag).name, field)
            if kind == kinds.SCALAR:
                try:
                    number = scalar_value(value.tensor)
                except TensorProtoError as error:
                    fault = f"tag {tag!r}: {error}: this point is skipped"
                    continue
                run.add_scalar(tag, step, wall_time, number)
                continue
            at = Location(self._file, offset, index)
            run.add_location(SUMMARY, kind, tag, step, wall_time, at)
        return fault
