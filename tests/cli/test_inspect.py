import json
from argparse import ArgumentParser
from pathlib import Path

import pytest
from archives import unpack_archive

from opscope.cli import inspect

DATA = Path(__file__).parents[1] / "data" / "events"


def run(*arguments: str) -> int:
    parser = ArgumentParser()
    inspect.add_arguments(parser)
    return inspect.run(parser.parse_args(arguments))


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("logs")
    for name in ("events_tf1", "tfdbg_uninit"):
        unpack_archive(DATA / f"{name}.tar.gz", root)
    return root


def test_the_text_is_a_table_of_runs_and_tags(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(logs / "events" / "tf1" / "test")) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[:3] == [
        "run .: 31 tags",
        "  accuracy_1                         scalar     6 points  steps 0 to 50",
        "  cross_entropy_1                    scalar     6 points  steps 0 to 50",
    ]
    assert err == ""


def test_the_json_has_every_tag_and_problem(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(logs / "events" / "tf1"), "--json") == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document.keys() == {"runs", "problems"}
    assert sorted(document["runs"]) == ["damaged_crc", "damaged_truncated", "test", "train"]
    train = document["runs"]["train"]
    assert train["accuracy_1"] == {
        "kind": "scalar",
        "count": 13,
        "first_step": 0,
        "last_step": 55,
    }
    assert train["hand/written"] == {
        "kind": "scalar",
        "count": 0,
        "first_step": None,
        "last_step": None,
    }
    assert train["__run_graph__"]["kind"] == "graph"
    assert train["step029"]["kind"] == "run_metadata"
    assert [problem.keys() for problem in document["problems"]] == [
        {"file", "offset", "message"}
    ] * 2
    assert document["problems"][0]["offset"] == 45610
    assert "byte 45610: data CRC mismatch" in err


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (None, 1, "no event files"),
        (b"hello, this is no event file", 1, "no event file in it could be read"),
        (b"", 1, "all 1 of its event files are empty"),
    ],
)
def test_nothing_to_read_is_a_failure(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    json_flag: list[str],
    content: bytes | None,
    status: int,
    message: str,
) -> None:
    if content is not None:
        (tmp_path / "events.out.tfevents.1.host").write_bytes(content)
    assert run(str(tmp_path), *json_flag) == status
    out, err = capsys.readouterr()
    assert message in err
    if json_flag:
        assert json.loads(out)["runs"] == {}
    else:
        assert out == ""


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_a_missing_folder_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], json_flag: list[str]
) -> None:
    missing = str(tmp_path / "missing")
    assert run(missing, *json_flag) == 2
    out, err = capsys.readouterr()
    assert err == f"opscope inspect: {missing}: no such folder\n"
    if json_flag:
        (problem,) = json.loads(out)["problems"]
        assert problem["file"] == missing
    else:
        assert out == ""


def test_a_folder_of_dumps_names_the_command_that_reads_them(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(logs / "tfdbg")) == 1
    out, err = capsys.readouterr()
    assert out.startswith("dump ")
    assert "opscope debug" in err


def test_names_from_files_cannot_steer_the_terminal() -> None:
    assert inspect.printable("loss\x1b[2J\n\ud800é") == "loss\\x1b[2J\\n\\ud800é"


def test_runs_and_tags_can_be_chosen(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tf1 = str(logs / "events" / "tf1")
    assert run(tf1, "--run", "^t", "--tag", "^accuracy", "--json") == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert {name: list(tags) for name, tags in runs.items()} == {
        "test": ["accuracy_1"],
        "train": ["accuracy_1"],
    }
    assert run(str(logs), "--tag", "none") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "no run or tag is selected" in err
