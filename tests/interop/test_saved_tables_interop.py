"""Tables in checkpoints, and queue runners as messages: written by one, read by the other."""

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop

BOTH = pytest.mark.parametrize("way", ["ours to TensorFlow", "TensorFlow to ours"])


def directions(tensorflow, way):
    return (ours, tensorflow) if way == "ours to TensorFlow" else (tensorflow, ours)


def tables(tf):
    """Two tables and a variable: what fills them, what is asked of them, and their saver."""
    tables = tf.lookup.experimental
    with tf.name_scope("vocabulary"):
        words = tables.MutableHashTable(tf.string, tf.int64, -1, name="words")
    vectors = tables.DenseHashTable(
        tf.int64, tf.float32, [0.0, 0.0], empty_key=-1, deleted_key=-2, name="vectors"
    )
    tables.MutableHashTable(tf.string, tf.int64, 0, name="forgotten", checkpoint=False)
    weight = tf.Variable([1.0, 2.0], name="weight")
    ids = np.array([5, 6], np.int64)
    fill = tf.group(
        words.insert(tf.constant(["a", "b"]), np.array([1, 2], np.int64)),
        vectors.insert(ids, [[1.0, 2.0], [3.0, 4.0]]),
        weight.initializer,
    )
    asked = [
        words.lookup(tf.constant(["a", "b", "c"])),
        vectors.lookup(np.array([6, 7], np.int64)),
        words.size(),
        vectors.size(),
    ]
    return fill, asked, tf.train.Saver()


@BOTH
def test_tables_come_out_of_the_others_checkpoint(tensorflow, tmp_path, way):
    first, second = directions(tensorflow, way)
    with first.Graph().as_default(), first.Session() as session:
        fill, asked, saver = tables(first)
        session.run(fill)
        expected = session.run(asked)
        path = saver.save(session, str(tmp_path / "m"))
    with second.Graph().as_default(), second.Session() as session:
        _, asked, saver = tables(second)
        saver.restore(session, path)
        for mine, theirs in zip(session.run(asked), expected, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    with second.Graph().as_default(), second.Session() as session:
        second.train.import_meta_graph(path + ".meta").restore(session, path)
        for mine, theirs in zip(session.run([t.name for t in asked]), expected, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_a_dense_table_lies_in_the_same_buckets(tensorflow):
    def exported(tf):
        with tf.Graph().as_default(), tf.Session() as session:
            table = tf.lookup.experimental.DenseHashTable(
                tf.string, tf.int64, 0, empty_key="", deleted_key="$", initial_num_buckets=4
            )
            for words in (["a", "b", "c"], ["d", "e", "f"], ["b", "longer", "x", "y", "z"]):
                values = np.arange(len(words), dtype=np.int64)
                session.run(table.insert(tf.constant(words), values))
            return session.run([*table.export(), table.size()])

    for mine, theirs in zip(exported(ours), exported(tensorflow), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_reserved_keys_are_refused(tensorflow):
    def refusals(tf):
        found = []
        with tf.Graph().as_default(), tf.Session() as session:
            kind = tf.lookup.experimental.DenseHashTable
            table = kind(tf.int64, tf.int64, 0, empty_key=1, deleted_key=2)
            one, two = (tf.constant([k], tf.int64) for k in (1, 2))
            for asked in (
                table.insert(one, one),
                table.insert(two, two),
                table.lookup(one),
                table.remove(two),
                kind(tf.int64, tf.int64, 0, empty_key=1, deleted_key=1).size(),
                kind(tf.int64, tf.int64, 0, 1, 2, initial_num_buckets=6).size(),
            ):
                with pytest.raises(tf.errors.InvalidArgumentError) as caught:
                    session.run(asked)
                found.append(caught.value.error_code)
        return found

    assert refusals(ours) == refusals(tensorflow)


def pipeline(tf):
    """Numbers through two queues, each filled by threads; the first one ends."""
    with tf.name_scope("input"):
        numbers = tf.train.range_input_producer(4, num_epochs=1, shuffle=False)
        doubled = numbers.dequeue() * 2
        tf.train.batch([doubled], 2, num_threads=1, name="pairs")


@BOTH
@pytest.mark.parametrize("scope", [None, "below"])
def test_a_pipeline_of_queues_runs_where_it_was_imported(tensorflow, way, scope):
    first, second = directions(tensorflow, way)
    with first.Graph().as_default():
        pipeline(first)
        made = first.train.export_meta_graph()
    with second.Graph().as_default(), second.Session() as session:
        message = second.MetaGraphDef.FromString(made.SerializeToString())
        second.train.import_meta_graph(message, import_scope=scope)
        session.run(second.local_variables_initializer())
        coord = second.train.Coordinator()
        threads = second.train.start_queue_runners(session, coord)
        name = "input/pairs:0" if scope is None else f"{scope}/input/pairs:0"
        found = [session.run(name).tolist() for _ in range(2)]
        with pytest.raises(second.errors.OutOfRangeError):
            session.run(name)
        coord.request_stop()
        coord.join(threads)
    assert found == [[0, 2], [4, 6]]


def test_queue_runners_are_the_same_messages(tensorflow):
    def messages(tf):
        with tf.Graph().as_default():
            pipeline(tf)
            runners = tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
            queue = tf.FIFOQueue(2, tf.float32, name="other")
            other = tf.train.QueueRunner(
                queue,
                [queue.enqueue(1.0)],
                queue_closed_exception_types=(tf.errors.CancelledError, tf.errors.OutOfRangeError),
            )
            protos = [r.to_proto() for r in (*runners, other)]
            again = [tf.train.QueueRunner.from_proto(p) for p in protos]
            inner = [r.to_proto("input") for r in (*runners, other)]
            return (
                [str(p) for p in protos],
                [str(r.to_proto()) for r in again],
                [str(p) for p in inner],
                [[op.name for op in r.enqueue_ops] for r in again],
                [r.close_op.name for r in again],
                [[e.__name__ for e in r.queue_closed_exception_types] for r in again],
            )

    assert messages(ours) == messages(tensorflow)


def test_a_queue_runner_takes_a_message_or_a_queue(tensorflow):
    def refusals(tf):
        found = []
        with tf.Graph().as_default():
            queue = tf.FIFOQueue(2, tf.float32)
            put = [queue.enqueue(1.0)]
            message = tf.train.QueueRunner(queue, put).to_proto()
            for arguments in (
                {"queue": queue, "queue_runner_def": message},
                {},
                {"queue": queue, "enqueue_ops": put, "queue_closed_exception_types": ()},
                {"queue": queue, "enqueue_ops": put, "queue_closed_exception_types": (int,)},
            ):
                with pytest.raises((ValueError, TypeError)) as caught:
                    tf.train.QueueRunner(**arguments)
                found.append(type(caught.value))
            return found

    assert refusals(ours) == refusals(tensorflow)
