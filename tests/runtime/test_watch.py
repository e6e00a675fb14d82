"""Watched runs: every node under its own name, exact hits, values kept from before updates."""

import itertools

import numpy as np
import pytest
from tests.runtime.test_session import divide_op, variable

import opscope.runtime as tf
from opscope.events import health_summary
from opscope.events.proto.config_pb2 import RunOptions
from opscope.runtime.make_op import make_op
from opscope.runtime.watch import Watch, register_callback


@pytest.fixture
def session():
    config = tf.ConfigProto(device_count={"CPU": 2})
    with tf.Graph().as_default(), tf.Session(config=config) as made:
        yield made


def test_every_node_of_the_pruned_graph_is_there_once_in_order(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    folded = divide_op(tf.constant(6.0, name="six"), tf.constant(3.0, name="three"), name="two")
    y = divide_op(x, folded, name="y")
    run = session.run_watched(y, {x: [2, 4]}, watch=Watch())
    assert [t.name for t in run.tensors] == ["x:0", "six:0", "three:0", "two:0", "y:0"]
    assert run.result.tolist() == [1, 2]
    assert run.feeds["x:0"].tolist() == [2, 4]
    stamps = [t.timestamp for t in run.tensors]
    assert all(a < b for a, b in itertools.pairwise(stamps))


def test_stamps_rise_from_run_to_run(session):
    c = divide_op(tf.constant(1.0), 2.0)
    first = session.run_watched(c, watch=Watch()).tensors[-1].timestamp
    assert session.run_watched(c, watch=Watch()).tensors[0].timestamp > first


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex64, "bfloat16"])
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan, None])
def test_hits_are_exact(session, dtype, bad):
    dtype = tf.as_dtype(dtype)
    x = tf.placeholder(dtype, [None], name="x")
    y = tf.identity(x, name="y")
    largest = 6e4 if dtype is tf.float16 else 3e38  # whose square overflows
    value = np.array([largest, 0, -largest], dtype.as_numpy_dtype)
    if bad is not None:
        value[1] = bad
    run = session.run_watched(y, {x: value}, watch=Watch(check=True))
    assert [t.name for t in run.hits] == ([] if bad is None else ["x:0", "y:0"])


