"""Running: fetches, feeds, order of reads and updates, errors, devices, step stats."""

import collections
import threading

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.make_op import make_op
from opscope.runtime.op_def import OPS, op
from opscope.runtime.simulated_gpu import simulated_gpu
from opscope.runtime.tensor_shape import TensorShape, broadcast

if "TestDivide" not in OPS:

    @op("TestDivide", "x: T, y: T -> z: T", "T: type")
    def divide(xp, x, y):
        """Divide; refuse a divisor of another length."""
        return x / y

    @divide.shape
    def _(node):
        a, b = node.inputs
        return [TensorShape(broadcast(a.shape.sizes, b.shape.sizes))]


def divide_op(x, y, name=None):
    return make_op("TestDivide", x, y, name=name)


def variable(value, name="W"):
    value = np.asarray(value, np.float32)
    ref = make_op("VariableV2", shape=value.shape, dtype=tf.float32, name=name)
    return ref, make_op("Assign", ref, value), make_op("Identity", ref, name=f"{name}/read")


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as made:
        yield made


def test_fetches_come_back_in_their_structure(session):
    pair = collections.namedtuple("pair", "a b")
    c = tf.constant(1.0, name="c")
    nop = tf.no_op(name="n")
    result = session.run({"x": [c, ("c:0", nop)], "y": pair(c, "n")})
    assert result == {"x": [1.0, (1.0, None)], "y": pair(1.0, None)}
    assert isinstance(session.run([c]), list)
    assert session.run((c,)) == (1.0,)


def test_wrong_fetches_are_named(session):
    tf.constant(1.0)
    with pytest.raises(TypeError, match="has invalid type 'float'"):
        session.run(1.0)
    with pytest.raises(ValueError, match="not in the graph"):
        session.run("nope")
    with pytest.raises(TypeError, match="NoneType"):
        session.run(None)


def test_feeds_are_converted_and_checked(session):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    assert session.run(x, {x: [[1, 2]]}).dtype == np.float32
    assert session.run(x, {"x:0": [[1, 2]]}).tolist() == [[1, 2]]
    with pytest.raises(ValueError, match=r"Cannot feed value of shape \(3,\) for Tensor x:0"):
        session.run(x, {x: [1, 2, 3]})
    with pytest.raises(TypeError, match="cannot be a tf"):
        session.run(x, {x: x})
    with pytest.raises(TypeError, match="Cannot interpret feed_dict key"):
        session.run(x, {"y:0": 1})


def test_an_intermediate_tensor_can_be_fed(session):
    x = tf.placeholder(tf.float32, [], name="x")
    half = divide_op(x, 2.0)
    assert session.run(divide_op(half, 2.0), {half: 8.0}) == 4.0


def test_an_unfed_placeholder_is_named(session):
    x = tf.placeholder(tf.float32, [None], name="x")
    with pytest.raises(tf.errors.InvalidArgumentError, match="placeholder tensor 'x'") as caught:
        session.run(divide_op(x, x))
    assert caught.value.op is x.op


def test_reading_an_uninitialized_variable_is_an_error(session):
    _, init, read = variable([1, 2])
    with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value W"):
        session.run(read)
    session.run(init)
    assert session.run(read).tolist() == [1, 2]


def test_reads_come_before_updates_unless_told_otherwise(session):
    ref, init, read = variable([1.0])
    add = make_op("AssignAdd", ref, [1.0])
    with tf.control_dependencies([add]):
        after = tf.identity(ref)
    session.run(init)
    before_value, add_value, after_value = session.run([read, add, after])
    assert (before_value[0], add_value[0], after_value[0]) == (1, 2, 2)


def test_a_value_read_before_an_update_stays(session):
    ref, init, read = variable([1.0, 2.0])
    add = make_op("AssignAdd", ref, [10.0, 10.0])
    with tf.control_dependencies([add]):
        late = divide_op(read, 1.0)  # computed after the update from the value before it
    session.run(init)
    assert session.run(late).tolist() == [1, 2]
    assert session.run(ref).tolist() == [11, 12]


def test_what_is_fetched_belongs_to_the_caller(session):
    ref, init, _ = variable([1.0])
    c = tf.constant([5.0])
    session.run(init)
    for tensor in (ref, c):
        value = session.run(tensor)
        value[0] = 99
        assert session.run(tensor)[0] != 99


