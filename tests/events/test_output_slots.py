"""Outputs that a function's body names are outputs of their own."""

from __future__ import annotations

from opscope.events.graph_columns import GraphColumns
from opscope.events.output_slots import NamedOutput, slots_of
from opscope.events.proto.graph_pb2 import GraphDef


def test_outputs_of_known_ops_have_their_numbers() -> None:
    named = [NamedOutput(0, "batch_variance", 0), NamedOutput(0, "y", 0), NamedOutput(1, "f", 0)]
    assert slots_of(named, ["FusedBatchNormV3", "FusedBatchNormV3", "BlockLSTM"], {}) == [2, 0, 2]


def test_outputs_of_other_ops_never_share_a_number() -> None:
    named = [
        *(NamedOutput(0, "left", k) for k in (0, 2)),
        *(NamedOutput(0, "right", k) for k in (1, 0)),
        NamedOutput(0, "left", 1),
        NamedOutput(1, "output", 3),
    ]
    assert slots_of(named, ["Mine"] * 5 + ["Split"], {}) == [0, 2, 4, 3, 1, 3]


def test_a_function_knows_its_own_results() -> None:
    graph = GraphDef()
    inner, outer = graph.library.function.add(), graph.library.function.add()
    inner.signature.name, outer.signature.name = "inner", "outer"
    for name in ("first", "second"):
        inner.signature.output_arg.add(name=name)
    outer.node_def.add(name="call", op="inner")
    outer.node_def.add(name="top", op="TopKV2", input=["call:second:0"])
    outer.node_def.add(name="use", op="Add", input=["top:indices:0", "top:values:0"])
    columns = GraphColumns.from_bytes(graph.SerializeToString())
    index = {name.rpartition("/")[2]: node for name, node in columns.index.items()}
    into = {
        (int(a), int(b), int(position)): int(slot)
        for a, b, slot, position in zip(
            columns.src, columns.dst, columns.src_slot, columns.dst_index, strict=True
        )
    }
    assert into[index["call"], index["top"], 0] == 1
    assert into[index["top"], index["use"], 0] == 1
    assert into[index["top"], index["use"], 1] == 0
