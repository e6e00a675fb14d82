"""Monitored sessions: the order of hooks, merging of requests, endings."""

import pytest

import opscope.runtime as tf
from opscope.runtime.watch import Watch, register_callback


class Recorder(tf.train.SessionRunHook):
    """Notes what is called, and asks for what it is told."""

    def __init__(self, log, name="hook", args=None):
        self.log = log
        self.name = name
        self.args = args

    def note(self, what):
        self.log.append(f"{self.name}.{what}")

    def begin(self):
        self.note("begin")

    def after_create_session(self, session, coord):
        assert session.graph.finalized
        self.note("after_create_session")

    def before_run(self, run_context):
        self.note("before_run")
        return self.args

    def after_run(self, run_context, run_values):
        self.note("after_run")
        self.values = run_values
        self.context = run_context

    def end(self, session):
        self.note("end")


@pytest.fixture
def x(graph):
    return tf.placeholder_with_default(1.0, [], name="x")


def test_hooks_are_called_in_order(graph, x):
    log = []
    with tf.train.MonitoredSession(hooks=[Recorder(log, "a"), Recorder(log, "b")]) as sess:
        assert sess.run(x) == 1.0
        assert sess.graph is graph
    assert log == [
        f"{name}.{what}"
        for what in ("begin", "after_create_session", "before_run", "after_run", "end")
        for name in ("a", "b")
    ]
    assert not graph.finalized
    assert sess.should_stop()
    with pytest.raises(RuntimeError, match="already closed"):
        sess.run(x)


def test_fetches_and_feeds_of_hooks_are_merged(x):
    y = tf.placeholder(tf.float32, name="y")
    log = []
    one = Recorder(log, args=tf.train.SessionRunArgs({"x": x}, {x: 5.0}))
    two = Recorder(log, args=tf.train.SessionRunArgs([y, x]))
    with tf.train.MonitoredSession(hooks=[one, two, Recorder(log)]) as sess:
        assert sess.run([x, y], {y: 2.0}) == [5.0, 2.0]
        assert one.values.results == {"x": 5.0}
        assert two.values.results == [2.0, 5.0]
        assert one.context.original_args == tf.train.SessionRunArgs([x, y], {y: 2.0})
        with pytest.raises(RuntimeError, match="fed by a SessionRunHook and user"):
            sess.run(x, {x: 1.0})
    clash = Recorder(log, args=tf.train.SessionRunArgs(feed_dict={x: 1.0}))
    with (
        tf.train.MonitoredSession(hooks=[one, clash]) as sess,
        pytest.raises(RuntimeError, match="fed by two hooks"),
    ):
        sess.run(x)


def test_options_of_hooks_are_merged(x):
    runs = []
    stop = [register_callback(key, Watch(), runs.append) for key in ("one", "two")]
    hooks = []
    for key in ("one", "two"):
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE, timeout_in_ms=5)
        watch = options.debug_options.debug_tensor_watch_opts.add(node_name="x")
        watch.debug_urls.append(f"memcbk:///{key}")
        hooks.append(Recorder([], args=tf.train.SessionRunArgs(options=options)))
    with tf.train.MonitoredSession(hooks=hooks) as sess:
        sess.run(x, options=tf.RunOptions(timeout_in_ms=3, output_partition_graphs=True))
    for unregister in stop:
        unregister()
    assert len(runs) == 2
    merged = hooks[0].values.options
    assert merged.trace_level == tf.RunOptions.FULL_TRACE
    assert merged.timeout_in_ms == 5
    assert merged.output_partition_graphs
    assert len(merged.debug_options.debug_tensor_watch_opts) == 2
    metadata = hooks[1].values.run_metadata
    assert metadata.step_stats.dev_stats
    assert metadata.partition_graphs


def test_a_request_to_stop_ends_the_loop(x):
    class Stop(tf.train.SessionRunHook):
        def after_run(self, run_context, run_values):
            run_context.request_stop()

    with tf.train.MonitoredSession(hooks=[Stop()]) as sess:
        assert not sess.should_stop()
        sess.run(x)
        assert sess.should_stop()
        with pytest.raises(RuntimeError, match="after should_stop"):
            sess.run(x)


def test_an_error_skips_end_and_is_raised(graph, x):
    log = []

    def train():
        with tf.train.MonitoredSession(hooks=[Recorder(log)]) as sess:
            sess.run(x)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train()
    assert "hook.end" not in log
    assert not graph.finalized


@pytest.mark.parametrize("ending", [tf.errors.OutOfRangeError(None, None, "end"), StopIteration()])
def test_the_end_of_the_data_is_a_normal_end(x, ending):
    log = []
    with tf.train.MonitoredSession(hooks=[Recorder(log)]):
        raise ending
    assert log[-1] == "hook.end"


