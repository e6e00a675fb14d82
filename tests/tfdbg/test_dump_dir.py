"""A dump says what TensorFlow's own reader says of it, and more where that one is wrong."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tfdbg_data import (
    CPU0,
    CPU1,
    EVERY_RUN,
    T0,
    expected,
    graph,
    memory_dump,
    own_graphs,
    write_own_dump,
)

from opscope.events import DumpError, DumpWriter
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.tfdbg import (
    DebugDump,
    DebugDumpDir,
    DebugTensorDatum,
    InconvertibleTensorProto,
    WatchKeyDoesNotExistInDebugDumpDirError,
    has_inf_or_nan,
    load_tensor_from_event_file,
    reconstruct_non_debug_graph_def,
)

Opened = Callable[[str], DebugDumpDir]
every_run = pytest.mark.parametrize("name", EVERY_RUN)


def test_every_archive_is_tested(dumps: Path) -> None:
    roots = {str(path) for path in dumps.glob("tfdbg/*/run_*") if path.is_dir()}
    assert {str(dumps / run) for run in EVERY_RUN.values()} == roots
    assert {path.parent.name for path in map(Path, roots)} == {
        "cf1",
        "debugops",
        "dtypes",
        "mnist_default_resource",
        "mnist_norewrite_ref",
        "uninit",
    }


@every_run
def test_the_data_are_the_oracles(dumps: Path, opened: Opened, name: str) -> None:
    dump, oracle = opened(name), expected(dumps, name)
    assert (dump.size, dump.t0) == (oracle["size"], oracle["t0"])
    assert sorted(dump.devices()) == sorted(oracle["devices"])
    assert dump.run_fetches_info == oracle["fetches_info"]
    assert dump.run_feed_keys_info == oracle["feed_keys_info"]
    metadata = dump.core_metadata
    assert {key: as_list(getattr(metadata, key)) for key in oracle["core_metadata"]} == oracle[
        "core_metadata"
    ]
    by_file = {d.file_path: d for d in dump.dumped_tensor_data}
    assert len(by_file) == dump.size
    for want in oracle["data"]:
        datum = by_file[str(dumps / EVERY_RUN[name] / want["file"])]
        assert datum.device_name == want["device"]
        assert (datum.node_name, datum.output_slot) == (want["node"], want["slot"])
        assert (datum.debug_op, datum.timestamp) == (want["debug_op"], want["timestamp"])
        assert datum.extended_timestamp == want["ext_timestamp"]
        assert datum.dump_size_bytes == want["bytes"]
        value = datum.get_tensor()
        if isinstance(value, InconvertibleTensorProto):
            assert "sha1" not in want
            continue
        # Quantized types are records of one field in TensorFlow and plain integers here.
        quantized = re.fullmatch(r"\[\('q.*', '(?:<)?(.*)'\)\]", want["dtype"])
        assert str(value.dtype) == (np.dtype(quantized[1]).name if quantized else want["dtype"])
        assert list(value.shape) == want["shape"]
        if "sha1" in want and value.dtype != object:
            data = np.ascontiguousarray(value).tobytes()
            assert hashlib.sha1(data).hexdigest()[:16] == want["sha1"]


def as_list(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


@every_run
def test_the_graphs_are_the_oracles(dumps: Path, opened: Opened, name: str) -> None:
    dump, oracle = opened(name), expected(dumps, name)
    for device, nodes in oracle["nodes"].items():
        assert sorted(dump.nodes(device)) == nodes
    for device, nodes in oracle["graph"].items():
        for node, want in nodes.items():
            assert dump.node_op_type(node, device) == want["op"]
            assert sorted(dump.node_inputs(node, device_name=device)) == sorted(want["inputs"])
            assert sorted(dump.node_inputs(node, True, device)) == sorted(want["ctrl"])
            recipients = dump.node_recipients(node, device_name=device)
            assert sorted(recipients) == sorted(want["recipients"])


@every_run
def test_g3_hits_are_the_same_set_in_the_order_of_time_over_devices(
    dumps: Path, opened: Opened, name: str
) -> None:
    hits = opened(name).find(has_inf_or_nan)
    want = [
        tuple(hit)
        for hit in expected(dumps, name)["find_has_inf_or_nan"]
        if "DebugNumericSummary" not in hit[1]
    ]
    theirs = {(d.device_name, d.watch_key, d.timestamp) for d in hits if not is_bfloat16(d)}
    assert theirs == set(want)
    assert any(map(is_bfloat16, hits)) == (name == "dtypes")
    assert [d.timestamp for d in hits] == sorted(d.timestamp for d in hits)


def is_bfloat16(datum: DebugTensorDatum) -> bool:
    """TensorFlow's test for inf and NaN leaves bfloat16 out."""
    return "bfloat16" in datum.node_name


