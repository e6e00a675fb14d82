import json
import os
from pathlib import Path

import numpy as np
import pytest

from opscope.events import (
    HEALTH_PLUGIN,
    EventFileWriter,
    LogdirError,
    Problem,
    RecordWriter,
    RunMetadataRef,
    TagSummary,
    health_summary,
    health_value,
    make_tensor_proto,
    open_logdir,
    read_records,
)
from opscope.events.proto.config_pb2 import RunMetadata
from opscope.events.proto.event_pb2 import Event, SessionLog
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.meta_graph_pb2 import MetaGraphDef
from opscope.events.record import frame

NAME = "events.out.tfevents.1700000000.host"


def scalar(step: int, value: float, tag: str = "loss") -> Event:
    event = Event(wall_time=100.0 + step, step=step)
    event.summary.value.add(tag=tag, simple_value=value)
    return event


def session_start(step: int) -> Event:
    event = Event(step=step)
    event.session_log.status = SessionLog.START
    return event


def tensor(step: int, tag: str, value: object, plugin: str = "") -> Event:
    event = Event(step=step)
    added = event.summary.value.add(tag=tag)
    added.tensor.CopyFrom(make_tensor_proto(np.asarray(value)))
    if plugin:
        added.metadata.plugin_data.plugin_name = plugin
    return event


def write(path: Path, *events: Event, version: str | None = "brain.Event:2") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        for event in ([Event(file_version=version)] if version else []) + list(events):
            writer.write(event.SerializeToString())
    return path


@pytest.mark.parametrize("writer", ["tf1", "tf2", "torch"])
def test_every_point_of_every_writer_is_there(fixtures: Path, writer: str) -> None:
    logdir = open_logdir(fixtures / "events" / writer)
    expected: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for oracle in sorted((fixtures / "events" / writer).rglob("*.json")):
        run = oracle.parent.relative_to(fixtures / "events" / writer).as_posix()
        for event in json.loads(oracle.read_text())["events"]:
            for value in event.get("values", []):
                points = expected.setdefault((run, value["tag"]), [])
                points.append((event["step"], event["wall_time"]))
    found = {
        (run, tag): logdir._any_series(run, tag)
        for run in logdir.runs()
        for tag in logdir.tags(run)
        if logdir.kind(run, tag) not in ("graph", "run_metadata", "projector")
        or (run, tag) in expected
    }
    assert found.keys() == expected.keys()
    for key, series in found.items():
        everything = series.select(orphaned=True)
        steps, times = series.steps(everything), series.wall_times(everything)
        assert list(zip(steps.tolist(), times.tolist(), strict=True)) == expected[key]


@pytest.mark.parametrize("writer", ["tf1", "tf2", "torch"])
def test_scalar_values_are_exact(fixtures: Path, writer: str) -> None:
    logdir = open_logdir(fixtures / "events" / writer)
    compared = 0
    for oracle in sorted((fixtures / "events" / writer).rglob("*.json")):
        run = oracle.parent.relative_to(fixtures / "events" / writer).as_posix()
        values: dict[str, list[float]] = {}
        for event in json.loads(oracle.read_text())["events"]:
            for value in event.get("values", []):
                if value["kind"] == "simple_value":
                    values.setdefault(value["tag"], []).append(float(value["value"]))
        for tag, numbers in values.items():
            mine = logdir.scalars(run, tag, orphaned=True).value
            if run != "train":  # its two files share their tags
                np.testing.assert_array_equal(mine, numbers)
                compared += 1
    assert compared or writer == "tf2"


def test_the_kinds_of_all_writers(fixtures: Path) -> None:
    kinds = set()
    for writer in ("tf1", "tf2", "torch"):
        logdir = open_logdir(fixtures / "events" / writer)
        kinds |= {logdir.kind(run, tag) for run in logdir.runs() for tag in logdir.tags(run)}
    assert kinds == {
        *("scalar", "histogram", "image", "audio", "text", "tensor", "graph", "run_metadata"),
        *("hparams", "pr_curve", "mesh", "layout", "projector"),
    }


