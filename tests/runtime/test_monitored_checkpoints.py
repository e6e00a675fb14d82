"""Training with checkpoints: saved by a hook, gone on with after an end or a crash."""

import os

import pytest

import opscope.runtime as tf
from opscope.runtime import errors


@pytest.fixture(autouse=True)
def closed_writers():
    yield
    tf.summary.FileWriterCache.clear()


def counting():
    """A variable that follows the global step."""
    step = tf.train.create_global_step()
    total = tf.Variable(0, name="total")
    with tf.control_dependencies([tf.assign_add(total, 10)]):
        return tf.assign_add(step, 1, name="train")


def steps_saved(folder):
    return sorted(int(n[11:-6]) for n in os.listdir(folder) if n.endswith(".index"))


def train(folder, last_step, **options):
    """Train in a graph of its own; the value of `total` at the end."""
    with tf.Graph().as_default():
        step = counting()
        with tf.train.MonitoredTrainingSession(
            checkpoint_dir=str(folder),
            hooks=[tf.train.StopAtStepHook(last_step=last_step)],
            **options,
        ) as session:
            while not session.should_stop():
                session.run(step)
                total = session.run("total:0") if not session.should_stop() else None
    return total


def test_checkpoints_are_saved_at_the_start_on_the_way_and_at_the_end(tmp_path):
    train(tmp_path, 5, save_checkpoint_steps=2)
    assert steps_saved(tmp_path) == [0, 2, 4, 5]
    assert tf.train.load_variable(tmp_path, "total") == 50
    files = set(os.listdir(tmp_path))
    assert {"checkpoint", "graph.pbtxt", "model.ckpt-5.meta"} <= files


def test_training_goes_on_where_it_ended(tmp_path):
    train(tmp_path, 3)
    assert tf.train.load_variable(tmp_path, "global_step") == 3
    train(tmp_path, 5)
    assert tf.train.load_variable(tmp_path, "total") == 50
    state = tf.train.get_checkpoint_state(tmp_path)
    assert [p.rpartition("-")[2] for p in state.all_model_checkpoint_paths] == ["0", "3", "5"]


def test_training_goes_on_after_a_crash(tmp_path):
    class Crash(tf.train.SessionRunHook):
        def after_run(self, run_context, run_values):
            if run_context.session.run("global_step:0") == 7:
                raise KeyError("crash")

    with pytest.raises(KeyError):
        train(tmp_path, 100, save_checkpoint_steps=5, chief_only_hooks=[Crash()])
    assert tf.train.latest_checkpoint(tmp_path).endswith("-5")
    train(tmp_path, 6)
    assert tf.train.load_variable(tmp_path, "total") == 60


@pytest.mark.parametrize("error", [errors.AbortedError, errors.UnavailableError])
def test_a_lost_session_is_made_again_from_the_latest_checkpoint(graph, tmp_path, error):
    step = counting()
    made = []

    class Lost(tf.train.SessionRunHook):
        def after_create_session(self, session, coord):
            made.append(int(session.run("global_step:0")))

        def before_run(self, run_context):
            if len(made) < 3 and run_context.session.run("global_step:0") == 3:
                raise error(None, None, "gone")

    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=str(tmp_path),
        save_checkpoint_steps=2,
        hooks=[Lost(), tf.train.StopAtStepHook(last_step=4)],
    ) as session:
        while not session.should_stop():
            session.run(step)
    assert made == [0, 2, 2]
    assert tf.train.load_variable(tmp_path, "total") == 40


def test_a_singular_session_raises_the_same_error(graph):
    step = counting()

    class Lost(tf.train.SessionRunHook):
        def before_run(self, run_context):
            raise errors.AbortedError(None, None, "gone")

    with (
        pytest.raises(errors.AbortedError),
        tf.train.SingularMonitoredSession(hooks=[Lost()]) as session,
    ):
        session.run(step)


