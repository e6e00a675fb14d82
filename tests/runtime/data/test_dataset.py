"""Input pipelines: order, ends, threads, files and errors."""

import gc
import threading
from pathlib import Path

import numpy as np
import pytest

import opscope.runtime as tf


def all_of(get_next, session, limit=200):
    found = []
    for _ in range(limit):
        try:
            found.append(session.run(get_next))
        except tf.errors.OutOfRangeError:
            return found
    raise AssertionError("the dataset does not end")


def elements(dataset):
    get_next = dataset.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        return all_of(get_next, session)


def test_end_of_sequence_names_the_op(graph):
    value = tf.data.Dataset.range(1).make_one_shot_iterator().get_next(name="batch_of_mine")
    with tf.Session() as session:
        session.run(value)
        for _ in range(2):
            with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence") as error:
                session.run(value)
        assert error.value.op is value.op
        assert "test_dataset.py" in str(error.value)


def test_components_of_one_run_belong_together(graph):
    data = tf.data.Dataset.from_tensor_slices((np.arange(5), np.arange(5) * 10))
    a, b = data.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        for i in range(5):
            assert session.run([b - a * 10, a]) == [0, i]


def test_shuffle_is_a_reproducible_permutation(graph):
    def order(seed, **kwargs):
        with tf.Graph().as_default():
            return elements(tf.data.Dataset.range(20).shuffle(50, seed=seed, **kwargs).repeat(2))

    first = order(7)
    assert sorted(first[:20]) == sorted(first[20:]) == list(range(20))
    assert first[:20] != first[20:]
    assert first == order(7)
    assert first != order(8)
    same = order(7, reshuffle_each_iteration=False)
    assert same[:20] == same[20:]
    assert sorted(order(None)[:20]) == list(range(20))


def test_graph_seed_decides_the_shuffle(graph):
    def order():
        with tf.Graph().as_default():
            tf.set_random_seed(5)
            return elements(tf.data.Dataset.range(20).shuffle(20))

    assert order() == order()


def test_small_shuffle_buffer_moves_elements_little(graph):
    order = elements(tf.data.Dataset.range(100).shuffle(3, seed=1))
    assert sorted(order) == list(range(100))
    assert all(value <= place + 2 for place, value in enumerate(order))


def test_random_ops_in_a_function_differ_between_elements(graph):
    data = tf.data.Dataset.range(3).map(lambda x: tf.random_uniform([], seed=1))
    assert len(set(elements(data))) == 3


def test_error_of_one_element_leaves_the_rest(graph):
    data = tf.data.Dataset.range(3).map(
        lambda x: tf.check_numerics(1.0 / tf.cast(x - 1, tf.float32), "not finite")
    )
    value = data.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert session.run(value) == -1
        with pytest.raises(tf.errors.InvalidArgumentError, match="not finite"):
            session.run(value)
        assert session.run(value) == 1


def test_parallel_map_keeps_the_order_and_uses_threads(graph):
    meeting = threading.Barrier(2, timeout=20)

    def meet(x):
        meeting.wait()
        return x

    data = tf.data.Dataset.range(8).map(
        lambda x: tf.py_func(meet, [x], tf.int64), num_parallel_calls=2
    )
    assert elements(data) == list(range(8))


def test_prefetch_runs_ahead(graph):
    made = []
    ahead = threading.Event()

    def note():
        for i in range(5):
            made.append(i)
            if i == 2:
                ahead.set()
            yield i

    data = tf.data.Dataset.from_generator(note, tf.int64).prefetch(3)
    value = data.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert session.run(value) == 0
        assert ahead.wait(20)
        assert all_of(value, session) == [1, 2, 3, 4]


def test_closing_the_session_ends_the_threads(graph):
    value = tf.data.Dataset.range(10).repeat().prefetch(2).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        session.run(value)
        threads = [t for t in threading.enumerate() if t.name == "opscope prefetch"]
        assert threads
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_closing_the_session_wakes_who_waits(graph):
    waiting = threading.Event()
    never = threading.Event()
    raised = []

    def stuck():
        yield 1
        waiting.set()
        never.wait(20)

    value = tf.data.Dataset.from_generator(stuck, tf.int32).prefetch(1)
    value = value.make_one_shot_iterator().get_next()
    session = tf.Session()
    session.run(value)

    def ask():
        try:
            session.run(value)
        except tf.errors.OpError as error:
            raised.append(type(error))

    thread = threading.Thread(target=ask)
    thread.start()
    assert waiting.wait(20)
    session.close()
    thread.join(20)
    never.set()
    assert raised == [tf.errors.CancelledError]


def test_dropped_iterator_ends_its_thread(graph):
    data = tf.data.Dataset.range(10).repeat().prefetch(2)
    value = data.make_one_shot_iterator().get_next()
    session = tf.Session()
    session.run(value)
    threads = [t for t in threading.enumerate() if t.name == "opscope prefetch"]
    del session
    gc.collect()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_several_threads_share_an_iterator(graph):
    value = tf.data.Dataset.range(200).make_one_shot_iterator().get_next()
    found = []
    with tf.Session() as session:

        def take():
            found.extend(all_of(value, session, 300))

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == list(range(200))