def test_a_restart_hides_the_points_it_made_obsolete(fixtures: Path) -> None:
    logdir = open_logdir(fixtures / "events" / "tf1")
    assert len(logdir.scalars("train", "accuracy_1").step) == 13
    assert len(logdir.scalars("train", "accuracy_1", orphaned=True).step) == 18
    assert len(logdir.histograms("train", "special/ints").buckets) == 13
    assert len(logdir.text("train", "special/note", orphaned=True).value) == 18
    assert logdir.summary("train", "accuracy_1") == TagSummary("scalar", 13, 0, 55)


def test_restarts_follow_one_another(tmp_path: Path) -> None:
    events = [session_start(0), *(scalar(step, 0) for step in range(10))]
    events += [session_start(7), *(scalar(step, 1) for step in range(7, 9))]
    events += [session_start(4), scalar(4, 2), scalar(4, 3)]
    logdir = open_logdir(write(tmp_path / NAME, *events))
    points = logdir.scalars(".", "loss")
    assert list(zip(points.step, points.value, strict=True)) == [
        *((step, 0) for step in range(4)),
        *((4, 2), (4, 3)),
    ]
    assert len(logdir.scalars(".", "loss", orphaned=True).step) == 14


def test_steps_that_go_back_restart_only_files_before_version_2(tmp_path: Path) -> None:
    events = [scalar(step, 0) for step in range(6)] + [scalar(2, 1), scalar(0, 1, "other")]
    write(tmp_path / "old" / NAME, *events, version="brain.Event:1")
    write(tmp_path / "unversioned" / NAME, *events, version=None)
    write(tmp_path / "new" / NAME, *events)
    logdir = open_logdir(tmp_path)
    assert logdir.scalars("old", "loss").step.tolist() == [0, 1, 2]
    assert logdir.scalars("unversioned", "loss").step.tolist() == [0, 1, 2]
    assert logdir.scalars("new", "loss").step.tolist() == [0, 1, 2, 3, 4, 5, 2]


def test_damage_loses_one_record_and_is_reported(fixtures: Path) -> None:
    logdir = open_logdir(fixtures / "events" / "tf1")
    crc, cut = logdir.problems
    assert (Path(crc.file).parent.name, crc.offset) == ("damaged_crc", 45610)
    assert "data CRC" in crc.message
    assert Path(cut.file).parent.name == "damaged_truncated"
    assert "incomplete" in cut.message
    assert logdir.scalars("damaged_crc", "accuracy_1").step.tolist() == [0, 10, 30, 40, 50]
    assert logdir.scalars("damaged_truncated", "accuracy_1").step.tolist() == [0, 10, 20]


def test_a_growing_file_is_followed(tmp_path: Path) -> None:
    writer = EventFileWriter(tmp_path / "run")
    logdir = open_logdir(tmp_path)
    assert logdir.runs() == ["run"]
    assert logdir.tags("run") == []
    for step in range(3):
        writer.add_event(scalar(step, step / 2))
        writer.flush()
        assert logdir.reload()
        assert logdir.scalars("run", "loss").value.tolist() == [
            each / 2 for each in range(step + 1)
        ]
        assert not logdir.reload()
    writer.close()
    second = EventFileWriter(tmp_path / "later")
    second.close()
    assert logdir.reload()
    assert logdir.runs() == ["later", "run"]


def test_a_half_written_record_is_a_problem_only_until_it_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path / NAME, scalar(0, 1), scalar(1, 2))
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    logdir = open_logdir(tmp_path)
    assert logdir.scalars(".", "loss").step.tolist() == [0]
    assert [problem.offset for problem in logdir.problems] == [
        record.offset
        for record in read_records(write(tmp_path / "whole", scalar(0, 1), scalar(1, 2)))
    ][2:]
    with open(path, "ab") as file:
        file.write(whole[-5:])
    logdir.reload()
    assert logdir.scalars(".", "loss").step.tolist() == [0, 1]
    assert logdir.problems == []


