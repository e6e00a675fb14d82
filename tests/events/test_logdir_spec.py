from __future__ import annotations

from pathlib import Path

import pytest
from run_writer import RunWriter

from opscope.events import LogdirError, LogdirSpec, open_logdir
from opscope.events.logdir_spec import LogdirPart


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a:/x,b:/y", [("a", "/x"), ("b", "/y")]),
        ("/x:y, b/c:/z/", [("", "/x:y"), ("b/c", "/z")]),
        ("s3://bucket/x,a:gs://b", [("", "s3://bucket/x"), ("a", "gs://b")]),
    ],
)
def test_specs_are_read_as_tensorboard_reads_them(text: str, parts: list[tuple[str, str]]) -> None:
    assert LogdirSpec.parse(text).parts == tuple(LogdirPart(*part) for part in parts)


@pytest.mark.parametrize("text", ["", " , ", "a:"])
def test_a_spec_without_a_path_is_an_error(text: str) -> None:
    with pytest.raises(LogdirError, match="spec"):
        LogdirSpec.parse(text)


def test_folders_get_as_much_of_their_paths_as_tells_them_apart() -> None:
    names = [part.name for part in LogdirSpec.of_folders(["/a/logs", "/b/logs", "/c"]).parts]
    assert names == ["a/logs", "b/logs", "c"]
    assert [part.name for part in LogdirSpec.of_folders(["/a", "/a"]).parts] == ["", ""]


def test_the_runs_of_all_parts_are_one_logdir(tmp_path: Path) -> None:
    for folder in ("x", "x/train", "y/train"):
        with RunWriter(tmp_path / folder) as writer:
            writer.scalars("loss", [(0, 1.0), (1, 2.0)])
    (tmp_path / "y" / "tfdbg" / "run_1").mkdir(parents=True)
    logdir = open_logdir(LogdirSpec.parse(f"a:{tmp_path}/x,b/c:{tmp_path}/y,{tmp_path}/gone"))
    assert logdir.runs() == ["a", "a/train", "b/c/train"]
    assert logdir.scalars("b/c/train", "loss").value.tolist() == [1.0, 2.0]
    assert logdir.run_name(f"{tmp_path}/y/tfdbg/run_1") == "b/c/tfdbg/run_1"
    assert logdir.run_name(f"{tmp_path}/x") == "a"
    assert [problem.file for problem in logdir.problems] == [f"{tmp_path}/gone"]
    with RunWriter(tmp_path / "y/test") as writer:
        writer.scalars("loss", [(0, 1.0)])
    assert logdir.reload()
    assert "b/c/test" in logdir.runs()


def test_where_no_part_can_be_read_there_is_no_logdir(tmp_path: Path) -> None:
    with pytest.raises(LogdirError, match="gone"):
        open_logdir(LogdirSpec.parse(f"a:{tmp_path}/gone"))


def test_reading_tells_how_far_it_is(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "run") as writer:
        for tag in range(40):
            writer.histograms(f"weights/{tag}", {n: [1.0, 2.0] for n in range(300)})
    told: list[tuple[int, int]] = []
    open_logdir(tmp_path, progress=lambda done, of: told.append((done, of)))
    size = sum(path.stat().st_size for path in (tmp_path / "run").iterdir())
    assert len(told) > 1
    assert {of for _, of in told} == {size}
    assert told == sorted(told)
    assert told[-1][0] < size