def test_g3_d19_the_first_hit_is_the_first_in_time_where_theirs_is_not(
    dumps: Path, opened: Opened
) -> None:
    [first] = opened("cf1").find(has_inf_or_nan, first_n=1)
    assert first.watch_key == "loop/while/body/cond/bad_log:0:DebugIdentity"
    assert expected(dumps, "cf1")["find_has_inf_or_nan"][0][1] != first.watch_key


def test_g3_d16_find_on_one_device_and_without_some_nodes(opened: Opened) -> None:
    dump = opened("cf1")
    on_second = dump.find(has_inf_or_nan, device_name=CPU1)
    assert {datum.device_name for datum in on_second} == {CPU1}
    rest = dump.find(has_inf_or_nan, exclude_node_names="loop/while/.*|gradients/.*")
    assert [datum.node_name for datum in rest] == ["after", "out", "out/_5"]
    with pytest.raises(ValueError, match="Invalid device name: CPU:9"):
        dump.find(has_inf_or_nan, device_name="CPU:9")


def test_g5_a_loop_dumps_once_for_each_iteration(opened: Opened) -> None:
    dump = opened("cf1")
    values = dump.get_tensors("loop/while/body/mul", 0, "DebugIdentity")
    assert [np.asarray(value).tolist() for value in values[:3]] == [[1, 2], [2, 6], [3, 14]]
    stamps = dump.get_rel_timestamps("loop/while/body/mul", 0, "DebugIdentity")
    assert stamps == sorted(stamps)
    assert len(dump.get_dump_sizes_bytes("loop/while/body/mul", 0, "DebugIdentity")) == 7
    assert len(dump.get_tensor_file_paths("loop/while/body/mul", 0, "DebugIdentity")) == 7


def test_g4_d8_watch_keys_in_the_order_of_slots_then_time(opened: Opened) -> None:
    keys = opened("debugops").debug_watch_keys("y")
    assert keys == ["y:0:DebugIdentity", "y:0:DebugNanCount", "y:0:DebugNumericSummary"]
    assert opened("debugops").debug_watch_keys("nosuch") == []


def test_g4_d16_watch_key_to_data_takes_a_device(opened: Opened) -> None:
    dump = opened("mnist")
    [datum] = dump.watch_key_to_data("cross_entropy/Log:0:DebugIdentity", device_name=CPU1)
    assert datum.tensor_name == "cross_entropy/Log:0"
    assert dump.watch_key_to_data("cross_entropy/Log:0:DebugIdentity", device_name=CPU0) == []
    assert dump.watch_key_to_data("nosuch:0:DebugIdentity") == []
    with pytest.raises(WatchKeyDoesNotExistInDebugDumpDirError, match='Watch key "n:0:x" does not'):
        dump.get_tensors("n", 0, "x")


def test_d7_summary_outputs_are_never_bad(opened: Opened) -> None:
    [first] = opened("debugops").find(has_inf_or_nan, first_n=1)
    assert first.debug_op == "DebugIdentity"
    assert all("Summary" not in d.debug_op for d in opened("debugops").find(has_inf_or_nan))