def test_the_session_is_closed_when_a_hook_fails_at_its_start(graph, x):
    class Bad(tf.train.SessionRunHook):
        def after_create_session(self, session, coord):
            self.session = session
            raise KeyError("bad")

    hook = Bad()
    with pytest.raises(KeyError, match="bad"):
        tf.train.MonitoredSession(hooks=[hook])
    with pytest.raises(RuntimeError, match="closed Session"):
        hook.session.run(x)
    assert not graph.finalized


def test_step_functions(x):
    log = []

    def step_fn(step_context):
        assert step_context.session.run(x) == 1.0
        assert log == []
        return step_context.run_with_hooks(x) + 1

    with tf.train.MonitoredSession(hooks=[Recorder(log)]) as sess:
        log.clear()
        assert sess.run_step_fn(step_fn) == 2.0
        assert log == ["hook.before_run", "hook.after_run"]
        with pytest.raises(ValueError, match="step_context"):
            sess.run_step_fn(lambda context: None)
    reached = []
    with tf.train.MonitoredSession() as sess:
        sess.run_step_fn(lambda step_context: step_context.request_stop())
        reached.append(True)
    assert not reached


def test_the_scaffold_makes_the_session_ready(graph):
    v = tf.Variable(1.0, name="v")
    local = tf.Variable(
        2.0, trainable=False, collections=[tf.GraphKeys.LOCAL_VARIABLES], name="local"
    )
    start = tf.placeholder(tf.float32)
    w = tf.Variable(start, validate_shape=False, name="w")
    first = w[0]
    seen = []
    scaffold = tf.train.Scaffold(
        init_feed_dict={start: [3.0]}, init_fn=lambda s, sess: seen.append((s, sess.run(v)))
    )
    creator = tf.train.ChiefSessionCreator(scaffold)
    with tf.train.MonitoredSession(creator) as sess:
        assert [float(t) for t in sess.run([v, local, first])] == [1.0, 2.0, 3.0]
    assert seen == [(scaffold, 1.0)]


def test_a_scaffold_can_be_copied(graph):
    v = tf.Variable(1.0)
    first = tf.train.Scaffold(init_op=v.initializer, summary_op=tf.constant(b"s"))
    second = tf.train.Scaffold(copy_from_scaffold=first, summary_op=tf.constant(b"t"))
    assert second.init_op is v.initializer
    assert second.summary_op is not first.summary_op
    with pytest.raises(TypeError, match="not a Scaffold"):
        tf.train.Scaffold(copy_from_scaffold=v)
    saver = tf.train.Saver()
    assert tf.train.Scaffold(copy_from_scaffold=tf.train.Scaffold(saver=saver)).saver is saver


def test_what_the_init_op_leaves_out_is_named(graph):
    a, _ = tf.Variable(1.0, name="a"), tf.Variable(1.0, name="left_out")
    scaffold = tf.train.Scaffold(init_op=a.initializer)
    with pytest.raises(RuntimeError, match="not initialized: left_out"):
        tf.train.MonitoredSession(tf.train.ChiefSessionCreator(scaffold))


def test_training_session_writes_summaries(graph, tmp_path):
    step = tf.train.create_global_step()
    train = tf.assign_add(step, 1)
    tf.summary.scalar("s", 1.0)
    with tf.train.MonitoredTrainingSession(
        summary_dir=str(tmp_path),
        save_summaries_steps=2,
        hooks=[tf.train.StopAtStepHook(last_step=4)],
    ) as sess:
        while not sess.should_stop():
            sess.run(train)
    tf.summary.FileWriterCache.clear()
    from opscope.events import read_records

    (path,) = tmp_path.iterdir()
    events = [tf.Event.FromString(r.data) for r in read_records(path)]
    steps = [e.step for e in events if e.HasField("summary")]
    assert steps == [1, 3]
    assert any(e.graph_def for e in events)


def test_a_worker_waits_for_the_chief(graph):
    tf.get_variable("v", initializer=1.0)
    worker = tf.train.WorkerSessionCreator(max_wait_secs=0)
    with pytest.raises(tf.errors.DeadlineExceededError, match="not ready after waiting 0 secs"):
        worker.create_session()


def test_singular_session_shows_the_session_inside(x):
    with tf.train.SingularMonitoredSession() as sess:
        assert sess.raw_session().run(x) == 1.0


def test_the_coordinator_brings_errors_of_threads_to_the_caller():
    import threading

    coord = tf.train.Coordinator()

    def work():
        with coord.stop_on_exception():
            raise ValueError("in the thread")

    thread = threading.Thread(target=work)
    thread.start()
    coord.register_thread(thread)
    with pytest.raises(ValueError, match="in the thread"):
        coord.join()
    assert coord.should_stop()
    coord.clear_stop()
    coord.request_stop(tf.errors.OutOfRangeError(None, None, "end"))
    coord.join()
    assert coord.joined
