"""What the tags that no page draws hold, run by run, and their payloads as files."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np

from opscope.dashboard.media_type import clip_type
from opscope.events import Logdir, LogdirError, TensorProtoError, payload
from opscope.events import kind as kinds
from opscope.events.proto.summary_pb2 import Summary

DRAWN = (
    kinds.SCALAR,
    kinds.HISTOGRAM,
    kinds.IMAGE,
    kinds.TEXT,
    kinds.GRAPH,
    kinds.PR_CURVE,
    kinds.HPARAMS,
    kinds.LAYOUT,
)
OTHER = (
    kinds.AUDIO,
    kinds.TENSOR,
    kinds.MESH,
    kinds.PROJECTOR,
    kinds.RUN_METADATA,
    kinds.UNKNOWN,
)


class Download(NamedTuple):
    """Bytes to save, and the ending of their file's name."""

    data: bytes
    ending: str


def tags_of_run(logdir: Logdir, run: str, every: bool) -> list[dict[str, Any]]:
    """A row for each tag and kind of a run: those that no page draws, or `every` one."""
    rows = []
    for kind in (*OTHER, *DRAWN) if every else OTHER:
        for tag in logdir.tags(run, kind):
            plugin, points = logdir.plugin(run, tag), logdir.points(run, tag, kind)
            row = {
                "tag": tag,
                "kind": kind,
                "plugin": plugin.name,
                "description": plugin.description,
                "index": points.index,
                "step": points.step,
                "wall": points.wall_time,
            }
            if len(points.index) and kind != kinds.SCALAR:
                row |= described(logdir, run, tag, kind, int(points.index[-1]))
            rows.append(row)
    return rows


def described(logdir: Logdir, run: str, tag: str, kind: str, index: int) -> dict[str, Any]:
    """What one point holds: `bytes`, `holds` in words, and of audio its `clips`."""
    if kind in (kinds.GRAPH, kinds.RUN_METADATA):
        return {"holds": "a protobuf message"}
    try:
        value = logdir.point(run, tag, kind, index)
        plugin = logdir.plugin(run, tag)
        found: dict[str, Any] = {"bytes": value.ByteSize(), "holds": _holds(value)}
        if kind == kinds.AUDIO:
            clips = payload.audio(value, plugin).encoded
            found["clips"] = [{"bytes": len(clip), "type": clip_type(clip)} for clip in clips]
            found["holds"] = f"{len(clips)} clip{'s' * (len(clips) != 1)}"
        elif kind == kinds.HPARAMS:
            found |= {"bytes": len(plugin.content), "holds": "the plugin's message"}
    except (LogdirError, TensorProtoError) as error:
        return {"holds": f"damaged: {error}"}
    return found


def download(logdir: Logdir, run: str, tag: str, kind: str, index: int, form: str) -> Download:
    """A point as a file: `array` gives an .npy file of a tensor, `message` what was written.

    Raises LogdirError and TensorProtoError where there is none.
    """
    if kind == kinds.GRAPH:
        return Download(logdir.graph(run, tag), ".pb")
    if kind == kinds.RUN_METADATA:
        return Download(logdir.run_metadata_bytes(run, tag), ".pb")
    value = logdir.point(run, tag, kind, index)
    if form != "array":
        return Download(value.SerializeToString(), ".pb")
    array = payload.tensor(value)
    if array.dtype.kind not in "biufc":
        raise TensorProtoError(f"{array.dtype} has no place in an .npy file: take the message")
    saved = io.BytesIO()
    np.save(saved, array, allow_pickle=False)
    return Download(saved.getvalue(), ".npy")


def _holds(value: Summary.Value) -> str:
    if value.WhichOneof("value") != "tensor":
        return f"a {(value.WhichOneof('value') or 'plugin').replace('_', ' ')}"
    array = payload.tensor(value)
    name = "string" if array.dtype.kind == "O" else array.dtype.name
    return f"{name} {list(array.shape)}"
