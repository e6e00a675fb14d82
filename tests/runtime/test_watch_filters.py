"""Filters in the middle of a step, on every device and in every executor; stopping at the hit."""

import contextlib

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.events import AbsoluteAbove, AllZero, AnyOf, HasInfOrNan, HasNan, OutOfRange
from opscope.events.proto.config_pb2 import RunOptions
from opscope.runtime.executor_type import INTERPRETER
from opscope.runtime.simulated_gpu import simulated_gpu
from opscope.runtime.watch import Watch, register_callback


@pytest.fixture(params=["generated", "interpreted", "gpu"])
def session(request):
    config = tf.ConfigProto()
    if request.param == "interpreted":
        config.experimental.executor_type = INTERPRETER
    gpu = simulated_gpu() if request.param == "gpu" else contextlib.nullcontext()
    with gpu, tf.Graph().as_default(), tf.Session(config=config) as made:
        yield made


def names(tensors):
    return [t.name for t in tensors]


@pytest.mark.parametrize(
    ("passes", "hits"),
    [
        (HasInfOrNan(), ["x:0", "z:0", "total:0"]),
        (HasNan(), ["z:0", "total:0"]),
        (OutOfRange(-3, 3), ["x:0", "y:0", "z:0", "total:0"]),
        (AbsoluteAbove(100), ["x:0", "z:0", "total:0"]),
        (AllZero(), ["zero:0"]),
    ],
)
def test_built_in_filters(session, passes, hits):
    x = tf.placeholder(tf.float32, [3], name="x")
    zero = tf.constant(0.0, name="zero")
    y = tf.clip_by_value(x, -5.0, 5.0)
    y = tf.identity(tf.add(y, 0.5), name="y")
    z = tf.multiply(x, zero, name="z")
    total = tf.reduce_sum(z, name="total")
    run = session.run_watched([y, total], {x: [1, np.inf, 2]}, watch=Watch(filter=passes))
    wanted = [n for n in names(run.tensors) if n in names(run.hits)]
    assert names(run.hits) == wanted
    assert {n for n in names(run.hits) if n in ("x:0", "y:0", "z:0", "total:0", "zero:0")} == set(
        hits
    )
    clean = session.run_watched([y], {x: [1, 1, 2]}, watch=Watch(filter=HasNan()))
    assert clean.hits == []
    assert clean.result[0].tolist() == [1.5, 1.5, 2.5]


