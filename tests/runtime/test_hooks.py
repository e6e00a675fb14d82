"""The hooks that come with the library."""

import logging

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.events import read_records


class Steps:
    """A graph that counts steps and has a loss that is fed."""

    def __init__(self):
        self.step = tf.train.create_global_step()
        self.loss = tf.placeholder_with_default(np.float32(1), [], name="loss")
        self.train = tf.assign_add(self.step, 1).op

    def run(self, hooks, count=100, feed=None):
        """Run up to `count` steps; the number of steps done."""
        with tf.train.MonitoredSession(hooks=hooks) as sess:
            for done in range(count):
                if sess.should_stop():
                    return done
                sess.run(self.train, feed and feed(done))
            return count


@pytest.fixture
def steps(graph):
    return Steps()


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "opscope")
    return lambda: [r.message for r in caplog.records]


def summaries(folder):
    events = []
    for path in folder.iterdir():
        events += [tf.Event.FromString(r.data) for r in read_records(path)]
    return events


class Clock:
    """A clock that goes on by itself, by a fixed step per reading."""

    def __init__(self, step):
        self.now = 0.0
        self.step = step

    def __call__(self):
        self.now += self.step
        return self.now


def test_stop_at_step(steps):
    assert steps.run([tf.train.StopAtStepHook(last_step=7)]) == 7
    assert steps.run([tf.train.StopAtStepHook(num_steps=3)]) == 3
    with pytest.raises(ValueError, match="Exactly one"):
        tf.train.StopAtStepHook(1, 2)


def test_a_missing_global_step_is_named(graph):
    tf.constant(1.0)
    with pytest.raises(RuntimeError, match="Global step should be created to use StopAtStepHook"):
        tf.train.MonitoredSession(hooks=[tf.train.StopAtStepHook(last_step=1)])


def test_nan_stops_the_training(steps, lines):
    def feed(i):
        return {steps.loss: np.nan if i == 4 else 1.0}

    with pytest.raises(tf.train.NanLossDuringTrainingError, match="NaN loss during training"):
        steps.run([tf.train.NanTensorHook(steps.loss)], feed=feed)
    hook = tf.train.NanTensorHook(steps.loss, fail_on_nan_loss=False)
    assert steps.run([hook], feed=feed) == 5
    assert lines() == ["Model diverged with loss = NaN."] * 2


def test_logging(steps, lines):
    hook = tf.train.LoggingTensorHook({"n": steps.step, "loss": "loss:0"}, every_n_iter=2)
    steps.run([hook], 4)
    assert lines()[0] == "n = 0, loss = 1.0"
    assert lines()[1].startswith("n = 2, loss = 1.0 (")
    assert len(lines()) == 2


def test_logging_at_the_end_with_a_formatter(steps, lines):
    hook = tf.train.LoggingTensorHook(
        [steps.step], at_end=True, formatter=lambda v: f"done at {v['global_step:0']}"
    )
    steps.run([hook], 3)
    assert lines() == ["done at 3"]
    with pytest.raises(ValueError, match="exactly one"):
        tf.train.LoggingTensorHook([steps.step])


def test_summaries_are_saved_every_so_many_steps(steps, tmp_path):
    tf.summary.scalar("loss", steps.loss)
    writer = tf.summary.FileWriter(tmp_path)
    hook = tf.train.SummarySaverHook(
        save_steps=3, summary_writer=writer, summary_op=tf.summary.merge_all()
    )
    steps.run([hook], 8)
    writer.close()
    events = [e for e in summaries(tmp_path) if not e.file_version]
    assert events[0].session_log.status == tf.SessionLog.START
    assert [e.step for e in events if e.HasField("summary")] == [1, 4, 7]


def test_what_is_saved_needs_one_source():
    with pytest.raises(ValueError, match="Exactly one of scaffold or summary_op"):
        tf.train.SummarySaverHook(save_steps=1)
    with pytest.raises(ValueError, match="exactly one"):
        tf.train.SummarySaverHook(summary_op=1)


def test_steps_per_second_are_counted(steps, lines, tmp_path):
    writer = tf.summary.FileWriter(tmp_path)
    steps.run([tf.train.StepCounterHook(every_n_steps=2, summary_writer=writer)], 5)
    writer.close()
    events = [e for e in summaries(tmp_path) if e.HasField("summary")]
    assert [(e.step, e.summary.value[0].tag) for e in events] == [
        (3, "global_step/sec"),
        (5, "global_step/sec"),
    ]
    assert all(e.summary.value[0].simple_value > 0 for e in events)
    assert all(line.startswith("global_step/sec: ") for line in lines())


def test_final_ops(steps):
    hook = tf.train.FinalOpsHook({"n": steps.step})
    steps.run([hook], 4)
    assert hook.final_ops_values == {"n": 4}


def test_feeds_from_a_function(steps):
    seen = []

    class Look(tf.train.SessionRunHook):
        def before_run(self, run_context):
            return tf.train.SessionRunArgs(steps.loss)

        def after_run(self, run_context, run_values):
            seen.append(float(run_values.results))

    values = iter([3.0, 4.0])
    steps.run([tf.train.FeedFnHook(lambda: {steps.loss: next(values)}), Look()], 2)
    assert seen == [3.0, 4.0]


def test_the_timer_by_steps():
    timer = tf.train.SecondOrStepTimer(every_steps=3)
    due = []
    for step in (1, 1, 2, 3, 4, 5, 9):
        if timer.should_trigger_for_step(step):
            timer.update_last_triggered_step(step)
            due.append(step)
    assert due == [1, 4, 9]
    assert timer.last_triggered_step() == 9
    timer.reset()
    assert timer.should_trigger_for_step(9)


def test_the_timer_by_seconds():
    timer = tf.train.SecondOrStepTimer(every_secs=10, clock=Clock(4))
    due = []
    for step in range(10):
        if timer.should_trigger_for_step(step):
            due.append((step, *timer.update_last_triggered_step(step)))
    assert due == [(0, None, None), (3, 16.0, 3), (6, 16.0, 3), (9, 16.0, 3)]
