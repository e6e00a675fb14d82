"""The errors of the events layer.

    EventsError
    ├── TensorProtoError   (also a ValueError) a TensorProto that holds no array, or a wrong one
    ├── EventWriterError   an event file could not be written, or its writer is closed
    ├── LogdirError        a logdir that is missing, unreadable, or asked for what it lacks
    └── DumpError          a dump folder that is missing, or a value that cannot be written there
        └── DumpBudgetError    the bytes that dumps may take are used up

Damage inside a file is not an error: it is a `Problem`, and everything intact is read.
"""


class EventsError(Exception):
    """Anything that went wrong while reading or writing logs and dumps."""


class TensorProtoError(EventsError, ValueError):
    """A TensorProto whose fields contradict each other, or that has no array value."""


class EventWriterError(EventsError):
    """An event file could not be written."""


class LogdirError(EventsError):
    """A logdir that cannot be read, or a run or tag that it does not have."""


class DumpError(EventsError):
    """A dump folder that cannot be read or written."""


class DumpBudgetError(DumpError):
    """Writing would take more bytes than dumps may."""
