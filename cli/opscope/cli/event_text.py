"""One event of an event file in words: as a JSON-able dict, and as a line of text."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import DecodeError, Message

from opscope.cli.inspect import printable
from opscope.events import Record, TensorProtoError, make_ndarray
from opscope.events.proto.event_pb2 import Event, LogMessage, SessionLog
from opscope.events.proto.summary_pb2 import Summary
from opscope.events.proto.tensor_pb2 import TensorProto

_SHOWN = 8  # elements of a tensor
_TEXT = 60  # characters of a string


def described(record: Record) -> dict[str, Any]:
    """What a record holds: offset and size in bytes, wall time in seconds, step, and its content.

    A summary has `values`, each with its tag, plugin, and a description of its payload; NaN and
    infinities are strings. A record that is no Event has only `unknown`.
    """
    known: dict[str, Any] = {"offset": record.offset, "size": len(record.data)}
    try:
        event = Event.FromString(record.data)
    except DecodeError:
        return {**known, "unknown": "no Event"}
    what = event.WhichOneof("what")
    known.update(wall_time=_number(event.wall_time), step=event.step, what=what or "nothing")
    if what == "summary":
        known["values"] = [_value(value) for value in event.summary.value]
    elif what == "session_log":
        known["status"] = _enum_name(SessionLog.SessionStatus, event.session_log.status)
        known["message"] = event.session_log.msg or event.session_log.checkpoint_path
    elif what == "log_message":
        known["level"] = _enum_name(LogMessage.Level, event.log_message.level)
        known["message"] = event.log_message.message
    elif what == "tagged_run_metadata":
        known["tag"] = event.tagged_run_metadata.tag
        known["payload"] = {"bytes": len(event.tagged_run_metadata.run_metadata)}
    elif what == "file_version":
        known["message"] = event.file_version
    elif what is not None:
        known["payload"] = {"bytes": len(getattr(event, what))}
    return known


def event_line(event: dict[str, Any]) -> str:
    """A description as a line: offset, time in UTC, step, and what it holds."""
    if "unknown" in event:
        return f"{event['offset']:>10}  {event['unknown']}: {event['size']} bytes"
    parts = [_value_text(value) for value in event.get("values", ())]
    if not parts:
        named = [event["what"], *(event[key] for key in ("status", "level", "tag") if key in event)]
        if event.get("message"):
            named.append(_shortened(event["message"]))
        if "payload" in event:
            named.append(_payload_text(event["payload"]))
        parts = [" ".join(named)]
    what = printable("; ".join(parts))
    return f"{event['offset']:>10}  {_time(event['wall_time'])}  step {event['step']}  {what}"


def _enum_name(enum: Any, number: int) -> str:
    return str(enum.Name(number)) if number in enum.values() else str(number)


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def _value(value: Summary.Value) -> dict[str, Any]:
    field = value.WhichOneof("value") or "nothing"
    known: dict[str, Any] = {"tag": value.tag or value.node_name, "field": field}
    if value.metadata.plugin_data.plugin_name:
        known["plugin"] = value.metadata.plugin_data.plugin_name
    if field == "simple_value":
        known["value"] = _number(value.simple_value)
    elif field == "tensor":
        known.update(_tensor(value.tensor))
    elif field == "histo":
        histo = value.histo
        known.update(
            num=_number(histo.num),
            min=_number(histo.min),
            max=_number(histo.max),
            buckets=len(histo.bucket),
        )
    elif field == "image":
        known.update(_sizes(value.image, "width", "height", "colorspace"))
        known["bytes"] = len(value.image.encoded_image_string)
    elif field == "audio":
        known.update(_sizes(value.audio, "sample_rate", "num_channels", "length_frames"))
        known["bytes"] = len(value.audio.encoded_audio_string)
    return known


def _sizes(message: Message, *names: str) -> dict[str, Any]:
    return {name: getattr(message, name) for name in names}


def _tensor(tensor: TensorProto) -> dict[str, Any]:
    try:
        array = make_ndarray(tensor)
    except TensorProtoError as error:
        return {"fault": str(error)}
    dtype = "string" if array.dtype.kind == "O" else str(array.dtype)
    first = [_element(each) for each in array.reshape(-1)[:_SHOWN].tolist()]
    return {"dtype": dtype, "shape": list(array.shape), "first": first}


def _element(element: Any) -> Any:
    if isinstance(element, bytes):
        return _shortened(element.decode("utf-8", "backslashreplace"))
    if isinstance(element, float):
        return _number(element)
    return element if isinstance(element, bool | int) else str(element)


def _shortened(text: str) -> str:
    return text if len(text) <= _TEXT else text[: _TEXT - 3] + "..."


def _time(seconds: float | str) -> str:
    try:
        moment = datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return f"{seconds} s"
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _value_text(value: dict[str, Any]) -> str:
    if "value" in value:
        return f"{value['tag']} = {float(value['value']):.9g}"
    details = {key: each for key, each in value.items() if key not in ("tag", "field", "plugin")}
    kind = value.get("plugin", value["field"])
    return " ".join([value["tag"], kind, _payload_text(details)]).rstrip()


def _payload_text(payload: dict[str, Any]) -> str:
    return " ".join(f"{key}={each}" for key, each in payload.items())
