"""Queues, their threads, and what ends them: closing, cancelling, the end of a session."""

import threading

import numpy as np
import pytest

import opscope.runtime as tf


def in_thread(call):
    """Start `call`; the list gets its result or what it raised."""
    found = []

    def run():
        try:
            found.append(call())
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, found


def finished(thread):
    thread.join(20)
    assert not thread.is_alive()


def wait_for(condition):
    for _ in range(100_000):
        if condition():
            return
    raise AssertionError("it did not happen")


def test_a_full_queue_makes_the_producer_wait(graph):
    queue = tf.FIFOQueue(2, tf.int32, shapes=[[]])
    put, take = queue.enqueue_many([[1, 2, 3]]), queue.dequeue()
    with tf.Session() as session:
        thread, found = in_thread(lambda: session.run(put))
        assert [session.run(take) for _ in range(3)] == [1, 2, 3]
        finished(thread)
        assert found == [None]


def test_an_empty_queue_makes_the_consumer_wait(graph):
    queue = tf.FIFOQueue(10, tf.int32, shapes=[[]])
    put, take = queue.enqueue(7), queue.dequeue_many(2)
    with tf.Session() as session:
        thread, found = in_thread(lambda: session.run(take))
        session.run(put)
        session.run(put)
        finished(thread)
        assert found[0].tolist() == [7, 7]


def test_close_ends_waiting_consumers_and_keeps_what_they_took(graph):
    queue = tf.FIFOQueue(10, tf.int32, shapes=[[]])
    put, take, size = queue.enqueue(7), queue.dequeue_many(3), queue.size()
    with tf.Session() as session:
        session.run(put)
        thread, found = in_thread(lambda: session.run(take))
        session.run(queue.close())
        finished(thread)
        assert isinstance(found[0], tf.errors.OutOfRangeError)
        assert "requested 3, current size 1" in str(found[0])
        assert found[0].op is take.op
        assert session.run(size) == 1


def test_close_lets_waiting_producers_finish_unless_told_otherwise(graph):
    queue = tf.FIFOQueue(1, tf.int32)
    put, take = queue.enqueue_many([[1, 2]]), queue.dequeue()
    with tf.Session() as session:
        thread, found = in_thread(lambda: session.run(put))
        wait_for(lambda: session.run(queue.size()) == 1)
        session.run(queue.close())
        assert [session.run(take), session.run(take)] == [1, 2]
        finished(thread)
        assert found == [None]
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(take)
        with pytest.raises(tf.errors.CancelledError, match="is closed"):
            session.run(put)


def test_cancelled_producers(graph):
    queue = tf.FIFOQueue(1, tf.int32)
    put = queue.enqueue_many([[1, 2]])
    with tf.Session() as session:
        thread, found = in_thread(lambda: session.run(put))
        session.run(queue.close(cancel_pending_enqueues=True))
        finished(thread)
        assert isinstance(found[0], tf.errors.CancelledError)


@pytest.mark.parametrize("operation", ["enqueue", "dequeue"])
def test_closing_the_session_wakes_who_waits(graph, operation):
    queue = tf.FIFOQueue(1, tf.int32)
    fill, take = queue.enqueue(1), queue.dequeue()
    session = tf.Session()
    if operation == "enqueue":
        session.run(fill)
    thread, found = in_thread(lambda: session.run(fill if operation == "enqueue" else take))
    session.close()
    finished(thread)
    assert isinstance(found[0], (tf.errors.CancelledError, RuntimeError))


def test_shuffling_keeps_some_back_until_the_end(graph):
    queue = tf.RandomShuffleQueue(100, 5, tf.int32, [[]], seed=1)
    put, take = queue.enqueue_many([np.arange(20, dtype=np.int32)]), queue.dequeue()

    def order():
        with tf.Session() as session:
            session.run(put)
            first = [session.run(take) for _ in range(15)]
            thread, found = in_thread(lambda: session.run(take))
            session.run(queue.close())
            finished(thread)
            return [*first, *found, *[session.run(take) for _ in range(4)]]

    made = order()
    assert sorted(made) == list(range(20))
    assert made != list(range(20))
    assert made == order()


def test_queues_of_one_shared_name_are_one(graph):
    a = tf.FIFOQueue(5, tf.int32, shared_name="q")
    b = tf.FIFOQueue(5, tf.int32, shared_name="q")
    with tf.Session() as session:
        session.run(a.enqueue(3))
        assert session.run(b.dequeue()) == 3


