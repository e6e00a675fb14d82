"""The sample logs are whole, small, and what their README says."""

import json
from pathlib import Path

import pytest

from opscope.cli.main import main
from opscope.events import open_logdir

SAMPLES = Path(__file__).parents[1] / "sample_logs"
MOST_BYTES = 4_000_000


@pytest.mark.parametrize("run", ["demo/train", "tensorflow", "pytorch"])
def test_every_writers_log_is_read_without_problems(run: str) -> None:
    logs = open_logdir(SAMPLES)
    assert logs.problems == []
    kinds = {logs.kind(run, tag) for tag in logs.tags(run)}
    assert {"graph", "scalar", "histogram", "run_metadata"} <= kinds


def test_the_dump_names_its_culprit(capsys: pytest.CaptureFixture[str]) -> None:
    dumps = str(SAMPLES / "demo" / "tfdbg")
    assert main(["debug", dumps, "-c", "lt -f has_inf_or_nan", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["data"]["tensors"][0]["tensor"] == "cross_entropy/Log:0"


def test_they_stay_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*")) < MOST_BYTES
