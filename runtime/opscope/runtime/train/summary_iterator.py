"""The events of an event file, one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator

from opscope.events.proto.event_pb2 import Event
from opscope.runtime.python_io import tf_record_iterator


def summary_iterator(path: str | os.PathLike[str]) -> Iterator[Event]:
    """Each Event of a file; DataLossError where the file is damaged."""
    for record in tf_record_iterator(os.fspath(path)):
        yield Event.FromString(record)