def test_a_replaced_or_removed_file_is_read_anew(tmp_path: Path) -> None:
    write(tmp_path / "run" / NAME, scalar(0, 1), scalar(1, 2))
    write(tmp_path / "run" / (NAME + ".2"), scalar(5, 5))
    logdir = open_logdir(tmp_path)
    write(tmp_path / "run" / NAME, scalar(7, 7, "other"))
    assert logdir.reload()
    assert logdir.tags("run") == ["loss", "other"]
    assert logdir.scalars("run", "loss").step.tolist() == [5]
    (tmp_path / "run" / (NAME + ".2")).unlink()
    assert logdir.reload()
    assert logdir.tags("run") == ["other"]
    (tmp_path / "run" / NAME).unlink()
    assert logdir.reload()
    assert logdir.runs() == []


def test_runs_are_folders_named_from_the_logdir(tmp_path: Path) -> None:
    for name in ("", "run_10", "run_9", "a/b"):
        write(tmp_path / name / NAME, scalar(0, 1))
    write(tmp_path / "nothing" / "notes.txt", scalar(0, 1))
    logdir = open_logdir(tmp_path)
    assert logdir.runs() == [".", "a/b", "run_9", "run_10"]
    assert open_logdir(tmp_path / NAME).runs() == ["."]


def test_files_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 9, 2):
        write(tmp_path / f"events.out.tfevents.1700000000.h.1.{number}", scalar(number, 0))
    assert open_logdir(tmp_path).scalars(".", "loss").step.tolist() == [2, 9, 10]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    write(tmp_path / "logs" / "run" / NAME, scalar(0, 1))
    (tmp_path / "logs" / "run" / "circle").symlink_to(tmp_path / "logs")
    (tmp_path / "logs" / "nowhere").symlink_to(tmp_path / "missing")
    assert open_logdir(tmp_path / "logs").runs() == ["run"]


def test_what_is_no_event_is_skipped_and_reported(tmp_path: Path) -> None:
    path = write(tmp_path / NAME, scalar(0, 1))
    with open(path, "ab") as file:
        RecordWriter(file).write(b"\xff\xff\xff not a message")
        RecordWriter(file).write(scalar(1, 2).SerializeToString())
        RecordWriter(file).write(tensor(2, "pair", [1.0, 2.0], "scalars").SerializeToString())
        RecordWriter(file).write(tensor(2, "flat", [1.0, 2.0], "histograms").SerializeToString())
    write(tmp_path / "foreign" / "my.tfevents.txt").write_text("hello, this is text\n")
    logdir = open_logdir(tmp_path)
    assert logdir.runs() == ["."]
    assert logdir.scalars(".", "loss").step.tolist() == [0, 1]
    assert logdir.histograms(".", "flat").buckets == []
    messages = [problem.message for problem in logdir.problems]
    assert len(messages) == 4
    for expected in ("no Event", "'pair'", "'flat'", "not an event file"):
        assert any(expected in message for message in messages), expected


def test_a_missing_or_unreadable_logdir_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LogdirError, match=r"missing: no such folder"):
        open_logdir(tmp_path / "missing")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LogdirError, match="neither a folder nor a file"):
        open_logdir(tmp_path / "pipe")
    assert open_logdir(tmp_path).runs() == []


def test_unknown_runs_and_tags_name_what_there_is(tmp_path: Path) -> None:
    write(tmp_path / "train" / NAME, scalar(0, 1))
    logdir = open_logdir(tmp_path)
    with pytest.raises(LogdirError, match="no run 'test'; its runs are: train"):
        logdir.tags("test")
    with pytest.raises(LogdirError, match="no tag 'gone'"):
        logdir.scalars("train", "gone")
    with pytest.raises(LogdirError, match="holds scalar, not histogram"):
        logdir.histograms("train", "loss")
    with pytest.raises(LogdirError, match="holds scalar, not tensor"):
        logdir.tensors("train", "loss")
    with pytest.raises(LogdirError, match="its graphs are: none"):
        logdir.graph("train")


def test_a_payload_that_is_gone_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / NAME, tensor(0, "t", [1.0]))
    logdir = open_logdir(tmp_path)
    assert logdir.tensors(".", "t").value[0].tolist() == [1.0]
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(LogdirError, match="is gone"):
        logdir.tensors(".", "t")
    path.unlink()
    with pytest.raises(LogdirError, match="cannot be read again"):
        logdir.tensors(".", "t")