def test_a_users_filter_sees_each_name_with_its_value(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.identity(x, name="y")
    z = tf.add(y, 1.0, name="z")
    seen = []

    def asks(datum, tensor):
        seen.append((datum.tensor_name, datum.watch_key, type(tensor)))
        assert datum.get_tensor() is tensor
        return datum.node_name == "y"

    run = session.run_watched(z, {x: [1, 2]}, watch=Watch(filter=asks))
    assert names(run.hits) == ["y:0"]
    assert ("z:0", "z:0:DebugIdentity", np.ndarray) in seen
    again = session.run_watched(z, {x: [3, 4]}, watch=Watch(filter=asks))
    assert again.hits[0].value.tolist() == [3, 4]


def test_a_filter_that_fails_is_asked_no_more_and_the_run_goes_on(session, capsys):
    x = tf.placeholder(tf.float32, [None], name="x")
    y = tf.sqrt(tf.square(x + 1.0), name="y")
    calls = []

    def fails(datum, tensor):
        calls.append(datum.name)
        raise ZeroDivisionError("of mine")

    watch = Watch(node_name="y", filter=fails)
    for values in ([1.0], [1.0, 2.0]):
        run = session.run_watched(y, {x: values}, watch=watch)
        assert run.error is None
        assert run.result.tolist() == [v + 1 for v in values]
        assert run.hits == []
        assert run.filter_error == "filter fails failed on y:0: ZeroDivisionError: of mine"
    assert len(calls) == 1
    assert capsys.readouterr().err.count("asked no more") == 1


@pytest.mark.parametrize("passes", [None, HasNan(), lambda datum, tensor: np.isnan(tensor).any()])
def test_a_run_stops_at_its_hit_with_the_inputs_in_hand(session, passes):
    x = tf.placeholder(tf.float32, [2], name="x")
    weight = tf.get_variable("weight", initializer=[1.0, 1.0], use_resource=False)
    ratio = tf.divide(x, x, name="ratio")
    later = tf.add(ratio, 1.0, name="later")
    with tf.control_dependencies([later]):
        train = tf.assign_sub(weight, later, name="train")
    session.run(tf.global_variables_initializer())
    watch = Watch(check=passes is None, filter=passes, stop=True)
    run = session.run_watched([train, later], {x: [0, 2]}, watch=watch)
    assert run.stopped
    assert run.result is None
    assert run.error is None
    (hit,) = run.hits
    assert hit.name == "ratio:0"
    assert [(t.name, t.value.tolist()) for t in hit.inputs] == [("x:0", [0, 2])] * 2
    assert "later:0" not in names(run.tensors)
    assert "ratio:0" in names(run.tensors)
    assert session.run(weight).tolist() == [1, 1]
    fine = session.run_watched([train, later], {x: [1, 2]}, watch=watch)
    assert not fine.stopped
    assert fine.result[1].tolist() == [2, 2]


def test_a_pattern_does_not_hide_the_inputs_of_a_hit(session):
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.multiply(x, 2.0, name="y")
    z = tf.log(y, name="z")
    for stop in (False, True):
        watch = Watch(node_name="z", check=True, stop=stop)
        run = session.run_watched(z, {x: 0.0}, watch=watch)
        assert names(run.tensors) == ["z:0"]
        assert [(t.name, float(t.value)) for t in run.hits[0].inputs] == [("y:0", 0.0)]


@pytest.mark.parametrize("stop", [False, True])
@pytest.mark.parametrize("passes", [HasInfOrNan(), AbsoluteAbove(100), AnyOf((HasNan(),))])
def test_each_round_of_a_loop_is_tested(session, stop, passes):
    limit = tf.placeholder(tf.float32, [], name="limit")

    def body(i, v):
        with tf.name_scope("body"):
            part = tf.divide(1.0, tf.cast(3 - i, tf.float32), name="part")
            return i + 1, v + part * limit

    _, v = tf.while_loop(lambda i, v: i < 6, body, [0, 0.0])
    watch = Watch(node_name="while/body/part", filter=passes, stop=stop)
    run = session.run_watched(v, {limit: np.inf if isinstance(passes, AnyOf) else 1.0}, watch=watch)
    hits = [t for t in run.hits if t.name == "while/body/part:0"]
    if isinstance(passes, AnyOf):
        assert hits == []
        return
    (hit,) = hits
    assert float(hit.value) == np.inf
    assert [float(t.value) for t in hit.inputs] == [1.0, 0.0]
    assert run.stopped is stop
    rounds = [float(t.value) for t in run.tensors if t.name == "while/body/part:0"]
    assert len(rounds) == (4 if stop else 6)


def test_a_merge_has_the_input_that_it_took(session):
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.cond(x > 0, lambda: tf.log(x, name="log"), lambda: x / 0.0)
    run = session.run_watched(y, {x: -1.0}, watch=Watch(check=True))
    merge = run.hits[-1]
    assert merge.op_type == "Merge"
    assert [float(t.value) for t in merge.inputs] == [-np.inf]


def test_every_node_is_tested_under_its_own_name(session):
    one = tf.constant(1.0, name="one")
    folded = tf.divide(one, 0.0, name="folded")
    x = tf.placeholder(tf.float32, [2], name="x")
    first = tf.log(x, name="first")
    twin = tf.log(x, name="twin")
    both = tf.add(first, twin, name="both")
    run = session.run_watched([both, folded], {x: [0, 1]}, watch=Watch(check=True))
    assert {"one:0", "folded:0", "x:0", "first:0", "twin:0", "both:0"} <= set(names(run.tensors))
    assert {"folded:0", "first:0", "twin:0", "both:0"} <= set(names(run.hits))
    stopped = session.run_watched([both, folded], {x: [0, 1]}, watch=Watch(check=True, stop=True))
    assert len(stopped.hits) == 1


def test_watches_of_one_run_are_joined():
    check, nan, patterns = Watch(check=True), Watch(filter=HasNan(), stop=True), Watch("a")
    assert Watch.for_all([check, check]) is check
    assert Watch.for_all([check, patterns]) == check
    assert Watch.for_all([patterns, nan]) == Watch(filter=HasNan(), stop=True)
    assert Watch.for_all([check, nan]).filter == AnyOf((HasInfOrNan(), HasNan()))


def test_a_stopped_run_of_options_is_an_error():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [], name="x")
        y = tf.divide(x, 0.0, name="y")
        seen = []
        end = register_callback("stops", Watch(check=True, stop=True), seen.append)
        options = RunOptions()
        options.debug_options.debug_tensor_watch_opts.add(
            node_name="*", output_slot=-1, debug_urls=["memcbk:///stops"]
        )
        with pytest.raises(tf.errors.CancelledError, match="stopped at y:0"):
            session.run(y, {x: 1.0}, options=options)
        assert seen[0].stopped
        end()


def test_wrong_watches_are_refused():
    for wrong, error in (
        (lambda: Watch(stop=True), "give filter="),
        (lambda: Watch(check=True, filter=HasNan()), "AnyOf"),
    ):
        with pytest.raises(ValueError, match=error):
            wrong()
    with pytest.raises(TypeError, match="called"):
        Watch(filter="has_nan")
    assert Watch(filter=HasInfOrNan()) == Watch(check=True)


def test_a_pattern_that_sees_a_value_in_branches_alone_has_it_tested_in_each(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    first = tf.placeholder(tf.bool, [], name="first")
    y = tf.cond(first, lambda: x * 2.0, lambda: x + 1.0)
    for taken in (True, False):
        run = session.run_watched(
            y, {x: [np.inf, 1], first: taken}, watch=Watch(".*/Switch", check=True)
        )
        assert {hit.name for hit in run.hits} == {
            tensor.name for tensor in run.tensors if tensor.value.dtype == np.float32
        }
        assert run.hits