def test_the_first_hit_is_the_origin_on_any_device(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    with tf.device("/cpu:1"):
        origin = divide_op(1.0, x, name="origin")
    later = divide_op(origin, 2.0, name="later")
    run = session.run_watched(later, {x: [0, 1]}, watch=Watch(check=True))
    assert [t.node_name for t in run.hits] == ["origin", "later"]
    assert run.hits[0].device_name.endswith("CPU:1")
    graphs = run.partition_graphs
    assert {n.op for n in graphs[run.hits[0].device_name].node} >= {"_Send", "_Recv", "TestDivide"}


def test_values_from_before_an_update_are_kept(session):
    ref, init, read = variable([1.0, 2.0])
    add = make_op("AssignAdd", ref, [1.0, 1.0], name="add")
    session.run(init)
    runs = [session.run_watched([read, add], watch=Watch()) for _ in range(3)]
    seen = [{t.name: t.value.tolist() for t in run.tensors} for run in runs]
    assert [s["W:0"] for s in seen] == [[1, 2], [2, 3], [3, 4]]
    assert [s["add:0"] for s in seen] == [[2, 3], [3, 4], [4, 5]]


def test_memory_of_an_old_value_is_used_again_once_it_is_free(session):
    ref, init, _ = variable(np.zeros(1000))
    add = make_op("AssignAdd", ref, np.ones(1000, np.float32))
    session.run(init)
    slot = next(iter(session._slots.values()))
    addresses = set()
    for _ in range(6):
        session.run_watched(add, watch=Watch())
        addresses.add(slot.value.__array_interface__["data"][0])
    assert len(addresses) == 2


def test_filters_are_anchored_and_combined(session):
    x = tf.placeholder(tf.float32, [2], name="layer/x")
    y = divide_op(x, 2.0, name="layer/y")
    run = session.run_watched(y, {x: [1, 2]}, watch=Watch(node_name="layer/", op_type="Test"))
    assert [t.name for t in run.tensors] == ["layer/y:0"]
    nothing = session.run_watched(y, {x: [1, 2]}, watch=Watch(node_name="nomatch"))
    assert nothing.tensors == []
    assert nothing.result.tolist() == [0.5, 1.0]


def test_an_error_leaves_what_was_computed_before_it(session):
    x = tf.placeholder(tf.float32, [None], name="x")
    first = divide_op(x, 2.0, name="first")
    bad = divide_op(first, tf.constant([1.0, 2.0]), name="bad")
    last = divide_op(bad, 2.0, name="last")
    run = session.run_watched(last, {x: [1, 2, 3]}, watch=Watch())
    assert run.result is None
    assert run.error.op.name == "bad"
    names = [t.name for t in run.tensors]
    assert "first:0" in names
    assert "bad:0" not in names
    assert "last:0" not in names


def test_run_options_name_a_callback(session):
    x = tf.placeholder(tf.float32, [], name="x")
    y = divide_op(x, 0.0, name="y")
    seen = []
    unregister = register_callback("test", Watch(check=True), seen.append)
    options = RunOptions()
    watch = options.debug_options.debug_tensor_watch_opts.add(node_name="*", output_slot=-1)
    watch.debug_urls.append("memcbk:///test")
    options.debug_options.global_step = 7
    assert session.run(y, {x: 1.0}, options=options) == np.inf
    assert [t.name for t in seen[0].hits] == ["y:0"]
    assert seen[0].global_step == 7
    unregister()
    with pytest.raises(ValueError, match="no watch callback"):
        session.run(y, {x: 1.0}, options=options)


def test_a_value_nobody_needs_is_skipped_by_the_cheap_check_and_there_to_see(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    unused = divide_op(x, 0.0, name="unused")
    with tf.control_dependencies([unused]):
        y = divide_op(x, tf.constant(0.0), name="y")
    assert session.run_watched(y, {x: [0, 0]}, watch=Watch(check=True)).hits[0].node_name == (
        "unused"
    )
    whole = session.run_watched(y, {x: [1, 2]}, watch=Watch())
    cheap = session.run_watched(y, {x: [1, 2]}, watch=Watch(check=True))
    assert [t.name for t in cheap.tensors] == [t.name for t in whole.tensors]
    assert {t.name: t.value.tolist() for t in cheap.tensors}["unused:0"] == [np.inf, np.inf]
    assert [t.name for t in cheap.hits] == ["unused:0", "y:0"]


def test_a_sum_that_overflows_is_found_though_its_input_is_finite(session):
    x = tf.placeholder(tf.float32, [None], name="x")
    total = tf.reduce_sum(x, name="total")
    part = tf.strided_slice(x, [0], [1], name="part")
    run = session.run_watched([total, part], {x: [3e38, 3e38]}, watch=Watch(check=True))
    assert [t.name for t in run.hits] == ["total:0"]
    run = session.run_watched([total, part], {x: [1, np.inf]}, watch=Watch(check=True))
    assert [t.name for t in run.hits] == ["x:0", "total:0"]


def descent(session, rate=0.5):
    """W <- W - rate * gradient, with the gradient fed."""
    ref, init, read = variable([1.0, 2.0])
    gradient = tf.placeholder(tf.float32, [2], name="gradient")
    rate = tf.placeholder_with_default(tf.constant(rate), [], name="rate")
    update = make_op("ApplyGradientDescent", ref, rate, gradient, name="update")
    session.run(init)
    return update, gradient, rate, read


def test_a_clean_check_updates_in_place_and_does_not_show_what_is_gone(session):
    update, gradient, _, read = descent(session)
    slot = next(iter(session._slots.values()))
    before = slot.value
    run = session.run_watched([update, read], {gradient: [1, 1]}, watch=Watch(check=True))
    assert slot.value is before
    assert run.result[1].tolist() == [1, 2]
    assert {t.name: t.value.tolist() for t in run.tensors if t.value.ndim} == {
        "gradient:0": [1, 1],
        "update:0": [0.5, 1.5],
    }


@pytest.mark.parametrize(
    ("fed", "rate", "hit"),
    [
        ([np.inf, 0], 0.5, "gradient:0"),
        ([1, 1], np.inf, "rate:0"),
        ([3e38, 0], 0.5, None),
        ([3e38, 0], 10.0, "update:0"),
    ],
)
def test_what_an_update_overwrites_is_kept_when_it_may_go_bad(session, fed, rate, hit):
    update, gradient, rate_tensor, _ = descent(session)
    feeds = {gradient: fed, rate_tensor: rate}
    run = session.run_watched(update, feeds, watch=Watch(check=True))
    assert [t.name for t in run.hits][:1] == ([] if hit is None else [hit])
    assert {t.name: t.value.tolist() for t in run.tensors if t.value.ndim}["W:0"] == [1, 2]


def test_a_variable_that_goes_bad_is_found_at_every_later_step(session):
    update, gradient, _, read = descent(session)
    both = [update, read]
    assert session.run_watched(both, {gradient: [0, 0]}, watch=Watch(check=True)).hits == []
    session.run(update, {gradient: [np.nan, 0]})
    for _ in range(2):
        run = session.run_watched(both, {gradient: [0, 0]}, watch=Watch(check=True))
        assert [t.name for t in run.hits] == ["W:0", "W/read:0", "update:0"]


def test_health_summaries_are_those_of_the_tensors(session):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    constant = tf.constant([1.0, 2.0, np.nan])
    view = tf.reshape(tf.identity(x) + constant, [6])
    for value in (np.zeros((2, 3)), np.ones((2, 3))):
        run = session.run_watched(view, {x: value}, watch=Watch())
        expected = [health_summary(t.value) for t in run.tensors]
        assert [s.tobytes() for s in run.health_summaries] == [s.tobytes() for s in expected]
