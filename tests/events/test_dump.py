import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from opscope.events import (
    DumpEntry,
    DumpError,
    DumpFolder,
    DumpWriter,
    Frame,
    Health,
    NoArray,
    find_dumps,
    has_inf_or_nan,
    health_summary,
    numpy_dtype,
    open_dump,
)
from opscope.events.dump_name import (
    TensorFileName,
    device_folder,
    device_name,
    parse_tensor_path,
    tensor_path,
)
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.types_pb2 import DT_FLOAT, DT_QUINT8, DT_STRING

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
OTHER = "/job:localhost/replica:0/task:0/device:CPU:1"
RUNS = ["cf1", "debugops", "dtypes", "uninit"]


def runs(fixtures: Path) -> list[tuple[DumpFolder, dict]]:  # type: ignore[type-arg]
    found = []
    for name in RUNS:
        for oracle in sorted((fixtures / "tfdbg" / name).glob("*.expected.json")):
            root = oracle.with_name(oracle.name.removesuffix(".expected.json"))
            found.append((open_dump(root), json.loads(oracle.read_text())))
    return found


def key(entry: DumpEntry) -> tuple[object, ...]:
    return entry.device, entry.node, entry.slot, entry.debug_op, entry.timestamp


def expected_key(datum: dict) -> tuple[object, ...]:  # type: ignore[type-arg]
    names = ("device", "node", "slot", "debug_op", "timestamp")
    return tuple(datum[name] for name in names)


def test_tensorflows_dumps_hold_what_tensorflow_says(fixtures: Path) -> None:
    values = 0
    for dump, expected in runs(fixtures):
        assert dump.problems == []
        assert sorted(dump.devices) == sorted(expected["devices"])
        assert dump.fetches_info == expected["fetches_info"]
        assert dump.feed_keys_info == expected["feed_keys_info"]
        assert dump.core_metadata is not None
        for name, value in expected["core_metadata"].items():
            held = getattr(dump.core_metadata, name)
            assert (list(held) if isinstance(held, tuple) else held) == value
        entries = {key(entry): entry for entry in dump.entries}
        assert entries.keys() == {expected_key(datum) for datum in expected["data"]}
        assert dump.entries[0].timestamp == expected["t0"]
        for datum in expected["data"]:
            value = dump.load(entries[expected_key(datum)])
            values += 1
            if datum.get("inconvertible"):
                assert isinstance(value, NoArray)
                assert (value.initialized, value.dtype) == (
                    datum["initialized"],
                    datum["dtype_enum"],
                )
                continue
            assert isinstance(value, np.ndarray)
            assert list(value.shape) == datum["shape"]
            if "strings" in datum:
                assert [each.decode("latin1") for each in value.ravel()] == datum["strings"]
            elif "sha1" in datum:
                assert str(value.dtype) == datum["dtype"]
                digest = hashlib.sha1(np.ascontiguousarray(value).tobytes()).hexdigest()
                assert digest.startswith(datum["sha1"])
    assert values > 700


def test_entries_are_in_the_order_of_time_over_all_devices(fixtures: Path) -> None:
    (dump,) = [dump for dump, _ in runs(fixtures) if dump.root.parent.name == "cf1"]
    times = [entry.timestamp for entry in dump.entries]
    assert times == sorted(times)
    assert len(dump.devices) == 2
    first = next(
        entry
        for entry in dump.entries
        if isinstance(value := dump.load(entry), np.ndarray) and has_inf_or_nan(value)
    )
    assert first.tensor_name == "loop/while/body/cond/bad_log:0"


def test_every_device_has_its_graph(fixtures: Path) -> None:
    for dump, expected in runs(fixtures):
        for device in dump.devices:
            graph = dump.graph(device)
            assert graph is not None
            names = {node.name for node in graph.node}
            watched = {entry.node for entry in dump.entries if entry.device == device}
            assert watched <= names
        assert dump.graph("/device:GPU:7") is None
        assert expected["nodes"]


