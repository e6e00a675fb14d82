"""Runs written to folders, and what a watch may ask for."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_session import CPU, FakeOpError, FakeSession
from terminal_session import typing

from opscope.events import open_dump
from opscope.events.proto.config_pb2 import RunOptions
from opscope.tfdbg import DebugDumpDir, DumpingDebugWrapperSession, WatchOptions
from opscope.tfdbg.wrappers import add_debug_tensor_watch, watch_graph
from opscope.tfdbg.wrappers.debug_ops import debug_op


def folders(root: Path) -> list[Path]:
    return sorted(root.iterdir(), key=lambda path: int(path.name.rsplit("_", 1)[1]))


def test_a21_each_run_has_its_folder(tmp_path: Path) -> None:
    session = FakeSession(bad=[2])
    wrapper = DumpingDebugWrapperSession(session, tmp_path / "root")
    assert [wrapper.run("inc_v:0"), wrapper.run(["inc_v:0"], {"x:0": 1})] == [11, 12]
    assert wrapper.run([]) == []
    first, second = folders(tmp_path / "root")
    assert first.name.startswith("run_")
    assert first.name.endswith("_0")
    for folder, value in ((first, 11), (second, 12)):
        dump = DebugDumpDir(folder)
        assert [datum.node_name for datum in dump.dumped_tensor_data] == [
            "delta",
            "v",
            "inc_v",
            "y",
        ]
        assert dump.get_tensors("inc_v", 0, "DebugIdentity") == [np.float32(value)]
        assert dump.devices() == [CPU]
        assert dump.node_traceback("y")[0][1:3] == (1, "build")
        assert "A session whose runs" in next(iter(dump.sources.values()))
    assert DebugDumpDir(first).run_fetches_info == repr("inc_v:0")
    assert DebugDumpDir(first).run_feed_keys_info == "None"
    assert DebugDumpDir(second).run_feed_keys_info == "dict_keys(['x:0'])"
    metadata = DebugDumpDir(second).core_metadata
    assert (metadata.session_run_index, metadata.global_step) == (2, 1)
    assert metadata.output_names == ("inc_v:0",)


def test_health_of_every_tensor_is_written(tmp_path: Path) -> None:
    wrapper = DumpingDebugWrapperSession(FakeSession(bad=[1]), tmp_path / "root")
    wrapper.run("inc_v:0")
    (folder,) = folders(tmp_path / "root")
    rows = {row.node_name: row.summary for row in open_dump(folder).health}
    assert list(rows) == ["delta", "v", "inc_v", "y"]
    assert rows["y"][[1, 3]].tolist() == [1, 1]


def test_a21_only_what_the_watch_function_asks_for(tmp_path: Path) -> None:
    seen = []

    def watch_fn(fetches: Any, feeds: Any) -> WatchOptions:
        seen.append((fetches, feeds))
        ops = ["DebugIdentity", "DebugNumericSummary(lower_bound=0)", "DebugNanCount"]
        return WatchOptions(ops, node_name_regex_allowlist="inc", op_type_regex_allowlist="Ass")

    wrapper = DumpingDebugWrapperSession(FakeSession(), tmp_path / "root", watch_fn)
    wrapper.run("inc_v:0", {"x:0": 1})
    (folder,) = folders(tmp_path / "root")
    dump = DebugDumpDir(folder)
    keys = [datum.watch_key for datum in dump.dumped_tensor_data]
    assert keys == [
        "inc_v:0:DebugIdentity",
        "inc_v:0:DebugNumericSummary",
        "inc_v:0:DebugNanCount",
    ]
    assert dump.get_tensors("inc_v", 0, "DebugNanCount")[0].tolist() == [0]
    assert seen == [("inc_v:0", {"x:0": 1})]


@pytest.mark.parametrize(
    "answer", [("DebugIdentity", "inc"), (["DebugIdentity"], None, "AssignAdd")]
)
def test_a21_old_watch_functions_answer_tuples(tmp_path: Path, answer: tuple[Any, ...]) -> None:
    root = tmp_path / "root"
    DumpingDebugWrapperSession(FakeSession(), root, lambda f, d: answer).run("inc_v:0")
    assert [d.node_name for d in DebugDumpDir(folders(root)[0]).dumped_tensor_data] == ["inc_v"]


def test_a21_roots_and_watch_functions_that_will_not_do(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(ValueError, match="session_root path points to a file"):
        DumpingDebugWrapperSession(FakeSession(), file)
    with pytest.raises(ValueError, match="session_root path points to a non-empty directory"):
        DumpingDebugWrapperSession(FakeSession(), tmp_path)
    with pytest.raises(TypeError, match="watch_fn is not callable"):
        DumpingDebugWrapperSession(FakeSession(), tmp_path / "a", "watch")  # type: ignore[arg-type]
    wrapper = DumpingDebugWrapperSession(FakeSession(), tmp_path / "b", lambda f, d: "all")
    with pytest.raises(TypeError, match="watch_fn must answer WatchOptions"):
        wrapper.run("inc_v:0")
    wrapper = DumpingDebugWrapperSession(
        FakeSession(), tmp_path / "c", lambda f, d: WatchOptions(["Nosuch"])
    )
    with pytest.raises(ValueError, match='no debug op "Nosuch"'):
        wrapper.run("inc_v:0")


def test_a_failed_run_is_written_and_raised(tmp_path: Path) -> None:
    wrapper = DumpingDebugWrapperSession(FakeSession(fails=[1]), tmp_path / "root")
    with pytest.raises(FakeOpError):
        wrapper.run("inc_v:0")
    dump = DebugDumpDir(folders(tmp_path / "root")[0])
    assert [datum.node_name for datum in dump.dumped_tensor_data] == ["delta", "v"]


def test_a_disk_that_cannot_be_written_ends_the_dumping_only(tmp_path: Path) -> None:
    session = FakeSession()
    wrapper = DumpingDebugWrapperSession(session, tmp_path / "root")
    (tmp_path / "root").write_text("in the way")
    with typing() as transcript:
        assert [wrapper.run("inc_v:0"), wrapper.run("inc_v:0")] == [11, 12]
    (warning,) = transcript.errors.splitlines()
    assert warning.startswith("WARNING: tfdbg stops dumping, the program runs on: DumpError")
    assert (session.watched, session.plain) == (1, 1)


def test_a19_other_threads_are_not_dumped(tmp_path: Path) -> None:
    wrapper = DumpingDebugWrapperSession(
        FakeSession(), tmp_path / "root", thread_name_filter="MainThread$"
    )
    other = threading.Thread(target=wrapper.run, args=("inc_v:0",))
    other.start()
    other.join()
    assert not (tmp_path / "root").exists()


def test_watches_in_run_options() -> None:
    options = RunOptions()
    add_debug_tensor_watch(options, "a", 1, ["DebugIdentity", "DebugNanCount"], "file:///x")
    watch_graph(options, FakeSession().graph, debug_urls=["file:///y"], op_type_regex_allowlist="A")
    watch_graph(options, FakeSession().graph, debug_urls="file:///z", global_step=7)
    watches = options.debug_options.debug_tensor_watch_opts
    assert [(w.node_name, w.output_slot, list(w.debug_urls)) for w in watches] == [
        ("a", 1, ["file:///x"]),
        ("inc_v", 0, ["file:///y"]),
        ("*", -1, ["file:///z"]),
    ]
    assert options.debug_options.global_step == 7
    with pytest.raises(ValueError, match=r"debug_urls must not be empty or None\."):
        watch_graph(options, FakeSession().graph)
    with pytest.raises(ValueError, match=r"debug_ops must not be empty or None\."):
        watch_graph(options, FakeSession().graph, debug_ops="", debug_urls="file:///z")


def test_debug_ops() -> None:
    value = np.array([np.nan, 1.0, -3.0], np.float32)
    assert debug_op("DebugIdentity")(value) is value
    assert debug_op("DebugNanCount")(value).tolist() == [1]
    assert debug_op("DebugNanCount")(None).tolist() == [0]
    summary = debug_op("DebugNumericSummary(lower_bound=-2;upper_bound=9)")(value)
    assert summary[[0, 1, 2, 3, 6]].tolist() == [1, 3, 1, 1, 1]
    muted = debug_op("DebugNumericSummary(mute_if_healthy=true)")
    assert muted(np.ones(2)) is None
    assert muted(value) is not None


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("Nosuch", 'no debug op "Nosuch"'),
        ("DebugIdentity(", "Malformed debug op name"),
        ("DebugNumericSummary(x)", "Malformed attributes"),
        ("DebugNumericSummary(lower_bound=1;lower_bound=2)", "Duplicate attribute name"),
        ("DebugNanCount(a=1;b=2)", r"2 attribute key\(s\) were not valid"),
    ],
)
def test_wrong_debug_ops(spec: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        debug_op(spec)
