"""The blocks of docs/watching.md run as they stand."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opscope.events import open_dump

DOCUMENT = Path(__file__).parents[1] / "docs/watching.md"


def test_the_blocks_run_and_do_what_the_text_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, str(DOCUMENT), "exec"), names)
    shown = capsys.readouterr().out
    assert "['ratio:0', 'train:0']" in shown
    assert "ratio ['ratio:0'" not in shown
    assert "all there" in shown
    assert len(names["folders"]) == 3
    ratios = [
        max(np.abs(dump.load(entry)).max() for entry in dump.entries if entry.node == "ratio")
        for dump in map(open_dump, names["folders"])
    ]
    assert ratios[0] < ratios[1] < 100 < ratios[2]