@pytest.mark.parametrize(
    ("device", "folder"),
    [
        (CPU, "_tfdbg_device_,job_localhost,replica_0,task_0,device_CPU_0"),
        ("/job:my_worker/replica:0/task:12/device:GPU:3", None),
        ("/job:localhost/replica:0/task:0/device:XLA_CPU:0", None),
        ("/job:localhost/replica:0/task:0/cpu:0", None),
    ],
)
def test_device_names_and_folders(device: str, folder: str | None) -> None:
    assert folder in (None, device_folder(device))
    assert device_name(device_folder(device)) == device


@pytest.mark.parametrize(
    ("node", "path"),
    [
        ("a", ("a_0_DebugIdentity_12",)),
        ("a/b_1/c", ("a", "b_1", "c_0_DebugIdentity_12")),
        ("a_0_DebugIdentity_1/n_0_DebugIdentity_12", None),
        ("x.y-z/...", None),
        ("../../etc/passwd", ("%2E%2E", "%2E%2E", "etc", "passwd_0_DebugIdentity_12")),
        ("/etc/./passwd", ("%", "etc", "%2E", "passwd_0_DebugIdentity_12")),
        ("..", (".._0_DebugIdentity_12",)),
    ],
)
def test_node_names_and_paths(node: str, path: tuple[str, ...] | None) -> None:
    parts = tensor_path(node, 0, "DebugIdentity", 12)
    assert path in (None, parts)
    assert not {"", ".", ".."} & set(parts)
    assert parse_tensor_path(parts) == TensorFileName(node, 0, "DebugIdentity", 12, 0)


def test_collisions_in_one_microsecond_are_sorted_by_number(tmp_path: Path) -> None:
    device = tmp_path / device_folder(CPU)
    device.mkdir()
    for suffix in ("", "-1", "-2", "-10"):
        (device / f"n_0_DebugIdentity_5{suffix}").write_bytes(Event().SerializeToString())
    assert [entry.k for entry in open_dump(tmp_path).entries] == [0, 1, 2, 10]


def write_run(root: Path) -> DumpWriter:
    writer = DumpWriter(root)
    writer.write_tensor(CPU, "scope/x", 0, np.arange(6, dtype=np.float16).reshape(2, 3), 1000)
    writer.write_tensor(OTHER, "scope/y", 1, np.float32(2.5), 1000)
    writer.write_tensor(CPU, "scope/x", 0, np.array(["a", "é"]), 990)
    writer.write_tensor(CPU, "v", 0, None, 2000, dtype=DT_FLOAT, shape=(4, 3))
    writer.write_tensor(CPU, "q", 0, np.array([1, 255], np.uint8), 2000, dtype=DT_QUINT8)
    return writer


def test_what_is_written_reads_back_in_execution_order(tmp_path: Path) -> None:
    write_run(tmp_path / "run")
    dump = open_dump(tmp_path / "run")
    assert [(entry.tensor_name, entry.timestamp) for entry in dump.entries] == [
        ("scope/x:0", 1000),
        ("scope/y:1", 1001),
        ("scope/x:0", 1002),
        ("v:0", 2000),
        ("q:0", 2001),
    ]
    x, y, words, never, quantized = (dump.load(entry) for entry in dump.entries)
    np.testing.assert_array_equal(x, np.arange(6, dtype=np.float16).reshape(2, 3))
    assert isinstance(y, np.ndarray)
    assert (y.shape, y.dtype, y[()]) == ((), np.float32, 2.5)
    assert isinstance(words, np.ndarray)
    assert words.tolist() == [b"a", "é".encode()]
    assert isinstance(never, NoArray)
    assert (never.initialized, never.dtype, never.shape) == (False, DT_FLOAT, (4, 3))
    assert isinstance(quantized, np.ndarray)
    assert quantized.dtype == numpy_dtype(DT_QUINT8)


def test_a_tensor_file_is_the_event_that_tfdbg_writes(tmp_path: Path) -> None:
    write_run(tmp_path)
    path = tmp_path / device_folder(OTHER) / "scope" / "y_1_DebugIdentity_1001"
    event = Event.FromString(path.read_bytes())
    assert (event.wall_time, event.step) == (1001.0, 0)
    (value,) = event.summary.value
    assert (value.tag, value.node_name) == ("scope/y", "scope/y:1:DebugIdentity")
    assert value.metadata.plugin_data.plugin_name == "debugger"
    assert value.metadata.plugin_data.content == (
        b'{"device":"%s","outputSlot":1,"numChunks":1,"chunkIndex":0}' % OTHER.encode()
    )
    assert value.tensor.tensor_content == np.float32(2.5).tobytes()