def test_an_uninitialized_tensor_is_no_array_and_not_bad(opened: Opened) -> None:
    [value] = opened("uninit").get_tensors("scope/v", 0, "DebugIdentity")
    assert isinstance(value, InconvertibleTensorProto)
    assert not value.initialized
    assert str(value).startswith("Uninitialized tensor:\ndtype: DT_FLOAT\n")
    [datum] = opened("uninit").node_data("scope/v")
    assert not has_inf_or_nan(datum, value)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex64"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_every_float_is_tested_for_inf_and_nan(dtype: str, bad: float) -> None:
    import ml_dtypes

    kind = np.dtype(getattr(ml_dtypes, dtype, None) or dtype)
    datum = DebugTensorDatum.from_memory(CPU0, "n", 0, T0, None)
    assert has_inf_or_nan(datum, np.array([1, bad]).astype(kind))
    assert has_inf_or_nan(datum, np.array([1, bad]).astype(kind)[1])
    assert not has_inf_or_nan(datum, np.array([1, 2]).astype(kind))
    assert not has_inf_or_nan(datum, np.zeros(0, kind))


def test_what_holds_no_floats_is_never_bad() -> None:
    datum = DebugTensorDatum.from_memory(CPU0, "n", 0, T0, None)
    for value in (np.arange(3), np.array([True]), np.array([b"nan"], object), "nan", None):
        assert not has_inf_or_nan(datum, value)


# Names


def test_g1_g2_a_datum_is_named_by_its_path(tmp_path: Path) -> None:
    folder = "_tfdbg_device_,job_localhost,replica_0,task_0,device_CPU_1"
    datum = DebugTensorDatum(tmp_path, f"{folder}/ns/a_b_0_DebugIdentity_1472563253536385-12")
    assert datum.device_name == CPU1
    assert (datum.node_name, datum.output_slot) == ("ns/a_b", 0)
    assert datum.watch_key == "ns/a_b:0:DebugIdentity"
    assert datum.timestamp == 1472563253536385
    assert datum.extended_timestamp == "1472563253536385-12"
    assert datum.dump_size_bytes is None
    assert str(datum) == (
        f"{{DebugTensorDatum ({CPU1}) ns/a_b:0 @ DebugIdentity @ 1472563253536385}}"
    )
    with pytest.raises(FileNotFoundError):
        datum.get_tensor()


@pytest.mark.parametrize("name", ["a_0_DebugIdentity", "b_x_DebugIdentity_12", "c"])
def test_g2_other_file_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="does not conform to the naming pattern"):
        DebugTensorDatum(tmp_path, f"_tfdbg_device_,job_localhost/{name}")


def test_g5_d23_dumps_of_one_microsecond_are_in_the_order_of_their_number(tmp_path: Path) -> None:
    write_own_dump(tmp_path)
    folder = tmp_path / "_tfdbg_device_,job_localhost,replica_0,task_0,device_CPU_0"
    [source] = folder.glob("softmax_0_*")
    for k in range(1, 13):
        (folder / f"softmax_0_DebugIdentity_{T0 + 5_000_000}-{k}").write_bytes(source.read_bytes())
    dump = DebugDumpDir(tmp_path)
    late = [d.extended_timestamp for d in dump.node_data("softmax") if "-" in d.extended_timestamp]
    assert late == [f"{T0 + 5_000_000}-{k}" for k in range(1, 13)]


# What is missing or wrong


def test_a_missing_folder_and_one_that_is_no_dump(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"Dump root directory .*nosuch does not exist"):
        DebugDumpDir(tmp_path / "nosuch")
    with pytest.raises(DumpError, match="not a dumped run"):
        DebugDumpDir(tmp_path)


