"""Packed dumps behind the debugger's classes: wrappers write them, DebugDumpDir reads them."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_session import CPU, FakeSession
from terminal_session import typing
from tfdbg_data import RUNS

from opscope.events import convert_dump, open_dump
from opscope.tfdbg import (
    DebugDumpDir,
    DumpingDebugHook,
    DumpingDebugWrapperSession,
    WatchOptions,
    has_inf_or_nan,
)
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import execute


def folders(root: Path) -> list[Path]:
    return sorted(root.iterdir(), key=lambda path: int(path.name.rsplit("_", 1)[1]))


def test_a_wrapper_packs_what_it_would_write_as_a_folder(tmp_path: Path) -> None:
    for form in ("tfdbg", "packed"):
        session = FakeSession(bad=[2])
        wrapper = DumpingDebugWrapperSession(session, tmp_path / form, format=form)  # type: ignore[arg-type]
        assert [wrapper.run("inc_v:0"), wrapper.run("inc_v:0", {"x:0": 1})] == [11, 12]
    for first, second in zip(
        folders(tmp_path / "tfdbg"), folders(tmp_path / "packed"), strict=True
    ):
        assert [path.name for path in second.iterdir()] == ["dump.opscope"]
        one, other = open_dump(first), open_dump(second)
        for name in ("core_metadata", "fetches_info", "feed_keys_info", "tracebacks", "sources"):
            assert getattr(one, name) == getattr(other, name)
        assert [row.node_name for row in one.health] == [row.node_name for row in other.health]
        for left, right in zip(one.health, other.health, strict=True):
            np.testing.assert_array_equal(left.summary, right.summary)
        dumps = DebugDumpDir(first), DebugDumpDir(second)
        assert dumps[0].nodes() == dumps[1].nodes()
        graphs = [dump.reconstructed_non_debug_partition_graphs()[CPU] for dump in dumps]
        assert list(graphs[0].node) == list(graphs[1].node)
        hits = [[d.tensor_name for d in dump.find(has_inf_or_nan)] for dump in dumps]
        assert hits[0] == hits[1]
    assert hits[1] == ["y:0"]


def test_runs_are_whole_where_their_files_are_made_ahead() -> None:
    if not os.path.isdir("/dev/shm") or os.major(os.stat("/dev/shm").st_dev):
        pytest.skip("no memory file system")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        root = Path(folder) / "root"
        wrapper = DumpingDebugWrapperSession(FakeSession(bad=[3]), root, format="packed")
        fetches = ["inc_v:0", "inc_v:0", ["inc_v:0", "y:0"] * 50, "inc_v:0"]  # longer, shorter
        for fetch in fetches:
            wrapper.run(fetch)
        found = folders(root)
        assert len(found) == 4
        for number, run in enumerate(found):
            assert [path.name for path in run.iterdir()] == ["dump.opscope"]
            dump = open_dump(run)
            assert dump.problems == []
            assert dump.fetches_info == repr(fetches[number])
            assert dump.bad == (["y:0"] if number == 2 else [])


def test_debug_ops_that_give_no_tensor_keep_the_health(tmp_path: Path) -> None:
    wrapper = DumpingDebugWrapperSession(
        FakeSession(bad=[1]),
        tmp_path / "root",
        lambda fetches, feeds: WatchOptions(debug_ops=["DebugNanCount"]),
        format="packed",
    )
    wrapper.run("inc_v:0")
    (folder,) = folders(tmp_path / "root")
    assert len(open_dump(folder).health) == 4
    assert {d.debug_op for d in DebugDumpDir(folder).dumped_tensor_data} == {"DebugNanCount"}


@pytest.mark.parametrize("name", list(RUNS))
def test_commands_answer_alike_on_either_form(
    opened: Callable[[str], DebugDumpDir], tmp_path: Path, name: str
) -> None:
    folder = opened(name)
    convert_dump(open_dump(folder.dump_root), tmp_path / "run", "packed")
    packed = DebugDumpDir(tmp_path / "run", validate=False)
    assert packed.problems == []
    for command in ("lt -f has_inf_or_nan", "lt -s op_type", "origin", "run_info"):
        answers = [execute(Analysis(dump), command) for dump in (folder, packed)]
        if "lt" in command:  # sizes of files differ from those of records
            names = [[row["tensor"] for row in answer.data["tensors"]] for answer in answers]  # type: ignore[index]
            assert names[0] == names[1]
        elif command == "origin":
            assert answers[0].data["origin"] == answers[1].data["origin"]  # type: ignore[index]


def test_finding_the_bad_reads_no_good_payload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapper = DumpingDebugWrapperSession(FakeSession(bad=[1]), tmp_path / "root", format="packed")
    wrapper.run("inc_v:0")
    (folder,) = folders(tmp_path / "root")
    dump = DebugDumpDir(folder)
    read = []
    for datum in dump.dumped_tensor_data:
        load = datum.get_tensor
        monkeypatch.setattr(
            datum, "get_tensor", lambda d=datum, load=load: read.append(d.node_name) or load()
        )
        assert datum.dump_size_bytes == 4
    assert [datum.node_name for datum in dump.find(has_inf_or_nan)] == ["y"]
    assert read == ["y"]


@pytest.mark.parametrize("form", ["tfdbg", "packed"])
def test_a22_d17_a_used_up_budget_ends_the_dumping_only(tmp_path: Path, form: str) -> None:
    session = FakeSession()
    with typing() as transcript:
        wrapper = DumpingDebugWrapperSession(
            session,
            tmp_path / "root",
            format=form,
            byte_budget=3000,  # type: ignore[arg-type]
        )
        assert [wrapper.run("inc_v:0") for _ in range(40)] == list(range(11, 51))
    shown, warning = transcript.errors.splitlines()
    assert shown == f"tfdbg: runs are dumped to {tmp_path / 'root'}, at most 3,000 bytes"
    assert warning.startswith("WARNING: tfdbg stops dumping, the program runs on: DumpBudgetError")
    assert "the budget of 3,000 bytes" in warning
    assert session.plain > 0
    for folder in folders(tmp_path / "root"):
        assert open_dump(folder).problems == []


def test_forms_and_compressions_that_do_not_exist(tmp_path: Path) -> None:
    for options, said in (
        ({"format": "zip"}, "format is one of tfdbg, packed, not 'zip'"),
        ({"compression": "zstd"}, 'only format="packed" is compressed'),
        ({"format": "packed", "compression": "lzma"}, 'compression is "zstd" or None'),
        ({"byte_budget": -1}, "a byte budget is 0 or more"),
    ):
        for make in (
            lambda options=options: DumpingDebugHook(tmp_path / "a", **options),
            lambda options=options: DumpingDebugWrapperSession(
                FakeSession(), tmp_path / "a", **options
            ),
        ):
            with pytest.raises(ValueError, match=said):
                make()


def test_d17_a_full_disk_ends_the_dumping_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrapper = DumpingDebugWrapperSession(FakeSession(), tmp_path / "root", format="packed")
    left = 700
    write = os.writev

    def full(file: int, parts: list[bytes]) -> int:
        nonlocal left
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(file, [b"".join(parts)[:left]])
        left -= written
        return written

    monkeypatch.setattr(os, "writev", full)
    assert [wrapper.run("inc_v:0"), wrapper.run("inc_v:0")] == [11, 12]
    warnings = capsys.readouterr().err.splitlines()
    assert len(warnings) == 1
    assert "stops dumping, the program runs on" in warnings[0]
    assert "No space left" in warnings[0]
    (folder,) = folders(tmp_path / "root")
    assert 0 < (folder / "dump.opscope").stat().st_size <= 700
    dump = open_dump(folder)
    assert ["no index" in problem.message for problem in dump.problems] == [True]
    for entry in dump.entries:  # what was not whole is cut off
        dump.load(entry)