def test_the_root_holds_what_was_run_and_what_tfdbg_does_not_have(tmp_path: Path) -> None:
    writer = write_run(tmp_path)
    writer.write_core_metadata(
        session_run_index=6,
        input_names=["x:0"],
        output_names=["loss:0"],
        target_nodes=["train"],
        global_step=12,
        timestamp_us=5000,
    )
    writer.write_fetches_info("[loss]")
    writer.write_feed_keys_info("None")
    feed = np.array([1, np.nan])
    writer.write_feeds({"x:0": feed, "keep:0": 0.5})
    frames = [("model.py", 3, "build", "log(x)"), ("model.py", 9, "<module>", "build()")]
    writer.write_tracebacks({"y": [Frame(*frame) for frame in frames], "z": []})
    writer.write_sources({"model.py": "def build():\n"})
    row = Health(CPU, "scope/x", 0, 1000, health_summary(feed))
    writer.write_health([row])

    dump = open_dump(tmp_path)
    metadata = dump.core_metadata
    assert metadata is not None
    assert (metadata.session_run_index, metadata.input_names) == (6, ("x:0",))
    assert dump.global_step == 12
    assert (dump.fetches_info, dump.feed_keys_info) == ("[loss]", "None")
    assert dump.feeds.keys() == {"x:0", "keep:0"}
    np.testing.assert_array_equal(dump.feeds["x:0"], feed)
    assert dump.tracebacks == {"y": frames, "z": []}
    assert dump.sources == {"model.py": "def build():\n"}
    ((device, node, slot, time, summary, _),) = dump.health
    assert (device, node, slot, time) == (CPU, "scope/x", 0, 1000)
    np.testing.assert_array_equal(summary, row.summary)
    names = [path.name for path in tmp_path.iterdir() if path.is_file()]
    assert "_tfdbg_core_metadata_sessionrun00000000000006_5000" in names
    text = Event.FromString(
        (tmp_path / "_tfdbg_core_metadata_sessionrun00000000000006_5000").read_bytes()
    ).log_message.message
    assert text == (
        '{"global_step":12,"session_run_index":6,"executor_step_index":0,'
        '"input_names":["x:0"],"output_names":["loss:0"],"target_nodes":["train"]}'
    )


def test_a_dump_without_extras_has_empty_ones(fixtures: Path) -> None:
    for dump, _ in runs(fixtures):
        assert (dump.feeds, dump.tracebacks, dump.sources, dump.health) == ({}, {}, {}, [])
        assert dump.global_step is None


def test_the_graph_gets_debug_nodes_for_what_was_watched(tmp_path: Path) -> None:
    graph = GraphDef()
    graph.node.add(name="scope/x", op="Split")
    graph.node.add(name="scope/y", op="Log", input=["scope/x", "scope/x:1", "^scope/x"])
    writer = DumpWriter(tmp_path)
    writer.write_tensor(CPU, "scope/x", 0, np.float32(1), 1)
    writer.write_tensor(CPU, "scope/x", 1, np.float32(1), 2)
    writer.write_tensor(CPU, "scope/x", 1, np.zeros(14), 3, debug_op="DebugNumericSummary(a=1)")
    writer.write_tensor(CPU, "not/in/graph", 0, np.float32(1), 4)
    writer.write_graph(CPU, graph)
    held = open_dump(tmp_path).graph(CPU)
    assert held is not None
    nodes = {node.name: node for node in held.node}
    assert list(nodes["scope/y"].input) == [
        "__copy_scope/x_0",
        "__copy_scope/x_1",
        "^scope/x",
        "^__dbg_scope/x:0_0_DebugIdentity",
        "^__dbg_scope/x:1_0_DebugIdentity",
        "^__dbg_scope/x:1_1_DebugNumericSummary",
    ]
    assert list(nodes["__copy_scope/x_1"].input) == ["scope/x:1"]
    assert nodes["__copy_scope/x_1"].attr["T"].type == DT_FLOAT
    assert len(nodes) == 2 + 2 + 3