def test_g6_a_dump_before_its_input_breaks_causality(tmp_path: Path) -> None:
    writer = DumpWriter(tmp_path)
    writer.write_graph(CPU0, graph(a="Const", b="Neg a"))
    writer.write_tensor(CPU0, "b", 0, np.zeros(2), T0)
    writer.write_tensor(CPU0, "a", 0, np.zeros(2), T0 + 5)
    with pytest.raises(ValueError, match=r"Causality violated .*: b \(\d+\): .*\[\('a', 0\)\]"):
        DebugDumpDir(tmp_path)
    assert DebugDumpDir(tmp_path, validate=False).size == 2


def test_g6_watching_one_of_two_slots_is_no_violation() -> None:
    graphs = {CPU0: graph(a="Split", b="Neg a:1")}
    assert memory_dump(graphs, (CPU0, "b", 0, np.zeros(1)), (CPU0, "a", 0, np.zeros(1))).size == 2


def test_g6_a_merge_needs_one_input_only() -> None:
    graphs = {CPU0: graph(a="Const", b="Const", m="Merge a b")}
    zero = np.zeros(1)
    dump = memory_dump(graphs, (CPU0, "a", 0, zero), (CPU0, "m", 0, zero), (CPU0, "b", 0, zero))
    assert dump.size == 3


def test_a_dumped_node_must_be_in_the_graph() -> None:
    with pytest.raises(ValueError, match="Node name 'b' is not found in partition graphs"):
        memory_dump({CPU0: graph(a="Const")}, (CPU0, "b", 0, np.zeros(1)))
    twice = graph(a="Const")
    twice.node.add(name="a", op="Neg")
    with pytest.raises(ValueError, match=r"Duplicate node name on device .*CPU:0: 'a'"):
        memory_dump({CPU0: twice})


def test_the_graphs_may_be_given_where_none_was_dumped(tmp_path: Path) -> None:
    writer = DumpWriter(tmp_path)
    writer.write_tensor(CPU0, "a", 0, np.zeros(2), T0)
    alone = DebugDumpDir(tmp_path)
    assert not alone.loaded_partition_graphs()
    with pytest.raises(LookupError, match="No partition graphs have been loaded"):
        alone.partition_graphs()
    with pytest.raises(LookupError, match="Node inputs are not loaded from partition graphs yet"):
        alone.node_inputs("a")
    given = graph(a="Const")
    assert DebugDumpDir(tmp_path, {CPU0: given}).node_op_type("a") == "Const"
    with pytest.raises(ValueError, match="has no node with a device"):
        DebugDumpDir(tmp_path, [given])
    given.node[0].device = CPU0
    assert DebugDumpDir(tmp_path, [given]).nodes(CPU0) == ["a"]


# Graph questions


def two_devices() -> DebugDump:
    return memory_dump({CPU0: graph(a="Const", b="Neg a", c="NoOp ^b"), CPU1: graph(a="Const")})


def test_g4_d16_a_node_on_several_devices_needs_the_device() -> None:
    dump = two_devices()
    assert dump.node_device("a") == [CPU0, CPU1]
    assert dump.node_device("b") == CPU0
    assert dump.node_recipients("a", device_name=CPU0) == ["b"]
    assert dump.node_recipients("a", device_name=CPU1) == []
    with pytest.raises(ValueError, match=r"There are multiple \(2\) devices with nodes named 'a'"):
        dump.node_inputs("a")
    with pytest.raises(ValueError, match=r"None of the 2 device\(s\) has a node named 'z'"):
        dump.node_inputs("z")
    with pytest.raises(ValueError, match="Node 'z' does not exist in partition graphs"):
        dump.node_device("z")
    assert dump.node_exists("b", device_name=CPU0)
    assert not dump.node_exists("b", device_name=CPU1)


def test_g4_paths_and_ancestors() -> None:
    dump = two_devices()
    assert dump.find_some_path("a", "c", device_name=CPU0) == ["a", "b", "c"]
    assert dump.find_some_path("b", "c") == ["b", "c"]
    assert dump.find_some_path("b", "c", include_control=False) is None
    assert dump.transitive_inputs("c") == ["b", "a"]
    assert dump.transitive_inputs("c", include_control=False) == []
    with pytest.raises(ValueError, match="are not on the same device"):
        memory_dump({CPU0: graph(a="Const"), CPU1: graph(b="Neg a")}).find_some_path("a", "b")


