"""`opscope demo`: what it says, what it writes, and what it does not overwrite."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from opscope.cli import demo as demo_command
from opscope.cli.demo import Progress
from opscope.cli.main import main
from opscope.events import find_dumps, open_dump, open_logdir

ROOT = Path(__file__).parents[2]
PORTIONS = ("events", "runtime", "tfdbg", "dashboard", "cli")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A demo's folder and what it printed."""
    logdir = tmp_path_factory.mktemp("demo") / "logs"
    with pytest.MonkeyPatch.context() as patch:
        out = io.StringIO()
        patch.setattr("sys.stdout", out)
        assert main(["demo", "--once", "--logdir", str(logdir)]) == 0
    return logdir, out.getvalue()


def test_the_origin_is_named_with_its_finite_inputs_and_its_line(demo: tuple[Path, str]) -> None:
    _, said = demo
    story = said.split("First bad tensor", 1)[1]
    assert re.match(r", step \d+: cross_entropy/Log:0\n", story)
    assert re.search(r"elements (is|are) -inf, the first at \[\d+, \d\]", story)
    assert "computed by Log on CPU:1 from" in story
    assert re.search(
        r"probabilities:0 +float32\[100,10\], finite, 0 to .*elements? (is|are) 0", story
    )
    assert re.search(
        r"demo_model\.py:\d+ in cross_entropy\n +differences = -labels \* tf\.log", story
    )


def test_it_went_bad_after_good_steps(demo: tuple[Path, str]) -> None:
    logdir, said = demo
    shown = re.search(r"First bad tensor, step (\d+)", said)
    assert shown
    bad_step = int(shown[1])
    assert bad_step >= 20
    logs = open_logdir(logdir)
    (accuracy,) = (tag for tag in logs.tags("train") if tag.endswith("accuracy"))
    curve = logs.scalars("train", accuracy)
    assert curve.step.tolist() == list(range(bad_step + 1))
    assert curve.value[-20:-5].min() > 0.9


def test_the_commands_that_it_prints_work(
    demo: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    logdir, said = demo
    (dump,) = re.findall(r"Debug it: .* debug (\S+)", said)
    assert main(["debug", dump, "-c", "lt -f has_inf_or_nan"]) == 0
    listed = capsys.readouterr().out
    hits = re.findall(r"^\[.*\s(\S+:\d+)$", listed, flags=re.MULTILINE)
    assert hits[0] == "cross_entropy/Log:0"
    assert f" dashboard --logdir {logdir}" in said
    assert "/graph?run=train&s=cross_entropy/Log" in said


def test_it_writes_scalars_histograms_graph_and_run_metadata(demo: tuple[Path, str]) -> None:
    logdir, _ = demo
    logs = open_logdir(logdir)
    assert logs.problems == []
    assert logs.runs() == ["train"]
    kinds = {logs.kind("train", tag) for tag in logs.tags("train")}
    assert {"scalar", "histogram"} <= kinds
    assert logs.graph_tags("train")
    assert logs.run_metadata("train")


def test_the_dump_is_one_run_on_two_devices(demo: tuple[Path, str]) -> None:
    logdir, said = demo
    (root,) = find_dumps(logdir / "tfdbg")
    dump = open_dump(root)
    assert sorted(device.rpartition(":")[2] for device in dump.devices) == ["0", "1"]
    shown = re.search(r"First bad tensor, step (\d+)", said)
    assert shown
    assert dump.core_metadata.global_step == int(shown[1])


def test_nobodys_files_are_overwritten(
    demo: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    logdir, _ = demo
    before = sorted(logdir.rglob("*"))
    assert main(["demo", "--once", "--logdir", str(logdir)]) == 2
    assert "not overwritten" in capsys.readouterr().err
    assert sorted(logdir.rglob("*")) == before


def test_a_logdir_that_cannot_be_made_is_a_clear_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert main(["demo", "--once", "--logdir", str(file)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("opscope demo: ")
    assert str(file) in said


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal_is_one_line_written_over() -> None:
    stream = Terminal()
    progress = Progress(stream)
    for step in range(3):
        progress(step, 2.0 - step, 0.5)
    progress.end()
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().endswith("\r  step    2   loss  0.000   accuracy 0.50\n")


def test_progress_in_a_file_is_some_lines_and_the_last() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    for step in range(44):
        progress(step, 1.0, 0.5)
    progress.end()
    assert [line.split()[1] for line in stream.getvalue().splitlines()] == ["0", "20", "40", "43"]


def test_it_serves_what_it_wrote_until_it_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "opscope.cli", "demo", "--port", "0"]
    path = os.pathsep.join(str(ROOT / name) for name in PORTIONS)
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("The dashboard is at"):
                break
        (url,) = re.findall(r"The dashboard is at (http\S+)/ ", said)
        assert f"See it:    {url}/graph?run=train&s=cross_entropy/Log" in said
        with urllib.request.urlopen(f"{url}/data/runs", timeout=60) as answer:
            assert json.load(answer) == ["train"]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) in (0, 130)
    assert (tmp_path / "opscope_demo" / "train").is_dir()


@pytest.mark.parametrize(
    ("found", "called", "said"),
    [
        ("/usr/bin/opscope", ".venv/bin/opscope", "opscope"),
        (None, ".venv/bin/opscope", ".venv/bin/opscope"),
        (None, "/x/opscope/cli/__main__.py", f"{sys.executable} -m opscope.cli"),
    ],
)
def test_the_commands_that_it_prints_can_be_typed_here(
    found: str | None, called: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: found)
    monkeypatch.setattr("sys.argv", [called])
    assert demo_command.this_command() == said