def test_node_names_never_lead_out_of_the_run(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "run"
    writer = DumpWriter(root)
    names = ["../../../escape", "a/../../../../b", "/tmp/absolute", "..", "./x", "a//b"]
    for name in names:
        writer.write_tensor(f"/job:{name}", name, 0, np.float32(1), 1)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {
        path for path in root.rglob("*") if path.is_file()
    }
    assert [entry.node for entry in open_dump(root).entries] == names


def test_values_that_cannot_be_dumped_are_errors_with_their_name(tmp_path: Path) -> None:
    writer = DumpWriter(tmp_path)
    with pytest.raises(DumpError, match=r"n:0 cannot be dumped.*datetime64"):
        writer.write_tensor(CPU, "n", 0, np.array(["2026-01-01"], dtype="M8[D]"), 1)
    with pytest.raises(DumpError, match="give dtype="):
        writer.write_tensor(CPU, "n", 0, None, 1)
    with pytest.raises(DumpError, match="no elements"):
        writer.write_tensor(CPU, "n", 0, None, 1, dtype=DT_STRING, shape=(0,))
    with pytest.raises(DumpError, match="cannot be written"):
        writer.write_tensor(CPU, "n" * 300, 0, np.float32(1), 1)
    with pytest.raises(DumpError, match="cannot be written"):
        writer.write_tensor(CPU, "n\0", 0, np.float32(1), 1)
    (tmp_path / "file").touch()
    with pytest.raises(DumpError, match="cannot be made"):
        DumpWriter(tmp_path / "file" / "run")


def test_damaged_files_are_problems_and_the_rest_is_there(tmp_path: Path) -> None:
    writer = write_run(tmp_path)
    writer.write_graph(CPU, GraphDef())
    writer.write_core_metadata(session_run_index=1)
    writer.write_fetches_info("x")
    writer.write_tracebacks({})
    for path in tmp_path.glob("_tfdbg_core_metadata*"):
        path.write_bytes(b"\xff\xff\xff")
    (tmp_path / "_tfdbg_fetches_info_").write_bytes(b"\xff\xff")
    (tmp_path / "_opscope_tracebacks.json").write_text('{"files": [], "nodes": {"a": [[3]]}}')
    (tmp_path / "_opscope_sources.json").write_text("[1")
    (tmp_path / "_opscope_feeds").write_bytes(b"\xff")
    (tmp_path / "_opscope_health").write_bytes(b"\xff")
    device = tmp_path / device_folder(CPU)
    (device / "notes.txt").write_text("what is this")
    (graph,) = device.glob("_tfdbg_graph*")
    graph.write_bytes(b"\xff")
    dump = open_dump(tmp_path)
    Path(dump.entries[0].path).write_bytes(b"\x1a\xff")
    Path(dump.entries[2].path).write_bytes(b"")
    for index, message in ((0, "no serialized Event"), (2, "holds no tensor")):
        with pytest.raises(DumpError, match=message):
            dump.load(dump.entries[index])
    assert isinstance(dump.load(dump.entries[1]), np.ndarray)
    assert dump.graph(CPU) is None
    assert (dump.feeds, dump.tracebacks, dump.sources, dump.health) == ({}, {}, {}, [])
    assert (dump.core_metadata, dump.fetches_info) == (None, None)
    assert len(dump.entries) == 5
    assert len({problem.file for problem in dump.problems}) == 8
    assert dump.graph(CPU) is None
    assert len(dump.problems) == 8


def test_runs_are_found_below_a_folder(tmp_path: Path) -> None:
    for name in ("runs/run_10", "runs/run_9", "other"):
        write_run(tmp_path / name)
    roots = [str(tmp_path / name) for name in ("other", "runs/run_9", "runs/run_10")]
    assert find_dumps(tmp_path) == roots
    assert find_dumps(roots[1]) == [roots[1]]
    assert find_dumps(tmp_path / "runs" / "run_9" / device_folder(CPU)) == []


def test_what_is_no_dump_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DumpError, match="not a dumped run"):
        open_dump(tmp_path)
    for call in (open_dump, find_dumps):
        with pytest.raises(DumpError, match="missing"):
            call(tmp_path / "missing")