def test_enqueued_variables_keep_their_value(graph):
    variable = tf.Variable([1.0, 2.0])
    queue = tf.FIFOQueue(5, tf.float32, [[2]])
    put, add = queue.enqueue(variable), tf.assign_add(variable, [1.0, 1.0])
    with tf.Session() as session:
        session.run(variable.initializer)
        session.run(put)
        session.run(add)
        assert session.run(queue.dequeue()).tolist() == [1, 2]


def test_runners_fill_until_the_epochs_end(graph):
    names = tf.train.string_input_producer(["a", "b"], num_epochs=2, shuffle=False)
    batch = tf.train.batch([names.dequeue()], 3, allow_smaller_final_batch=True)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        found = []
        for _ in range(2):
            found.extend(session.run(batch))
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(batch)
        coordinator.request_stop()
        coordinator.join(threads, stop_grace_period_secs=20)
    assert found == [b"a", b"b", b"a", b"b"]


def test_error_in_a_runner_reaches_the_coordinator(graph):
    queue = tf.FIFOQueue(5, tf.float32)
    bad = queue.enqueue(tf.check_numerics(tf.constant(np.nan), "no number"))
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [bad]))
    with tf.Session() as session:
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        with pytest.raises(tf.errors.InvalidArgumentError, match="no number"):
            coordinator.join(threads, stop_grace_period_secs=20)


def test_runners_end_with_the_session_without_a_coordinator(graph):
    queue = tf.FIFOQueue(2, tf.int32)
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(1)] * 2))
    session = tf.Session()
    threads = tf.train.start_queue_runners(session)
    assert session.run(queue.dequeue()) == 1
    assert tf.train.start_queue_runners(session) == []
    session.close()
    for thread in threads:
        finished(thread)


def test_a_monitored_session_runs_the_runners(graph):
    numbers = tf.train.range_input_producer(5, num_epochs=1, shuffle=False)
    value = numbers.dequeue()
    found = []
    with tf.train.MonitoredSession() as session:
        while not session.should_stop():
            found.append(session.run(value))
    assert found == list(range(5))


def test_no_session_for_the_runners(graph):
    with pytest.raises(ValueError, match="No default session"):
        tf.train.start_queue_runners()


def test_reader_across_files(graph, tmp_path):
    for name, text in (("a", "h\n1\n2\n"), ("b", "h\n3\n")):
        (tmp_path / name).write_text(text)
    files = tf.train.string_input_producer(
        [str(tmp_path / "a"), str(tmp_path / "b")], num_epochs=1, shuffle=False
    )
    reader = tf.TextLineReader(skip_header_lines=1)
    record = reader.read(files)
    with tf.train.MonitoredSession() as session:
        found = []
        while not session.should_stop():
            found.append(session.run(record))
    assert [value for _, value in found] == [b"1", b"2", b"3"]
    assert [key.rpartition(b"/")[2] for key, _ in found] == [b"a:2", b"a:3", b"b:2"]


def test_assert_holds_back_what_depends_on_it(graph):
    limit = tf.placeholder(tf.int32, [])
    data = tf.constant([1.5, 2, 3, 4])
    with tf.control_dependencies([tf.Assert(limit < 3, [data, limit])]):
        value = tf.identity(data)
    with tf.Session() as session:
        assert session.run(value, {limit: 2}).tolist() == [1.5, 2, 3, 4]
        with pytest.raises(
            tf.errors.InvalidArgumentError, match=r"assertion failed: \[1.5 2 3...\] \[3\]"
        ):
            session.run(value, {limit: 3})


def test_print_shows_values_as_they_pass(graph, capsys):
    x = tf.constant([[1.5, 2], [3, 4]])
    shown = tf.Print(x, [x, "text", tf.constant(True)], "values: ", first_n=1)
    with tf.Session() as session:
        session.run(shown)
        session.run(shown)
    assert capsys.readouterr().err == "values: [[1.5 2][3...]...][text][1]\n"


@pytest.mark.parametrize(
    ("raised", "becomes"),
    [
        (ValueError, "InvalidArgumentError"),
        (TypeError, "InvalidArgumentError"),
        (StopIteration, "OutOfRangeError"),
        (NotImplementedError, "UnimplementedError"),
        (KeyError, "UnknownError"),
    ],
)
def test_what_a_python_function_raises(graph, raised, becomes):
    def fail():
        raise raised("reason")

    with tf.Session() as session, pytest.raises(getattr(tf.errors, becomes), match="reason"):
        session.run(tf.py_func(fail, [], tf.int32))