def test_one_tag_may_hold_several_kinds(tmp_path: Path) -> None:
    write(tmp_path / NAME, scalar(0, 1, "x"), tensor(1, "x", [[0, 1, 2]], "histograms"))
    logdir = open_logdir(tmp_path)
    assert logdir.kind(".", "x") == "scalar"
    assert logdir.tags(".", "scalar") == logdir.tags(".", "histogram") == ["x"]
    assert logdir.histograms(".", "x").buckets[0].tolist() == [[0, 1, 2]]


def test_the_plugin_of_the_first_point_holds_for_the_tag(tmp_path: Path) -> None:
    write(tmp_path / NAME, tensor(0, "n", b"words", "text"), tensor(1, "n", b"more"))
    logdir = open_logdir(tmp_path)
    assert logdir.plugin(".", "n").name == "text"
    assert [str(value) for value in logdir.text(".", "n").value] == ["words", "more"]


def test_health_over_time_is_a_tensor_of_our_plugin(tmp_path: Path) -> None:
    numbers = health_summary(np.array([1.0, np.nan]))
    event = Event(step=3)
    event.summary.value.append(health_value("scope/log", 1, numbers))
    logdir = open_logdir(write(tmp_path / NAME, event))
    assert logdir.tags(".", "tensor") == ["scope/log:1"]
    assert logdir.plugin(".", "scope/log:1").name == HEALTH_PLUGIN
    np.testing.assert_array_equal(logdir.tensors(".", "scope/log:1").value, [numbers])


def test_a_pipe_among_the_event_files_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path / NAME, scalar(0, 1))
    os.mkfifo(tmp_path / "pipe.tfevents")
    logdir = open_logdir(tmp_path)
    assert logdir.scalars(".", "loss").step.tolist() == [0]
    assert [problem.message for problem in logdir.problems] == [
        "cannot be read: neither a file nor a link to one"
    ]


@pytest.mark.parametrize("seed", range(40))
def test_no_damage_ends_the_reader(fixtures: Path, tmp_path: Path, seed: int) -> None:
    (path,) = (fixtures / "events" / "tf2" / "main").glob("*.v2")
    random = np.random.default_rng(seed)
    data = bytearray(path.read_bytes())
    for _ in range(int(random.integers(1, 30))):
        start = int(random.integers(len(data)))
        data[start : start + int(random.integers(4))] = random.bytes(int(random.integers(4)))
    records = [bytes(data)]
    if seed % 2:  # damage that the CRCs cannot see
        records = [frame(record.data) for record in read_records(path)]
        chosen = int(random.integers(len(records)))
        record = bytearray(records[chosen][12:-4])
        record[int(random.integers(len(record)))] ^= 1 << int(random.integers(8))
        records[chosen] = frame(bytes(record))
    (tmp_path / NAME).write_bytes(b"".join(records))
    logdir = open_logdir(tmp_path)
    for run in logdir.runs():
        for tag in logdir.tags(run):
            read = {
                "scalar": logdir.scalars,
                "histogram": logdir.histograms,
                "image": logdir.images,
                "audio": logdir.audio,
                "text": logdir.text,
            }.get(logdir.kind(run, tag), logdir.tensors)
            read(run, tag)
            logdir.summary(run, tag)
    assert all(isinstance(problem, Problem) for problem in logdir.problems)


def test_images_and_audio_of_both_formats(fixtures: Path) -> None:
    old, new = open_logdir(fixtures / "events" / "tf1"), open_logdir(fixtures / "events" / "tf2")
    (image, *_) = old.images("test", "special/rgb/image/0").value
    assert (image.width, image.height, len(image.encoded)) == (16, 12, 1)
    (image, *_) = new.images("main", "img").value
    assert (image.width, image.height, len(image.encoded)) == (10, 8, 2)
    assert all(each.startswith(b"\x89PNG") for each in image.encoded)
    (clip, *_) = old.audio("test", "special/tone/audio/0").value
    assert (clip.content_type, clip.sample_rate) == ("audio/wav", 22050.0)
    (clip, *_) = new.audio("main", "tone").value
    assert clip.content_type == "audio/wav"
    assert clip.encoded[0].startswith(b"RIFF")