def test_g4_a_path_back_through_a_variable_that_is_written() -> None:
    graphs = {CPU0: graph(v="VariableV2", d="Const", up="AssignAdd v d", r="Identity v")}
    dump = memory_dump(graphs)
    assert dump.find_some_path("d", "r") is None
    assert dump.find_some_path("d", "r", include_reversed_ref=True) == ["d", "up", "v", "r"]


def test_ancestors_end_at_merges(opened: Opened) -> None:
    found = opened("cf1").transitive_inputs("loop/while/body/mul", include_control=False)
    assert "loop/while/Merge_1" in found
    assert "loop/while/NextIteration_1" not in found


def test_the_debuggers_own_nodes_are_taken_out_of_the_graph(opened: Opened) -> None:
    dump = opened("mnist")
    [written, _] = dump.partition_graphs()
    assert any(node.name.startswith("__copy_") for node in written.node)
    made = reconstruct_non_debug_graph_def(written)
    names = {node.name for node in made.node}
    assert not any(name.startswith(("__copy_", "__dbg_")) for name in names)
    for node in made.node:
        assert all(text.lstrip("^").split(":")[0] in names for text in node.input)
    assert dump.reconstructed_non_debug_partition_graphs()[CPU0] == made


# The program


def test_g7_d10_stacks_source_and_feeds_come_with_our_dump(own_dump: DebugDumpDir) -> None:
    assert own_dump.has_tracebacks
    frames = own_dump.node_traceback("loss/Log:0")
    assert frames[-1] == ("/src/train.py", 17, "main", "loss = -tf.log(softmax)")
    assert own_dump.sources == {"/src/train.py": "loss = -tf.log(softmax)\n"}
    np.testing.assert_array_equal(own_dump.feeds["x:0"], np.float32([[1, -200]]))
    with pytest.raises(KeyError, match=r'Cannot find node "x" in Python graph'):
        own_dump.node_traceback("x")


def test_g6b_stacks_may_come_from_a_graph(opened: Opened) -> None:
    from types import SimpleNamespace

    frame = ("a.py", 1, "f", "y = log(x)")
    dump = memory_dump(own_graphs())
    with pytest.raises(LookupError, match="Python graph is not available"):
        dump.node_traceback("x")
    operation = SimpleNamespace(name="x", traceback=[list(frame)])
    dump.set_python_graph(SimpleNamespace(get_operations=lambda: [operation]))
    assert dump.node_traceback("x:0") == (frame,)


def test_a_dump_in_memory_answers_without_a_file() -> None:
    value = np.float32([np.nan, 1])
    dump = memory_dump(
        {CPU0: graph(a="Const", b="VariableV2")}, (CPU0, "a", 0, value), (CPU0, "b", 0, None)
    )
    assert dump.get_tensors("a", 0, "DebugIdentity")[0] is value
    assert dump.get_tensor_file_paths("a", 0, "DebugIdentity") == [None]
    assert dump.get_dump_sizes_bytes("a", 0, "DebugIdentity") == [8]
    assert [datum.node_name for datum in dump.find(has_inf_or_nan)] == ["a"]
    [missing] = dump.get_tensors("b", 0, "DebugIdentity")
    assert isinstance(missing, InconvertibleTensorProto)
    assert memory_dump({CPU0: GraphDef()}).t0 is None


def test_a_damaged_tensor_file_is_named(tmp_path: Path) -> None:
    write_own_dump(tmp_path)
    dump = DebugDumpDir(tmp_path)
    [datum] = dump.node_data("loss/Log")
    assert datum.file_path is not None
    path = Path(datum.file_path)
    assert np.isneginf(np.asarray(load_tensor_from_event_file(path))).any()
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ValueError, match="loss/Log_0_DebugIdentity"):
        datum.get_tensor()
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="holds no tensor"):
        datum.get_tensor()