def test_listeners_are_told_and_can_end_the_training(graph, tmp_path):
    step = counting()
    told = []

    class Listener(tf.train.CheckpointSaverListener):
        def begin(self):
            told.append("begin")

        def before_save(self, session, global_step_value):
            told.append(("before", global_step_value))

        def after_save(self, session, global_step_value):
            told.append(("after", global_step_value))
            return global_step_value == 2

        def end(self, session, global_step_value):
            told.append(("end", global_step_value))

    hook = tf.train.CheckpointSaverHook(
        str(tmp_path), save_steps=1, saver=tf.train.Saver(), listeners=[Listener()]
    )
    with tf.train.SingularMonitoredSession(hooks=[hook]) as session:
        while not session.should_stop():
            session.run(step)
    saves = [t for n in range(3) for t in (("before", n), ("after", n))]
    assert told == ["begin", *saves, ("end", 2)]
    assert steps_saved(tmp_path) == [0, 1, 2]


def test_the_scaffolds_saver_and_init_fn(graph, tmp_path):
    step = counting()
    other = tf.Variable(1, name="other", collections=[])
    saver = tf.train.Saver([*tf.global_variables()])
    called = []
    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=str(tmp_path),
        scaffold=tf.train.Scaffold(
            saver=saver,
            init_fn=lambda scaffold, session: called.append(True),
            local_init_op=other.initializer,
        ),
        hooks=[tf.train.StopAtStepHook(num_steps=1)],
    ) as session:
        session.run(step)
    assert called == [True]
    with tf.train.SingularMonitoredSession(
        scaffold=tf.train.Scaffold(
            saver=saver,
            init_fn=lambda scaffold, session: called.append(True),
            local_init_op=other.initializer,
        ),
        checkpoint_filename_with_path=tf.train.latest_checkpoint(tmp_path),
    ) as session:
        assert session.run("total:0") == 10
    assert called == [True]


def test_a_checkpoint_that_lacks_a_variable_ends_the_start(tmp_path):
    train(tmp_path, 1)
    with tf.Graph().as_default():
        counting()
        tf.Variable(0, name="later")
        with pytest.raises(errors.NotFoundError, match="Key later not found"):
            tf.train.MonitoredTrainingSession(checkpoint_dir=str(tmp_path))


def test_the_session_manager(graph, tmp_path):
    v = tf.Variable(4, name="v")
    ready = tf.report_uninitialized_variables()
    saver = tf.train.Saver()
    manager = tf.train.SessionManager(ready_op=ready)
    session, is_ready = manager.recover_session(saver=saver, checkpoint_dir=str(tmp_path))
    assert not is_ready
    with pytest.raises(RuntimeError, match="no init_op or init_fn"):
        manager.prepare_session()
    with pytest.raises(RuntimeError, match="Variables not initialized: v"):
        manager.prepare_session(init_fn=lambda session: None)
    session = manager.prepare_session(init_op=v.initializer)
    saver.save(session, str(tmp_path / "m"))
    session, is_ready = manager.recover_session(saver=saver, checkpoint_dir=str(tmp_path))
    assert is_ready
    assert session.run(v) == 4


def test_the_hook_says_what_it_lacks(graph, tmp_path):
    with pytest.raises(ValueError, match="both saver and scaffold"):
        tf.train.CheckpointSaverHook(str(tmp_path), 1, saver=object(), scaffold=tf.train.Scaffold())
    with pytest.raises(RuntimeError, match="Global step should be created"):
        tf.train.CheckpointSaverHook(str(tmp_path), save_steps=1).begin()
    step = counting()
    hook = tf.train.CheckpointSaverHook(str(tmp_path), save_steps=1)
    with pytest.raises(RuntimeError, match="No items in collection savers"):
        tf.train.MonitoredSession(tf.train.ChiefSessionCreator(_WithoutSaver()), hooks=[hook]).run(
            step
        )


class _WithoutSaver(tf.train.Scaffold):
    def finalize(self):
        super().finalize()
        tf.get_default_graph().clear_collection(tf.GraphKeys.SAVERS)
        return self
