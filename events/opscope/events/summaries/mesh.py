"""Meshes and point clouds."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from opscope.events.proto.mesh_pb2 import MeshPluginData
from opscope.events.proto.summary_pb2 import Summary
from opscope.events.summaries.plugin_value import plugin_value


def mesh_summary(
    tag: str,
    vertices: npt.NDArray[Any],
    colors: npt.NDArray[Any] | None,
    faces: npt.NDArray[Any] | None,
    config: Mapping[str, Any] | None,
) -> Summary:
    """A value for each of vertices, faces and colors that is there: [batch, n, 3], as float32.

    `config` names classes of three.js and their settings.
    """
    parts = [
        (kind, array)
        for kind, array in (
            (MeshPluginData.VERTEX, vertices),
            (MeshPluginData.FACE, faces),
            (MeshPluginData.COLOR, colors),
        )
        if array is not None
    ]
    summary = Summary()
    for kind, array in parts:
        if array.ndim != 3 or array.shape[2] != 3:
            name = MeshPluginData.ContentType.Name(kind)
            raise ValueError(f"tag {tag!r}: {name} is [batch, n, 3], this is {array.shape}")
        content = MeshPluginData(
            name=tag,
            content_type=kind,
            components=sum(1 << present for present, _ in parts),
            shape=array.shape,
            json_config=json.dumps(dict(config or {}), sort_keys=True),
        ).SerializeToString()
        part = f"{tag}_{MeshPluginData.ContentType.Name(kind)}"
        summary.value.append(plugin_value(part, "mesh", content, array.astype(np.float32)))
    return summary
