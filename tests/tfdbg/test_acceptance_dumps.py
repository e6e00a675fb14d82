"""Cases G and the defects about what a dump holds, on runs of the runtime dumped by a wrapper."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from terminal_session import repeated

import opscope.runtime as tf
from opscope.events.dump_name import device_folder, device_name
from opscope.tfdbg import DebugDumpDir, DumpingDebugWrapperSession, LocalCLIDebugWrapperSession

DEBUG_OP = "DebugIdentity"


@pytest.fixture(autouse=True)
def graph() -> Iterator[tf.Graph]:
    with tf.Graph().as_default() as graph:
        yield graph


def dumped(root: Path, *runs: tuple[object, dict[object, object]]) -> list[DebugDumpDir]:
    """The dumps of these runs, after variables were initialized, in their order."""
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    wrapper = DumpingDebugWrapperSession(session, root)
    for fetches, feeds in runs:
        wrapper.run(fetches, feeds)
    folders = sorted(root.iterdir(), key=lambda path: int(path.name.rpartition("_")[2]))
    return [DebugDumpDir(folder) for folder in folders]


@pytest.mark.parametrize(
    ("device", "folder"),
    [
        (
            "/job:localhost/replica:0/task:0/device:CPU:0",
            "job_localhost,replica_0,task_0,device_CPU_0",
        ),
        ("/job:worker/replica:1/task:12/device:GPU:3", "job_worker,replica_1,task_12,device_GPU_3"),
        ("/job:ps/replica:0/task:0/device:XLA_CPU:0", "job_ps,replica_0,task_0,device_XLA_CPU_0"),
    ],
)
def test_g1_a_device_and_its_folder_both_ways(device: str, folder: str) -> None:
    assert device_folder(device) == f"_tfdbg_device_,{folder}"
    assert device_name(f"_tfdbg_device_,{folder}") == device


def test_g4_neighbours_attributes_and_devices_of_a_dumped_graph(tmp_path: Path) -> None:
    v = tf.Variable([1.0, 2.0], name="v")
    with tf.control_dependencies([v.initializer]):
        doubled = tf.multiply(tf.identity(v, name="now"), 2.0, name="doubled")
    (dump,) = dumped(tmp_path / "root", (doubled, {}))
    (device,) = dump.devices()
    assert dump.node_device("doubled") == device
    assert dump.node_op_type("doubled") == "Mul"
    assert dump.node_attributes("doubled")["T"].type == tf.float32.as_datatype_enum
    assert dump.node_inputs("doubled") == ["now", "doubled/y"]
    assert dump.node_inputs("now", is_control=True) == ["v/Assign"]
    assert dump.node_recipients("now") == ["doubled"]
    assert dump.node_recipients("v/Assign", is_control=True) == ["now", "doubled/y"]
    assert dump.debug_watch_keys("doubled") == ["doubled:0:DebugIdentity"]
    assert dump.find_some_path("v/Assign", "doubled") == ["v/Assign", "now", "doubled"]
    assert dump.find_some_path("v/Assign", "doubled", include_control=False) is None


def test_g5_every_iteration_of_a_loop_is_dumped_with_its_value(tmp_path: Path) -> None:
    last = tf.while_loop(
        lambda i: i < 20, lambda i: tf.add(i, 1, name="next"), [tf.constant(0)], name="loop"
    )
    (dump,) = dumped(tmp_path / "root", (last, {}))
    (name,) = {d.node_name for d in dump.dumped_tensor_data if d.node_name.endswith("/next")}
    assert [int(value) for value in dump.get_tensors(name, 0, DEBUG_OP)] == list(range(1, 21))
    stamps = dump.get_rel_timestamps(name, 0, DEBUG_OP)
    assert stamps == sorted(stamps)


def test_g6b_the_value_of_an_update_is_the_updated_one(tmp_path: Path) -> None:
    v = tf.Variable(10.0, name="v")
    update = tf.assign_add(v, 1.0, name="update")
    dumps = dumped(tmp_path / "root", (update, {}), (update, {}))
    values = [dump.get_tensors("update", 0, DEBUG_OP)[0] for dump in dumps]
    assert [float(value) for value in values] == [11, 12]


def test_g6b_outputs_that_nobody_reads_are_watched(tmp_path: Path) -> None:
    first, second = tf.unique_with_counts([4, 4, 5], name="unique")[:2]
    (dump,) = dumped(tmp_path / "root", (first, {}))
    assert second.name == "unique:1"
    assert dump.get_tensors("unique", 1, DEBUG_OP)[0].tolist() == [0, 0, 1]
    assert dump.get_tensors("unique", 2, DEBUG_OP)[0].tolist() == [2, 1]
    assert dump.node_recipients("unique") == []


def test_g6b_counters_grow_from_run_to_run(tmp_path: Path) -> None:
    x = tf.constant(1.0, name="x")
    dumps = dumped(tmp_path / "root", *[(tf.negative(x), {})] * 3)
    indices = [dump.core_metadata.session_run_index for dump in dumps]
    assert indices == list(range(indices[0], indices[0] + 3))


def test_g7_d10_a_dump_is_whole_in_another_process(tmp_path: Path) -> None:
    x = tf.placeholder(tf.float32, [2], name="x")
    bad = tf.log(x, name="bad")
    (dump,) = dumped(tmp_path / "root", (bad, {x: [0.0, 1.0]}))
    program = (
        "import json, sys\n"
        "from opscope.tfdbg import DebugDumpDir\n"
        "from opscope.tfdbg.analysis import Analysis\n"
        "from opscope.tfdbg.command import execute\n"
        "context = Analysis(DebugDumpDir(sys.argv[1]))\n"
        "screens = {text: execute(context, text) for text in sys.argv[2:]}\n"
        "print(json.dumps({text: [made.ok, str(made)] for text, made in screens.items()}))\n"
        "assert 'opscope.runtime' not in sys.modules\n"
    )
    commands = ["ni -t bad", "ls", "ps test_acceptance_dumps.py", "pf x:0", "ri", "origin"]
    done = subprocess.run(
        [sys.executable, "-c", program, dump.dump_root, *commands],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert all(ok for ok, _ in shown.values()), shown
    made_at = 'bad = tf.log(x, name="bad")'
    assert made_at in shown["ni -t bad"][1]
    assert "test_acceptance_dumps.py" in shown["ls"][1]
    assert made_at in shown["ps test_acceptance_dumps.py"][1]
    assert 'Tensor "x:0 (feed)":' in shown["pf x:0"][1]
    assert "bad:0" in shown["ri"][1]
    assert made_at in shown["origin"][1]


def test_d9_what_is_watched_are_the_users_ops_and_their_numbers(tmp_path: Path) -> None:
    """TensorFlow's rewrites fuse MatMul with Relu and Softmax with Log, which hides the -inf."""
    x = tf.placeholder(tf.float32, [1, 2], name="x")
    hidden = tf.nn.relu(tf.matmul(x, tf.constant([[1.0, -1.0], [0.0, 0.0]]), name="matmul"))
    log = tf.log(tf.nn.softmax(hidden, name="softmax"), name="log")
    folded = tf.multiply(tf.constant(2.0, name="two"), tf.constant(3.0, name="three"), name="six")
    feeds = {x: [[200.0, 0.0]]}
    plain = tf.Session().run([log, folded], feeds)
    (dump,) = dumped(tmp_path / "root", ([log, folded], feeds))
    values = {d.node_name: d.get_tensor() for d in dump.dumped_tensor_data}
    names = {"x", "matmul", "Relu", "softmax", "log", "two", "three", "six"}
    assert names <= set(values)
    assert values["softmax"].tolist() == [[1, 0]]
    assert values["log"].tolist() == [[0, -np.inf]]
    for name, value in zip(("log", "six"), plain, strict=True):
        assert values[name].tobytes() == np.asarray(value).tobytes()
    assert {node: dump.node_op_type(node) for node in ("log", "six", "Relu")} == {
        "log": "Log",
        "six": "Mul",
        "Relu": "Relu",
    }


