"""Our answers to TensorBoard's read endpoints beside those of TensorBoard 2.21, on the same logs.

tests/interop/test_tensorboard_answers.py holds the answers kept to those of a real server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from tensorboard_answers import answers, read_gold, unpack_logs

from opscope.dashboard.app import create_app
from opscope.dashboard.store import Store

ARCHIVES = Path(__file__).parents[1] / "data/events"
# Their text keeps a script as words; ours has none. Functions that are called by an attribute keep
# their names there, although the functions themselves are renamed: ours are renamed in both.
SCRIPT = "<script>alert(1)</script> "
RENAMED = (
    "graphs/graph events/tf2/func {'tag': 'f_trace'} op",
    "graphs/graph events/tf2/func limited",
)
SINGLE = 2e-7  # relative: they keep histograms of the first format in float32


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_logs(ARCHIVES, tmp_path_factory.mktemp("logs"))


def test_answers_are_tensorboards(logs: Path) -> None:
    def ask(path: str, form: Mapping[str, Any] | None) -> bytes:
        answer = client.get(path) if form is None else client.post(path, data=form)
        assert answer.status_code == 200, (path, form, answer.text)
        return answer.data

    with Store(logs, reload_interval=0) as store:
        store.wait()
        client: FlaskClient = create_app(store).server.test_client()
        ours = json.loads(json.dumps(dict(answers(ask))))
    theirs = read_gold()
    assert ours.keys() == theirs.keys()
    for question in ours.keys() - set(RENAMED):
        assert_same(ours[question], theirs[question], question)
    for question in RENAMED:
        assert ours[question]["bytes"] > theirs[question]["bytes"]


def assert_same(ours: Any, theirs: Any, where: str) -> None:
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys(), where
        for key in theirs:
            assert_same(ours[key], theirs[key], f"{where} {key}")
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), where
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(one, other, f"{where} {index}")
    elif isinstance(theirs, float):
        assert abs(ours - theirs) <= SINGLE * abs(theirs), (where, ours, theirs)
    elif isinstance(theirs, str):
        assert ours == theirs.replace(SCRIPT, ""), where
    else:
        assert ours == theirs, where
