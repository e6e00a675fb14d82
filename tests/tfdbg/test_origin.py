"""The first bad tensor is the first whose inputs were good, wherever its inputs were made."""

import subprocess
import sys

import numpy as np
from tfdbg_data import CPU0, CPU1, graph, memory_dump, own_graphs

from opscope.tfdbg import DebugDumpDir, find_origins, first_bad
from opscope.tfdbg.origin import OriginInput

GOOD, BAD = np.float32([1, 2]), np.float32([1, np.nan])


def test_it_is_named_with_its_inputs_and_its_line(own_dump: DebugDumpDir) -> None:
    found = first_bad(own_dump)
    assert found is not None
    assert (found.datum.tensor_name, found.op_type) == ("loss/Log:0", "Log")
    assert [source.tensor_name for source in found.inputs] == ["softmax:0"]
    assert found.inputs[0].datum is not None
    assert found.inputs[0].datum.device_name == CPU0
    assert found.source_line == ("/src/train.py", 17, "main", "loss = -tf.log(softmax)")


def test_a_received_value_is_not_the_origin_of_what_was_sent() -> None:
    dump = memory_dump(
        own_graphs(),
        (CPU0, "x", 0, GOOD),
        (CPU0, "softmax", 0, BAD),
        (CPU1, "softmax/_0", 0, BAD),
        (CPU1, "loss/Log", 0, BAD),
    )
    assert [found.datum.tensor_name for found in find_origins(dump)] == ["softmax:0"]


def test_nothing_bad_has_no_origin() -> None:
    assert first_bad(memory_dump({CPU0: graph(a="Const")}, (CPU0, "a", 0, GOOD))) is None
    assert first_bad(memory_dump({CPU0: graph(a="Const")})) is None


def test_a_fed_value_is_its_own_origin() -> None:
    graphs = {CPU0: graph(x="Placeholder", y="Neg x")}
    dump = memory_dump(graphs, (CPU0, "x", 0, BAD), (CPU0, "y", 0, BAD))
    found = first_bad(dump)
    assert found is not None
    assert (found.datum.node_name, found.inputs, found.source_line) == ("x", (), None)


def test_of_an_input_that_is_dumped_often_the_last_one_before_counts() -> None:
    graphs = {CPU0: graph(a="Identity", b="Log a")}
    dump = memory_dump(
        graphs,
        (CPU0, "a", 0, GOOD),
        (CPU0, "b", 0, GOOD),
        (CPU0, "a", 0, GOOD),
        (CPU0, "b", 0, BAD),
        (CPU0, "a", 0, BAD),
    )
    [first, second] = find_origins(dump)
    assert first.datum.node_name == "b"
    assert first.inputs == (OriginInput("a:0", dump.node_data("a")[1]),)
    assert second.datum.node_name == "a"


def test_an_origin_in_a_loop_is_given_once() -> None:
    graphs = {CPU0: graph(a="Identity", b="Log a")}
    rounds = [(CPU0, "a", 0, GOOD), (CPU0, "b", 0, BAD)] * 3
    assert len(list(find_origins(memory_dump(graphs, *rounds)))) == 1


def test_excluded_nodes_count_as_good() -> None:
    graphs = {CPU0: graph(mask="Const", b="Mul mask")}
    dump = memory_dump(graphs, (CPU0, "mask", 0, BAD), (CPU0, "b", 0, BAD))
    found = first_bad(dump, exclude_node_names="mask")
    assert found is not None
    assert found.datum.node_name == "b"


def test_an_input_that_was_not_watched_is_unknown() -> None:
    found = first_bad(memory_dump({CPU0: graph(a="Const", b="Log a")}, (CPU0, "b", 0, BAD)))
    assert found is not None
    assert found.inputs == (OriginInput("a:0", None),)


def test_analysis_needs_neither_the_runtime_nor_the_terminal_app() -> None:
    code = (
        "import sys, opscope.tfdbg, opscope.tfdbg.command as c; c.all_commands();"
        "print([m for m in sys.modules if m.startswith(('opscope.runtime', 'prompt_toolkit'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.strip() == "[]"