def graph_def(*names: str, **links: str) -> bytes:
    graph = GraphDef()
    for name in names:
        graph.node.add(name=name, op="NoOp", input=filter(None, [links.get(name)]))
    return graph.SerializeToString()


def test_the_runs_own_graph_wins_over_the_meta_graphs(tmp_path: Path) -> None:
    meta = MetaGraphDef()
    meta.graph_def.ParseFromString(graph_def("from_meta"))
    in_meta = Event(step=1, meta_graph_def=meta.SerializeToString())
    empty = Event(meta_graph_def=MetaGraphDef().SerializeToString())
    write(tmp_path / "meta" / NAME, in_meta, empty)
    first, last = Event(graph_def=graph_def("first")), Event(step=3, graph_def=graph_def("last"))
    write(tmp_path / "both" / NAME, first, in_meta, last)
    logdir = open_logdir(tmp_path)
    assert logdir.graph("meta") == graph_def("from_meta")
    assert logdir.graph("both") == graph_def("last")
    tags = ["__run_graph__", "__run_graph__ 1"]
    assert logdir.graph_tags("both") == [(tag, "run_graph") for tag in tags]
    assert logdir.graph("both", "__run_graph__ 1") == graph_def("first")
    assert logdir.summary("both", "__run_graph__") == TagSummary("graph", 2, 0, 3)


def test_run_metadata_and_the_graphs_in_it(tmp_path: Path) -> None:
    metadata = RunMetadata()
    metadata.partition_graphs.add().ParseFromString(graph_def("a", "b"))
    metadata.partition_graphs.add().ParseFromString(graph_def("b", "c"))
    plain = RunMetadata()
    plain.step_stats.dev_stats.add(device="/cpu:0")
    events = [Event(step=3), Event(step=4)]
    for event, tag, each in zip(events, ("graphs", "plain"), (metadata, plain), strict=True):
        event.tagged_run_metadata.tag = tag
        event.tagged_run_metadata.run_metadata = each.SerializeToString()
    logdir = open_logdir(write(tmp_path / NAME, *events))
    assert logdir.run_metadata(".") == [RunMetadataRef("graphs", 3), RunMetadataRef("plain", 4)]
    assert logdir.run_metadata_bytes(".", "plain") == plain.SerializeToString()
    assert logdir.graph_tags(".") == [("graphs", "profile")]
    with pytest.raises(LogdirError, match="ask graph"):
        logdir.tensors(".", "plain")
    merged = GraphDef.FromString(logdir.graph("."))
    assert [node.name for node in merged.node] == ["a", "b", "c"]


def test_function_graphs_are_found_in_a_trace(fixtures: Path) -> None:
    logdir = open_logdir(fixtures / "events" / "tf2")
    assert logdir.graph_tags("func") == [("__run_graph__", "run_graph"), ("f_trace", "profile")]
    assert len(GraphDef.FromString(logdir.graph("func", "f_trace")).node) == 20


def test_a_damaged_model_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    models = [b"", b"{", b"[]", b'{"config": {"layers": [1]}}', b"[" * 100000, b'{"config": null}']
    events = [tensor(0, f"m{i}", model, "graph_keras_model") for i, model in enumerate(models)]
    logdir = open_logdir(write(tmp_path / NAME, *events))
    assert len(logdir.graph_tags(".")) == len(models)
    for tag, kind in logdir.graph_tags("."):
        assert kind == "conceptual"
        with pytest.raises(LogdirError, match="Keras model"):
            logdir.graph(".", tag)


def test_dumps_are_found_and_belong_to_a_run(tmp_path: Path) -> None:
    write(tmp_path / "train" / NAME, scalar(0, 1))
    device = "_tfdbg_device_,job_localhost,replica_0,task_0,device_CPU_0"
    roots = [tmp_path / "tfdbg" / name for name in ("run_9", "run_10")]
    for root in roots:
        (root / device).mkdir(parents=True)
    logdir = open_logdir(tmp_path)
    assert logdir.dumps("train") == logdir.dump_roots == [str(root) for root in roots]


def test_problems_are_values_in_the_order_of_the_files() -> None:
    late, early = Problem("b", 1, "x"), Problem("a", 9, "x")
    assert sorted([late, early]) == [early, late]
    assert str(early) == "a: byte 9: x"
