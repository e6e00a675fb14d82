"""Runs held in memory become dumps when a hit makes them worth it."""

from pathlib import Path

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.events import DumpBudgetError, HasNan, open_dump
from opscope.runtime.watch import Watch
from opscope.tfdbg import DebugDumpDir, dump_history, has_inf_or_nan


@pytest.mark.parametrize("form", ["packed", "tfdbg"])
@pytest.mark.parametrize("summaries", [False, True])
def test_the_steps_before_a_hit(tmp_path: Path, form: str, summaries: bool) -> None:
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.placeholder(tf.float32, [2], name="x")
        y = tf.sqrt(x, name="y")
        watch = Watch(filter=HasNan(), keep_last=2, summaries=summaries)
        for lowest in (2, 1, 0, -1):
            run = session.run_watched(y, {x: [lowest, 4]}, watch=watch)
            if run.hits:
                break
        folders = dump_history(tmp_path, run.history, graph, format=form)  # type: ignore[arg-type]
    assert [folder.name for folder in folders] == ["run_2", "run_3"]
    for folder, nans in zip(folders, (0, 1), strict=True):
        dump = open_dump(folder)
        assert dump.problems == []
        health = {row.node_name: row.summary for row in dump.health}
        assert health["y"][2] == nans
        assert dump.tracebacks["y"]
        if not summaries:
            hits = DebugDumpDir(folder).find(has_inf_or_nan)
            assert [datum.tensor_name for datum in hits] == ["y:0"] * nans
            assert dump.feeds["x:0"].tolist() == [-nans, 4]


def test_the_budget_holds(tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph, tf.Session() as session:
        y = tf.identity(tf.constant(np.ones(10_000, np.float32)))
        run = session.run_watched(y, watch=Watch(keep_last=2))
        with pytest.raises(DumpBudgetError, match="10,000 bytes"):
            dump_history(tmp_path, run.history, graph, byte_budget=10_000)