def test_a_failing_kernel_names_op_and_line(session):
    x = tf.placeholder(tf.float32, [None])
    z = divide_op(x, tf.constant([1.0, 2.0]), name="z")  # the line to blame
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        session.run(z, {x: [1, 2, 3]})
    assert caught.value.op.name == "z"
    assert caught.value.op.traceback[-2][3].endswith("# the line to blame")
    assert f"made at {__file__}" in str(caught.value)
    assert caught.value.node_def.op == "TestDivide"


def test_a_missing_device_is_refused_or_moved():
    with tf.Graph().as_default():
        with tf.device("/gpu:0"):
            c = divide_op(tf.constant([1.0]), 2.0)
        config = tf.ConfigProto(device_count={"GPU": 0})
        refused = pytest.raises(tf.errors.InvalidArgumentError, match="available devices are")
        with tf.Session(config=config) as strict, refused:
            strict.run(c)
        config = tf.ConfigProto(device_count={"GPU": 0}, allow_soft_placement=True)
        with tf.Session(config=config) as soft:
            assert soft.run(c).tolist() == [0.5]


def test_placement_is_logged(capsys):
    with tf.Graph().as_default():
        c = tf.constant(1.0, name="c")
        with tf.Session(config=tf.ConfigProto(log_device_placement=True)) as session:
            session.run(c)
    assert "c: (Const): /job:localhost/replica:0/task:0/device:CPU:0" in capsys.readouterr().err


def test_values_cross_the_border_of_a_simulated_gpu():
    with simulated_gpu() as (gpu,), tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None])
        with tf.device("/gpu:0"):
            on_gpu = divide_op(x, tf.constant([2.0, 2.0]))
        with tf.device("/cpu:0"):
            back = divide_op(on_gpu, 2.0)
        with tf.Session() as session:
            assert [d.device_type for d in session.list_devices()] == ["CPU", "GPU"]
            assert "SIMULATED" in session.list_devices()[1].physical_device_desc
            gpu.copies.clear()
            assert session.run(back, {x: [8, 4]}).tolist() == [2, 1]
    assert gpu.copies.count("to host") == 1
    assert "to device" in gpu.copies


def test_step_stats_time_every_op():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None], name="x")
        unused = divide_op(x, 3.0, name="unused")
        with tf.device("/cpu:1"), tf.control_dependencies([unused]):
            z = divide_op(x, 2.0, name="z")
        metadata = tf.RunMetadata()
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE, output_partition_graphs=True)
        with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as session:
            session.run(z, {x: [1, 2]}, options=options, run_metadata=metadata)
    stats = {n.node_name: n for d in metadata.step_stats.dev_stats for n in d.node_stats}
    assert {"x", "z", "z/y"} <= stats.keys()
    assert "unused" not in stats  # nobody needs its value, so it did not run
    z_stats = stats["z"]
    assert z_stats.all_start_micros > 1.6e15
    assert z_stats.op_end_rel_nanos > 0
    assert [d.size for d in z_stats.output[0].tensor_description.shape.dim] == [2]
    assert z_stats.memory[0].total_bytes == 8
    assert len(metadata.partition_graphs) == 2


def test_many_threads_share_a_session(session):
    x = tf.placeholder(tf.float32, [])
    y = divide_op(x, 2.0)
    results = {}

    def work(i):
        results[i] = [session.run(y, {x: float(i)}) for _ in range(50)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {i: [i / 2] * 50 for i in range(4)}


def test_sessions_close_and_default():
    with tf.Graph().as_default():
        c = tf.constant(3.0)
        session = tf.InteractiveSession()
        assert c.eval() == 3.0
        session.close()
        with pytest.raises(RuntimeError, match="closed"):
            session.run(c)
        with pytest.raises(ValueError, match="no default session"):
            c.eval()


def test_an_empty_graph_says_so():
    empty = pytest.raises(RuntimeError, match="graph is empty")
    with tf.Graph().as_default(), tf.Session() as session, empty:
        session.run("x:0")


def test_make_callable_takes_values_in_order(session):
    x = tf.placeholder(tf.float32, [])
    y = tf.placeholder(tf.float32, [])
    f = session.make_callable(divide_op(x, y), [x, y])
    assert f(6, 3) == 2
    with pytest.raises(ValueError, match="expected 2 values"):
        f(1)


def test_a_fetched_value_that_goes_by_two_names_is_there() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [3])
        doubled = x * 2
        same = tf.cast(tf.identity(doubled), tf.float32)
        total = tf.reduce_sum(same + 1)
        found = session.run([doubled, total], {x: [1, 2, 3]})
    assert found[0].tolist() == [2, 4, 6]
    assert found[1] == 15
