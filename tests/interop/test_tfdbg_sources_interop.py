"""`ls`, `ps`, `lp` and the profiler's `ps` print what TensorFlow's own debugger prints, on a run of
TensorFlow with its Python graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from opscope.tfdbg import DebugDumpDir
from opscope.tfdbg.action import DETACH
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import execute
from opscope.tfdbg.profile import Profile
from opscope.tfdbg.wrappers import LocalCLIDebugWrapperSession
from opscope.tfdbg.wrappers.dialog import Dialog

pytestmark = pytest.mark.interop
tf: Any = pytest.importorskip("tensorflow").compat.v1


class Watched(NamedTuple):
    """One run of a program: its graph, its dump's folder, its trace."""

    graph: Any
    root: Path
    metadata: Any


def layer(x: Any, width: int) -> Any:
    weights = tf.get_variable(f"w{width}", [x.shape[1], width], use_resource=False)
    return tf.nn.relu(tf.matmul(x, weights), name=f"layer{width}")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    from tensorflow.python.debug.lib import debug_utils

    root = tmp_path_factory.mktemp("watched") / "run"
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6], name="x")
        loss = tf.reduce_mean(layer(layer(x, 5), 4), name="loss")
        session.run(tf.global_variables_initializer())
        feeds = {x: np.ones((3, 6), np.float32)}
        options = tf.RunOptions(output_partition_graphs=True)
        debug_utils.watch_graph(options, graph, debug_urls=[root.as_uri()])
        session.run(loss, feeds, options=options, run_metadata=tf.RunMetadata())
        metadata = tf.RunMetadata()
        traced = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        session.run(loss, feeds, options=traced, run_metadata=metadata)
        yield Watched(graph, root, metadata)


def theirs(output: Any) -> list[str]:
    return [row.rstrip() for row in output.lines]


def ours(context: Analysis, text: str) -> list[str]:
    screen = execute(context, text)
    assert screen.ok, str(screen)
    return [row.text.rstrip() for row in screen.lines]


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["list_source"], id="C14"),
        pytest.param(["list_source", "-n", "layer"], id="C14 nodes"),
        pytest.param(["list_source", "-p", ".*interop"], id="C14 paths"),
        pytest.param(["list_source", "-p", "nosuch"], id="C14 none"),
        pytest.param(["print_source", __file__], id="C15"),
        pytest.param(["print_source", __file__, "-t"], id="C15 tensors"),
        pytest.param(["print_source", __file__, "-m", "1"], id="C16"),
    ],
)
def test_sources(run: Watched, words: list[str]) -> None:
    from tensorflow.python.debug.cli import analyzer_cli, cli_config
    from tensorflow.python.debug.lib import debug_data

    dump = debug_data.DebugDumpDir(str(run.root), validate=False)
    dump.set_python_graph(run.graph)
    analyzer = analyzer_cli.DebugAnalyzer(dump, cli_config.CLIConfig(str(run.root / "config")))
    expected = theirs(getattr(analyzer, words[0])(words[1:]))
    own = DebugDumpDir(run.root, validate=False)
    own.set_python_graph(run.graph)
    assert ours(Analysis(own), " ".join(words)) == expected


@pytest.mark.parametrize(
    "words",
    [
        ["list_profile"],
        ["list_profile", "-s", "exec_time", "-r"],
        ["list_profile", "-n", "layer", "--time_unit", "ms"],
        ["list_profile", "-f", ".*interop", "-e", ">2us"],
        ["print_source", __file__],
        ["print_source", __file__, "--cost_type", "op_time", "-t", "MatMul"],
        ["print_source", __file__, "-t", "nosuch"],
    ],
    ids=" ".join,
)
def test_profiles(run: Watched, words: list[str]) -> None:
    from tensorflow.python.debug.cli import profile_analyzer_cli

    analyzer = profile_analyzer_cli.ProfileAnalyzer(run.graph, run.metadata)
    expected = theirs(getattr(analyzer, words[0])(words[1:]))
    context = Analysis(profile=Profile.of(run.metadata, run.graph))
    text = " ".join(f'"{word}"' if ">" in word else word for word in words)
    found = ours(context, text)
    if words[0] == "list_profile":
        # D31: their totals stand one column to the left, which may also make it wider.
        squeezed = [[" ".join(row.split()) for row in rows] for rows in (found, expected)]
        assert squeezed[0] == squeezed[1]
    else:
        assert found == expected


def test_a_profiled_run_of_a_wrapped_session() -> None:
    shown: list[tuple[str, str]] = []

    def script(context: Analysis, title: str, command: str, **details: object) -> object:
        screen = execute(context, command)
        shown.append((title, str(screen)))
        return execute(context, "run -p").action if len(shown) == 1 else DETACH

    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.add(tf.placeholder(tf.float32, name="x"), 2.0, name="y")
        wrapped = LocalCLIDebugWrapperSession(session)
        wrapped._dialog = Dialog(asking=script)
        assert wrapped.run(y, {"x:0": 1.0}) == 3.0
    assert shown[1][0] == "run-end (profiler mode): run #1: 1 fetch (y:0); 1 feed (x:0)"
    [row] = [row for row in shown[1][1].split("\n") if row.startswith("y ")]
    assert f"{Path(__file__).name}:" in row