def toy_step() -> tuple[tf.Session, list[object]]:
    """A training step of two layers, as tfdbg's cost was measured on."""
    x = tf.constant(np.random.default_rng(0).normal(size=(64, 20)), tf.float32)
    w = tf.Variable(tf.ones([20, 30]) * 0.01)
    u = tf.Variable(tf.ones([30, 3]) * 0.01)
    loss = tf.reduce_mean(tf.square(tf.matmul(tf.nn.relu(tf.matmul(x, w)), u)), name="loss")
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session, [train, loss]


def test_d33_d34_a_step_under_a_filter_writes_nothing_and_costs_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tfdbg's took 740 times as long, and wrote and read 55 files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    session, step = toy_step()
    wrapper = LocalCLIDebugWrapperSession(session, dump_root=tmp_path / "root")
    best = {"plain": np.inf, "watched": np.inf}

    def timed(name: str, run: object) -> None:
        start = time.perf_counter()
        for _ in range(10):
            run(step)  # type: ignore[operator]
        best[name] = min(best[name], time.perf_counter() - start)

    def measure() -> None:
        for _ in range(20):
            timed("plain", session.run)
            timed("watched", wrapper.run)

    transcript = repeated(measure, 1, "run -f has_inf_or_nan")
    assert transcript.ends() == []
    assert wrapper.run_call_count == 200
    assert list(tmp_path.iterdir()) == []
    assert best["watched"] < 4 * best["plain"]


def test_d33_a_dumped_step_is_one_file(tmp_path: Path) -> None:
    """tfdbg's was 55 files and took 267 times as long as a plain step."""
    session, step = toy_step()
    wrapper = DumpingDebugWrapperSession(session, tmp_path / "root", format="packed")
    for _ in range(3):
        wrapper.run(step)
    for folder in (tmp_path / "root").iterdir():
        assert len(list(folder.rglob("*"))) <= 2
