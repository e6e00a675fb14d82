"""The programs whose dumps by TensorFlow are in tests/data, run and dumped by us.

TensorFlow's DebugDumpDir opens our dumps and finds in them what is in its own.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from tfdbg_data import EVERY_RUN, unpack

import opscope.runtime as tf
from opscope import events
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.tfdbg import DebugDumpDir, DumpingDebugWrapperSession, has_inf_or_nan

pytestmark = pytest.mark.interop
debug_data = pytest.importorskip("tensorflow.python.debug.lib.debug_data")

PROGRAMS = {
    "cf1": ["cf1"],
    "uninit": ["uninit"],
    "debugops": ["debugops", "debugops second"],
    "dtypes": ["dtypes"],
    "mnist_norewrite_ref": [f"mnist {n}" if n != 4 else "mnist" for n in range(6)],
    "mnist_default_resource": [f"rewritten {n}" for n in range(6)],
}
STARTED = ("cf1", "mnist_norewrite_ref", "mnist_default_resource")  # with variables
UNKNOWN_OPS = {"QuantizeV2"}  # opscope has no quantized ops: they are left out of `dtypes`
RANDOM = {"truncated_normal", "scope/v/Assign"}  # drawn anew by whoever runs it


class Program(NamedTuple):
    """One program run by us as often as TensorFlow ran it: their dumps and ours, by run."""

    name: str
    theirs: list[DebugDumpDir]
    ours: list[Any]


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(tmp_path_factory.mktemp("dumps"))


@pytest.fixture(scope="module", params=PROGRAMS)
def program(
    request: pytest.FixtureRequest, dumps: Path, tmp_path_factory: pytest.TempPathFactory
) -> Program:
    name = request.param
    theirs = [DebugDumpDir(dumps / EVERY_RUN[run]) for run in PROGRAMS[name]]
    graph_def = known_part(GraphDef.FromString((dumps / f"tfdbg/{name}.graph.pb").read_bytes()))
    root = tmp_path_factory.mktemp(name) / "root"
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as session:
            wrapper = DumpingDebugWrapperSession(session, root)
            if name in STARTED:
                session.run("init")
            for number, dump in enumerate(theirs):
                if name.startswith("mnist"):
                    restore(session, graph, theirs[max(number, 1)])
                metadata = dump.core_metadata
                names = {node.name for node in graph_def.node}
                fetches = [n for n in metadata.output_names if n.partition(":")[0] in names]
                wrapper.run([*fetches, *metadata.target_nodes], feeds_of(dump))
    folders = sorted(root.iterdir(), key=lambda path: int(path.name.rpartition("_")[2]))
    return Program(name, theirs, [debug_data.DebugDumpDir(str(folder)) for folder in folders])


def known_part(graph_def: GraphDef) -> GraphDef:
    """The graph without the ops we do not have and what is made from them."""
    kept, gone = GraphDef(versions=graph_def.versions), set()
    for node in graph_def.node:
        sources = {name.lstrip("^").partition(":")[0] for name in node.input}
        if node.op in UNKNOWN_OPS or sources & gone:
            gone.add(node.name)
        else:
            kept.node.append(node)
    return kept


def restore(session: Any, graph: Any, dump: DebugDumpDir) -> None:
    """Give the variables that the run read the values that it found."""
    for operation in graph.get_operations():
        if operation.type not in ("VariableV2", "VarHandleOp"):
            continue
        readers = [reader.name for reader in operation.outputs[0].consumers()]
        held = [operation.name] if operation.type == "VariableV2" else []
        names = [*held, *(name for name in readers if name.endswith("ReadVariableOp"))]
        found = [
            key for name in names if dump.node_exists(name) for key in dump.debug_watch_keys(name)
        ]
        if found:
            value = dump.watch_key_to_data(found[0])[0].get_tensor()
            assign = graph.get_operation_by_name(f"{operation.name}/Assign")
            session.run(assign, {assign.inputs[1]: value})


def feeds_of(dump: DebugDumpDir) -> dict[str, Any]:
    """What the run was fed: TensorFlow dumps it as an argument, or here the log of it."""
    feeds = {}
    for name in dump.core_metadata.input_names:
        prefix = f"_arg_{name.partition(':')[0]}_0_"
        fed = [d for d in dump.dumped_tensor_data if d.node_name.rstrip("0123456789") == prefix]
        if fed:
            feeds[name] = fed[0].get_tensor()
        else:
            log = dump.get_tensors("y", 0, "DebugIdentity")[0]
            feeds[name] = np.where(np.isnan(log), -1, np.exp(log)).astype(np.float32)
    return feeds


def values_of(dump: Any) -> dict[tuple[str, int], list[Any]]:
    """By node and slot the values, in the order of time."""
    found: dict[tuple[str, int], list[Any]] = {}
    for datum in dump.dumped_tensor_data:
        if datum.debug_op == "DebugIdentity":
            found.setdefault((datum.node_name, datum.output_slot), []).append(datum.get_tensor())
    return found


def test_tensorflow_reads_our_dumps_and_finds_the_values_in_its_own(program: Program) -> None:
    compared = 0
    for theirs, ours in zip(program.theirs, program.ours, strict=True):
        assert ours.loaded_partition_graphs()
        their_values, our_values = values_of(theirs), values_of(ours)
        for key in their_values.keys() & our_values.keys() - fused(program):
            if key[0].split("/")[0] in RANDOM or key[0] in RANDOM:
                continue
            one, other = their_values[key], our_values[key]
            if ours.node_op_type(key[0]) == "Enter" and len(other) == 1:
                other = other * len(one)  # a constant enters a loop once, theirs in every round
            assert len(one) == len(other), key
            for mine, other_value in zip(one, other, strict=True):
                compared += 1
                assert_same(mine, other_value, key)
    assert compared >= {"uninit": 6, "debugops": 4}.get(program.name, 70)


def fused(program: Program) -> set[tuple[str, int]]:
    """TensorFlow's rewritten MatMul, BiasAdd and Relu makes 0 of NaN."""
    return {("hidden/Relu", 0)} if program.name == "mnist_default_resource" else set()


def assert_same(one: Any, other: Any, key: object) -> None:
    if not isinstance(one, np.ndarray | np.generic):
        assert one.initialized == other.initialized, key
    elif events.has_inf_or_nan(one) and events.has_inf_or_nan(other):
        return  # the very elements depend on where a softmax underflows
    elif one.dtype == object or one.dtype.kind in "biu":
        np.testing.assert_array_equal(one, other, str(key))
    else:
        wide = np.complex128 if one.dtype.kind == "c" else np.float64
        np.testing.assert_allclose(
            one.astype(wide), other.astype(wide), 2e-4, 1e-6, err_msg=str(key)
        )


def test_both_find_the_same_bad_tensors(program: Program) -> None:
    """The names that both dumps have; bfloat16 only with our filter, which TensorFlow's omits."""
    for theirs, ours in zip(program.theirs, program.ours, strict=True):
        names = values_of(theirs).keys() & values_of(ours).keys() - fused(program)
        found = [
            {(d.node_name, d.output_slot) for d in dump.find(has_inf_or_nan)} & names
            for dump in (theirs, ours)
        ]
        assert found[0] == found[1]
        if program.name == "dtypes":
            assert {name for name, _ in found[1]} >= {"bad_bfloat16", "bad_float32"}
