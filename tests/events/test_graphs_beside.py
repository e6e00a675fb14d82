"""Graphs that lie beside event files: graph files, SavedModels, dumps, Debugger V2."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from archives import unpack_archive
from google.protobuf import text_format
from graph_maker import classifier

from opscope.events import EventFileWriter, LogdirError, open_logdir
from opscope.events.debug_nodes import Watched, insert_debug_nodes, remove_debug_nodes
from opscope.events.graph_file import graphs_in_file, is_graph_file
from opscope.events.proto import debug_event_pb2 as messages
from opscope.events.proto.config_pb2 import RunMetadata
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.meta_graph_pb2 import MetaGraphDef
from opscope.events.proto.saved_model_pb2 import SavedModel
from opscope.events.record import frame

GRAPH = classifier().graph
DUMPS = Path(__file__).parents[1] / "data" / "events"


def meta_graph(*tags: str) -> MetaGraphDef:
    found = MetaGraphDef(graph_def=GRAPH)
    found.meta_info_def.tensorflow_version = "2.21.0"
    found.meta_info_def.stripped_op_list.op.add(name="MatMul")
    found.meta_info_def.tags.extend(tags)
    found.collection_def["train_op"].node_list.value.append("init")
    return found


def saved_model(*graphs: MetaGraphDef) -> SavedModel:
    return SavedModel(saved_model_schema_version=1, meta_graphs=graphs)


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (GRAPH, "graph"),
        (meta_graph("serve"), "model.ckpt-7"),
        (saved_model(meta_graph("serve")), "saved_model"),
    ],
)
@pytest.mark.parametrize("as_text", [False, True])
def test_pbtxt_parser_a_graph_is_found_in_whatever_holds_it(
    message: GraphDef | MetaGraphDef | SavedModel, name: str, as_text: bool
) -> None:
    data = text_format.MessageToString(message).encode() if as_text else message.SerializeToString()
    for ending in (".pbtxt", "") if as_text else (".pb", ".meta", ""):
        found = graphs_in_file(data, name + ending)
        assert list(found) == [""]
        assert GraphDef.FromString(found[""]) == GRAPH


def test_a_saved_model_of_two_graphs_names_them_by_their_tags() -> None:
    data = saved_model(meta_graph("serve"), meta_graph("train", "gpu"), meta_graph())
    assert list(graphs_in_file(data.SerializeToString(), "saved_model.pb")) == [
        "serve",
        "train, gpu",
        "no tags",
    ]


def test_run_metadata_with_graphs_has_one() -> None:
    data = RunMetadata(partition_graphs=[GRAPH]).SerializeToString()
    assert GraphDef.FromString(graphs_in_file(data, "run.pb")[""]).node == GRAPH.node


@pytest.mark.parametrize("data", [b"", GraphDef(versions={"producer": 27}).SerializeToString()])
def test_a_graph_without_nodes_is_one(data: bytes) -> None:
    assert graphs_in_file(data, "graph.pb") == {"": data}


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"\xff" * 50, "x.pb", "x.pb holds no graph"),
        (b"\x0a\x03abc\x32\x01a", "x.pb", "x.pb is neither a GraphDef nor a MetaGraphDef"),
        (b"node { name: 3 }", "x.pbtxt", "x.pbtxt is not the text of a GraphDef: line 1:14"),
        (b"\xff\xfe", "x.pbtxt", "x.pbtxt is no text"),
        (b"\x08\x01\x12\x05\x12\x7fabc", "saved_model.pb", "a graph of the SavedModel is damaged"),
        (b"graph = {}", "x.pbtxt", "x.pbtxt is not the text of a GraphDef"),
    ],
)
def test_what_is_no_graph_is_told(data: bytes, name: str, message: str) -> None:
    with pytest.raises(LogdirError, match=message):
        graphs_in_file(data, name)


def test_names_of_graph_files() -> None:
    assert all(map(is_graph_file, ["a.pb", "a.pbtxt", "model.ckpt-1.meta", "saved_model.pb"]))
    others = ["fingerprint.pb", "keras_metadata.pb", "projector_config.pbtxt", "x.xplane.pb", "a"]
    assert not any(map(is_graph_file, others))


def test_files_beside_events_are_graphs_of_that_run(tmp_path: Path) -> None:
    writer = EventFileWriter(str(tmp_path / "train"))
    writer.close()
    (tmp_path / "train" / "graph.pb").write_bytes(GRAPH.SerializeToString())
    export = tmp_path / "export" / "1"
    export.mkdir(parents=True)
    model = saved_model(meta_graph("serve"), meta_graph("train"))
    (export / "saved_model.pb").write_bytes(model.SerializeToString())
    logdir = open_logdir(tmp_path)
    assert logdir.runs() == ["train"]
    assert logdir.graph_runs() == ["export/1", "train"]
    assert logdir.graph_tags("train") == [("graph.pb", "file")]
    assert [ref.tag for ref in logdir.graph_tags("export/1")] == [
        "saved_model.pb: serve",
        "saved_model.pb: train",
    ]
    for run in logdir.graph_runs():
        for ref in logdir.graph_tags(run):
            assert GraphDef.FromString(logdir.graph(run, ref.tag)) == GRAPH
    assert logdir.run_metadata("export/1") == []
    with pytest.raises(LogdirError, match="no run 'other'"):
        logdir.graph_tags("other")
    with pytest.raises(LogdirError, match=r"has no graph gone\.pb"):
        logdir.graph("train", "gone.pb")
    assert not logdir.reload()
    (export / "saved_model.pb").unlink()
    assert logdir.reload()
    assert logdir.graph_runs() == ["train"]


def test_a_graph_file_alone_is_a_logdir(tmp_path: Path) -> None:
    path = tmp_path / "model.meta"
    path.write_bytes(meta_graph().SerializeToString())
    logdir = open_logdir(path)
    assert (logdir.runs(), logdir.graph_runs(), logdir.problems) == ([], ["."], [])
    assert GraphDef.FromString(logdir.graph(".")) == GRAPH


def test_a_damaged_file_is_told_when_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\xff" * 9)
    logdir = open_logdir(tmp_path)
    with pytest.raises(LogdirError, match=r"saved_model\.pb holds no graph"):
        logdir.graph(".")


def test_debug_nodes_leave_no_trace() -> None:
    watched = {("logits/Relu", 0): Watched(1, ("DebugIdentity", "DebugNanCount"))}
    inserted = insert_debug_nodes(GRAPH, "/device:CPU:0", watched, "file:///tmp/x")
    assert len(inserted.node) == len(GRAPH.node) + 3
    removed = remove_debug_nodes(inserted)
    assert [node.name for node in removed.node] == [node.name for node in GRAPH.node]
    assert [[i.removesuffix(":0") for i in n.input] for n in removed.node] == [
        list(n.input) for n in GRAPH.node
    ]


def test_a_folder_of_dumps_shows_what_ran(tmp_path: Path) -> None:
    unpack_archive(DUMPS / "tfdbg_cf1.tar.gz", tmp_path)
    root = next(path for path in tmp_path.rglob("run_*") if path.is_dir())
    for place, run in ((tmp_path, root.parent.relative_to(tmp_path).as_posix()), (root, ".")):
        logdir = open_logdir(place)
        assert run in logdir.graph_runs()
        assert logdir.dumps(run) == [str(root)]
        files = [ref for ref in logdir.graph_tags(run) if ref.kind == "file"]
        if files:
            continue
        assert logdir.graph_tags(run) == [(root.name, "dump")]
        graph = GraphDef.FromString(logdir.graph(run))
        assert len(graph.node) > 50
        assert not any(node.name.startswith(("__copy_", "__dbg_")) for node in graph.node)
        names = {node.name for node in graph.node}
        read = {i.removeprefix("^").partition(":")[0] for n in graph.node for i in n.input}
        assert read <= names


def test_debugger_v2_graphs_are_scopes(tmp_path: Path) -> None:
    def write(kind: str, *events: messages.DebugEvent) -> None:
        records = b"".join(frame(event.SerializeToString()) for event in events)
        (tmp_path / f"tfdbg_events.17.host.{kind}").write_bytes(records)

    def op(graph: str, name: str, kind: str, *inputs: str) -> messages.DebugEvent:
        created = messages.GraphOpCreation(
            graph_id=graph, op_name=name, op_type=kind, input_names=inputs
        )
        return messages.DebugEvent(graph_op_creation=created)

    def graph(key: str, name: str, outer: str) -> messages.DebugEvent:
        debugged = messages.DebuggedGraph(graph_id=key, graph_name=name, outer_context_id=outer)
        return messages.DebugEvent(debugged_graph=debugged)

    write("metadata", messages.DebugEvent(debug_metadata={"tfdbg_run_id": "r"}))
    write(
        "graphs",
        *(graph("e", "", ""), graph("f", "step", "e"), graph("g", "body", "f")),
        *(op("f", "x", "Placeholder"), op("f", "y", "Exp", "x:0")),
        op("f", "z", "Add", "y:0", "StatefulPartitionedCall_1:0"),
        op("g", "x", "Log"),
    )
    logdir = open_logdir(tmp_path)
    assert logdir.graph_tags(".") == [("Debugger V2", "debugger")]
    found = GraphDef.FromString(logdir.graph("."))
    assert [(node.name, node.op, list(node.input)) for node in found.node] == [
        ("step/x", "Placeholder", []),
        ("step/y", "Exp", ["step/x:0"]),
        ("step/z", "Add", ["step/y:0", "step/StatefulPartitionedCall_1:0"]),
        ("step/body/x", "Log", []),
        ("step/StatefulPartitionedCall_1", "StatefulPartitionedCall", []),
    ]


def test_pytorch46239_all_graphs_that_a_run_wrote_can_be_chosen(tmp_path: Path) -> None:
    writer = EventFileWriter(str(tmp_path))
    for number in range(12):
        graph = GraphDef()
        graph.node.add(name=f"n{number}", op="NoOp")
        writer.add_event(Event(wall_time=1, graph_def=graph.SerializeToString()))
    writer.close()
    logdir = open_logdir(tmp_path)
    tags = [ref.tag for ref in logdir.graph_tags(".")]
    assert tags == ["__run_graph__", *(f"__run_graph__ {n}" for n in range(11, 2, -1))]
    names = [GraphDef.FromString(logdir.graph(".", tag)).node[0].name for tag in tags]
    assert names == [f"n{number}" for number in range(11, 1, -1)]
    with pytest.raises(LogdirError, match="has no graph __run_graph__ 1"):
        logdir.graph(".", "__run_graph__ 1")


def test_packed_graphs_are_unpacked(tmp_path: Path) -> None:
    (tmp_path / "net.pb.gz").write_bytes(gzip.compress(GRAPH.SerializeToString()))
    text = text_format.MessageToString(GRAPH).encode()
    (tmp_path / "net.pbtxt.gz").write_bytes(gzip.compress(text))
    logdir = open_logdir(tmp_path)
    tags = [ref.tag for ref in logdir.graph_tags(".")]
    assert tags == ["net.pb.gz", "net.pbtxt.gz"]
    assert all(GraphDef.FromString(logdir.graph(".", tag)) == GRAPH for tag in tags)
    for damaged in (gzip.compress(text)[:-9], b"\x1f\x8b" + bytes(20)):
        with pytest.raises(LogdirError, match=r"net\.pb\.gz cannot be unpacked"):
            graphs_in_file(damaged, "net.pb.gz")