def test_initializable_iterator_starts_again(graph):
    count = tf.placeholder(tf.int64, [])
    iterator = tf.data.Dataset.range(count).make_initializable_iterator()
    value = iterator.get_next()
    with tf.Session() as session:
        for n in (2, 3):
            session.run(iterator.initializer, {count: n})
            assert all_of(value, session) == list(range(n))
        session.run(iterator.initializer, {count: 5})
        session.run(value)
        session.run(iterator.initializer, {count: 1})
        assert all_of(value, session) == [0]


def test_sessions_have_iterators_of_their_own(graph):
    value = tf.data.Dataset.range(3).make_one_shot_iterator().get_next()
    with tf.Session() as a, tf.Session() as b:
        assert [a.run(value), a.run(value), b.run(value)] == [0, 1, 0]


def test_file_cache_is_read_by_the_next_program(graph, tmp_path):
    calls = []

    def note(x):
        calls.append(x)
        return x

    def pipeline():
        data = tf.data.Dataset.range(3).map(lambda x: (tf.py_func(note, [x], tf.int64), "s\0"))
        return elements(data.cache(str(tmp_path / "cache")))

    first = pipeline()
    assert first == [(0, b"s\0"), (1, b"s\0"), (2, b"s\0")]
    assert pipeline() == first
    assert calls == [0, 1, 2]


def test_unfinished_cache_is_not_kept(graph, tmp_path):
    path = tmp_path / "cache"
    value = tf.data.Dataset.range(3).cache(str(path)).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        session.run(value)
    assert not path.exists()


def test_variable_captured_by_a_function(graph):
    scale = tf.Variable(3, dtype=tf.int64)
    iterator = tf.data.Dataset.range(3).map(lambda x: x * scale).make_initializable_iterator()
    value = iterator.get_next()
    with tf.Session() as session:
        session.run(scale.initializer)
        session.run(iterator.initializer)
        assert all_of(value, session) == [0, 3, 6]
    with pytest.raises(ValueError, match="Cannot capture a stateful node"):
        tf.data.Dataset.range(3).map(lambda x: x * scale).make_one_shot_iterator()


def test_damaged_record_file(graph, tmp_path):
    path = tmp_path / "records"
    from opscope.events.record import RecordWriter

    with open(path, "wb") as file:
        writer = RecordWriter(file)
        for data in (b"one", b"two", b"three"):
            writer.write(data)
    data = bytearray(path.read_bytes())
    data[-6] ^= 1
    path.write_bytes(bytes(data))
    value = tf.data.TFRecordDataset(str(path)).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert [session.run(value), session.run(value)] == [b"one", b"two"]
        with pytest.raises(tf.errors.DataLossError, match=f"corrupted record at 38 of {path}"):
            session.run(value)


def test_zlib_lines(graph, tmp_path: Path):
    import zlib

    path = tmp_path / "lines.z"
    path.write_bytes(zlib.compress(b"a\nb\nc"))
    assert elements(tf.data.TextLineDataset(str(path), "ZLIB")) == [b"a", b"b", b"c"]


def test_string_scalars_pass_array_ops(graph):
    data = tf.data.Dataset.from_tensor_slices(["a", "b\0"]).map(
        lambda s: (tf.stack([s, s]), tf.expand_dims(s, 0), tf.equal(s, "a"))
    )
    (pair, row, same), (second, _, other) = elements(data)
    assert pair.tolist() == [b"a", b"a"]
    assert row.tolist() == [b"a"]
    assert second.tolist() == [b"b\0", b"b\0"]
    assert (same, other) == (True, False)


def test_training_on_a_pipeline(graph):
    inputs = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    labels = inputs @ np.float32([[1], [-2], [0.5]])
    data = tf.data.Dataset.from_tensor_slices((inputs, labels))
    x, y = data.shuffle(64, seed=1).repeat(40).batch(8).make_one_shot_iterator().get_next()
    weights = tf.Variable(tf.zeros([3, 1]))
    loss = tf.reduce_mean(tf.square(tf.matmul(x, weights) - y))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.train.MonitoredSession() as session:
        while not session.should_stop():
            _, last, value = session.run([step, loss, weights])
    assert last < 1e-6
    assert np.allclose(value.ravel(), [1, -2, 0.5], atol=1e-3)


def test_watched_run_sees_the_components(graph):
    from opscope.runtime.watch import Watch

    value = tf.data.Dataset.from_tensors(np.float32([1, np.inf])).make_one_shot_iterator()
    doubled = value.get_next() * 2
    with tf.Session() as session:
        run = session.run_watched(doubled, watch=Watch(check=True))
    assert [t.node_name for t in run.hits] == ["IteratorGetNext", "mul"]
