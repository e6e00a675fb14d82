"""The ops of a Saver in the graph, named as TensorFlow names them: `save/SaveV2`, ..."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from opscope.events.proto.saver_pb2 import SaverDef
from opscope.runtime.constant import constant
from opscope.runtime.device_spec import DeviceSpec
from opscope.runtime.group import group, with_dependencies
from opscope.runtime.make_op import make_node, make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import identity, placeholder_with_default
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.train.saveable import Saveable, SaveableObject

Saveables = Sequence[Saveable | SaveableObject]


def build_saver(
    saveables: Saveables,
    *,
    name: str | None,
    filename: str | None,
    reshape: bool,
    sharded: bool,
    restore_sequentially: bool,
) -> SaverDef:
    """Add the ops that save and restore the saveables; the SaverDef names them.

    Feed the prefix of the checkpoint as its filename_tensor_name. Sharded means one data file for
    each device that holds variables.
    """
    with op_scope(name, "save", *(spec.tensor for s in saveables for spec in s.specs)):
        given = placeholder_with_default(filename or "model", shape=(), name="filename")
        path = placeholder_with_default(given, shape=(), name="Const")
        if sharded:
            shards = _by_device(saveables)
            saved = _save_shards(path, shards)
            restored = [
                _restore(path, members, reshape, restore_sequentially, "restore_shard")
                for members in shards.values()
            ]
            restore_all = group(*restored, name="restore_all")
        else:
            saved = _save(path, saveables)
            restore_all = _restore(path, saveables, reshape, restore_sequentially, "restore_all")
    return SaverDef(
        filename_tensor_name=path.name,
        save_tensor_name=saved.name,
        restore_op_name=restore_all.name,
        sharded=sharded,
        version=SaverDef.V2,
    )


def _save(path: Tensor, saveables: Saveables) -> Tensor:
    """The path, to be had once the saveables are saved there."""
    specs = [spec for s in saveables for spec in s.specs]
    node = make_node(
        "SaveV2",
        path,
        [s.name for s in specs],
        [s.slice_spec for s in specs],
        [s.tensor for s in specs],
    )
    return with_dependencies([node], path)


def _restore(
    path: Tensor, saveables: Saveables, reshape: bool, sequentially: bool, name: str
) -> Operation:
    graph = path.graph
    specs = [s.specs for s in saveables]
    flat = [spec for several in specs for spec in several]
    with graph.device("/cpu:0"):
        values = make_node(
            "RestoreV2",
            path,
            [s.name for s in flat],
            [s.slice_spec for s in flat],
            dtypes=[s.tensor.dtype.base_dtype for s in flat],
        ).outputs
    assigned: list[Operation] = []
    rest = iter(values)
    for saveable, several in zip(saveables, specs, strict=True):
        with graph.control_dependencies(assigned[-1:] if sequentially else []):
            assigned.append(saveable.restored([next(rest) for _ in several], reshape))
    return group(*assigned, name=name)


def _by_device(saveables: Saveables) -> dict[str, list[Saveable | SaveableObject]]:
    by_device: dict[str, list[Saveable | SaveableObject]] = {}
    for saveable in saveables:
        by_device.setdefault(saveable.device, []).append(saveable)
    return dict(sorted(by_device.items()))


def _save_shards(path: Tensor, shards: dict[str, list[Saveable | SaveableObject]]) -> Tensor:
    """The path, to be had once each device's saveables are in a shard and the shards are merged."""
    graph = path.graph
    with graph.device("/cpu:*"):
        remote = make_tensor("StaticRegexFullMatch", path, pattern="^s3://.*")
        parts = constant(".part"), constant(f"_temp_{uuid.uuid4().hex}/part")
        base = make_tensor("StringJoin", [path, make_tensor("Select", remote, *parts)])
    count = constant(len(shards), name="num_shards")
    names: list[Tensor] = []
    saved: list[Tensor] = []
    for i, (device, members) in enumerate(shards.items()):
        with graph.device(_cpu_of(device)):
            shard = make_tensor("ShardedFilename", base, i, count)
            names.append(shard)
            saved.append(_save(shard, members))
    with graph.device(_cpu_of(next(iter(shards)))), graph.control_dependencies([*saved]):
        merged = make_node("MergeV2Checkpoints", names, path)
        with graph.control_dependencies([merged]):
            return identity(path)


def _cpu_of(device: str) -> str:
    spec = DeviceSpec.parse(device)
    host = DeviceSpec(spec.job, spec.replica, spec.task, "CPU", 0)
    return host.to_string()
