"""Health over time: written while a training runs, read back from the logdir."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.events import health_summary, open_logdir


class Training:
    """A step that takes the log of what is fed, and counts."""

    def __init__(self) -> None:
        self.x = tf.placeholder(tf.float32, [2], name="x")
        with tf.name_scope("net"):
            self.log = tf.log(self.x, name="log")
            self.wide = tf.cast(self.log, tf.float64, name="wide")
        self.name = tf.constant("text", name="name")
        self.train = tf.assign_add(tf.train.create_global_step(), 1, name="count")

    def run(self, hooks: list[Any], values: list[float]) -> None:
        with tf.train.MonitoredSession(hooks=hooks) as sess:
            for value in values:
                sess.run([self.wide, self.name, self.train], {self.x: [value, 1]})


@pytest.fixture
def training(graph: Any) -> Training:
    return Training()


def test_health_of_every_numeric_tensor_every_n_steps(training: Training, tmp_path: Path) -> None:
    training.run([tf.train.HealthHook(every_n_steps=2, output_dir=str(tmp_path))], [3, 1, 0, 1, 2])
    logdir = open_logdir(tmp_path)
    assert logdir.problems == []
    tags = set(logdir.tags("."))
    assert {"net/log:0", "net/wide:0", "x:0", "count:0"} <= tags
    assert "name:0" not in tags
    assert logdir.kind(".", "net/log:0") == "tensor"
    found = logdir.tensors(".", "net/log:0")
    assert found.step.tolist() == [1, 3, 5]
    with np.errstate(all="ignore"):
        expected = [health_summary(np.log(np.float32([value, 1]))) for value in (3, 0, 2)]
    np.testing.assert_allclose(np.stack(list(found.value)), np.stack(expected), rtol=1e-6)


def test_only_what_the_filters_ask_for(training: Training, tmp_path: Path) -> None:
    hooks = [
        tf.train.HealthHook(10, output_dir=str(tmp_path / "a"), node_name="net/"),
        tf.train.HealthHook(10, output_dir=str(tmp_path / "b"), op_type="Log|Cast"),
        tf.train.HealthHook(10, output_dir=str(tmp_path / "c"), tensor_dtype="float64"),
    ]
    training.run(hooks, [1])
    tags = [
        [tag for tag in open_logdir(tmp_path / run).tags(".") if not tag.startswith("__")]
        for run in "abc"
    ]
    assert tags == [["net/log:0", "net/wide:0"]] * 2 + [["net/wide:0"]]


def test_a_failing_step_is_written_up_to_its_error(training: Training, tmp_path: Path) -> None:
    training.wide = tf.check_numerics(training.wide, "bad", name="checked")
    with pytest.raises(tf.errors.InvalidArgumentError, match="bad"):
        training.run([tf.train.HealthHook(1, output_dir=str(tmp_path))], [1, 0, 1])
    tf.summary.FileWriterCache.get(str(tmp_path)).flush()
    logdir = open_logdir(tmp_path)
    found = logdir.tensors(".", "net/log:0")
    assert found.step.tolist() == [1, 2]
    assert [value[3] for value in found.value] == [0, 1]
    assert logdir.tensors(".", "checked:0").step.tolist() == [1]


def test_the_first_bad_value_in_a_loop_counts(graph: Any, tmp_path: Path) -> None:
    step = tf.train.create_global_step()
    x = tf.placeholder(tf.float32, [])

    def body(i: Any, value: Any) -> Any:
        return i + 1, tf.divide(x, tf.cast(i - 1, tf.float32), name="inner")

    _, last = tf.while_loop(lambda i, value: i < 4, body, [tf.constant(0), x])
    count = tf.assign_add(step, 1)
    hook = tf.train.HealthHook(1, output_dir=str(tmp_path), op_type="RealDiv")
    with tf.train.MonitoredSession(hooks=[hook]) as sess:
        sess.run([last, count], {x: 1})
    logdir = open_logdir(tmp_path)
    (tag,) = (tag for tag in logdir.tags(".") if "inner" in tag)
    (value,) = logdir.tensors(".", tag).value
    assert value[7] == 1


def test_what_the_hook_needs(graph: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="every_n_steps and every_n_secs"):
        tf.train.HealthHook(1, 1.0, output_dir="x")
    with pytest.raises(ValueError, match="output_dir and summary_writer"):
        tf.train.HealthHook(1)
    with pytest.raises(RuntimeError, match="Global step should be created to use HealthHook"):
        tf.train.HealthHook(1, output_dir=str(tmp_path)).begin()


def test_a_health_summary_is_an_op_like_others(graph: Any, tmp_path: Path) -> None:
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    with tf.name_scope("layer"):
        squared = tf.square(x, name="squared")
        made = tf.summary.health("the squares", squared)
    assert made.op.name == "layer/the_squares"
    assert tf.get_collection(tf.GraphKeys.SUMMARIES) == [made]
    value = np.array([[1, np.inf], [-2, np.nan]], np.float32)
    with tf.Session() as sess, tf.summary.FileWriter(str(tmp_path)) as writer:
        for step in range(2):
            writer.add_summary(sess.run(tf.summary.merge_all(), {x: value}), step)
    logdir = open_logdir(tmp_path)
    assert logdir.tags(".") == ["layer/squared:0"]
    found = logdir.tensors(".", "layer/squared:0")
    for summary in found.value:
        np.testing.assert_array_equal(summary, health_summary(value**2))
