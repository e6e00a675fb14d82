"""Runs gone by, held in memory within a budget; health summaries in place of values."""

import contextlib

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.events import AbsoluteAbove, health_summary
from opscope.runtime.executor_type import INTERPRETER
from opscope.runtime.simulated_gpu import simulated_gpu
from opscope.runtime.watch import Watch


@pytest.fixture(params=["generated", "interpreted", "gpu"])
def session(request):
    config = tf.ConfigProto()
    if request.param == "interpreted":
        config.experimental.executor_type = INTERPRETER
    gpu = simulated_gpu() if request.param == "gpu" else contextlib.nullcontext()
    with gpu, tf.Graph().as_default(), tf.Session(config=config) as made:
        yield made


class Doubling:
    """A variable that doubles with each step."""

    def __init__(self, session, size=2):
        self.weight = tf.get_variable(
            "w", initializer=np.ones(size, np.float32), use_resource=False
        )
        self.x = tf.placeholder(tf.float32, [], name="x")
        self.step = tf.assign(self.weight, self.weight * self.x, name="step")
        self.session = session
        session.run(tf.global_variables_initializer())

    def run(self, watch, x=2.0):
        return self.session.run_watched(self.step, {self.x: x}, watch=watch)


def value(run, name):
    return next(t.value for t in run.tensors if t.name == name)


@pytest.mark.parametrize("check", [False, True])
def test_the_last_runs_are_held_as_they_were(session, check):
    model = Doubling(session)
    watch = Watch(check=check, keep_last=3)
    runs = [model.run(watch) for _ in range(5)]
    history = runs[-1].history
    assert history is runs[0].history
    assert [run.session_run_index for run in history.runs] == [3, 4, 5]
    assert [value(run, "w:0").tolist() for run in history.runs] == [[4, 4], [8, 8], [16, 16]]
    assert [value(run, "step:0").tolist() for run in history.runs][-1] == [32, 32]
    assert history.dropped == ""
    assert history.runs[-1] is runs[-1]


def test_how_a_hit_came_about(session):
    model = Doubling(session)
    watch = Watch(filter=AbsoluteAbove(20), keep_last=4, stop=True)
    run = model.run(watch)
    while not run.hits:
        run = model.run(watch)
    assert run.hits[0].value.tolist() == [32, 32]
    assert [value(r, "w:0")[0] for r in run.history.runs] == [2, 4, 8, 16]
    assert session.run(model.weight).tolist() == [16, 16]


def test_what_the_caller_writes_to_is_held_as_it_was(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.add(tf.reshape(x, [2]), 1.0, name="y")
    batch = np.zeros(2, np.float32)
    watch = Watch(keep_last=2)
    for step in range(2):
        batch[:] = step
        run = session.run_watched(y, {x: batch}, watch=watch)
        run.result[:] = -1
    held = [(value(r, "x:0").tolist(), value(r, "y:0").tolist()) for r in run.history.runs]
    assert held == [([0, 0], [1, 1]), ([1, 1], [2, 2])]


def test_the_budget_is_kept_and_says_what_is_missing(session):
    model = Doubling(session, size=1000)
    watch = Watch(node_name="w$|step", keep_last=10, byte_budget=20_500)
    history = [model.run(watch, 1.0) for _ in range(10)][-1].history
    assert 1 < len(history.runs) < 10
    assert history.bytes <= 20_500
    missing = 10 - len(history.runs)
    assert history.dropped.startswith(f"{missing} of the last 10 runs are not held: the budget of")
    none = model.run(Watch(keep_last=2, byte_budget=10)).history
    assert none.runs == []
    assert none.bytes == 0
    assert "1 of the last 1" in none.dropped


def test_memory_that_runs_share_counts_once(session):
    constant = tf.constant(np.ones(1000, np.float32), name="c")
    x = tf.placeholder(tf.float32, [], name="x")
    total = tf.multiply(tf.reduce_sum(constant), x)
    runs = [session.run_watched(total, {x: 1.0}, watch=Watch(keep_last=5)) for _ in range(5)]
    assert len(runs[-1].history.runs) == 5
    assert 4000 <= runs[-1].history.bytes < 8000


def test_summaries_are_those_of_the_values(session):
    model = Doubling(session)
    rows = tf.constant([[1.0, np.inf], [0.0, -1.0]], name="rows")
    out = [model.step, tf.identity(rows, name="same"), tf.log(rows, name="log"), rows[0, 0]]
    session.run(tf.global_variables_initializer())
    whole = session.run_watched(out, {model.x: 2.0}, watch=Watch())
    session.run(tf.global_variables_initializer())
    run = session.run_watched(out, {model.x: 2.0}, watch=Watch(summaries=True))
    assert str(run.result) == str(whole.result)
    assert run.tensors == []
    assert [(h.node_name, h.output_slot) for h in run.health] == [
        (t.node_name, t.output_slot) for t in whole.tensors
    ]
    for row, tensor in zip(run.health, whole.tensors, strict=True):
        np.testing.assert_array_equal(row.summary, health_summary(tensor.value), row.node_name)
        assert row.op_type == tensor.op_type
        assert row.device_name == tensor.device_name
    stamps = [row.timestamp for row in run.health]
    assert stamps == sorted(set(stamps))


def test_summaries_of_each_round_of_a_loop_and_of_branches(session):
    x = tf.placeholder(tf.float32, [2], name="x")

    def body(i, v):
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: v * 2.0, lambda: v + x)

    _, v = tf.while_loop(lambda i, v: i < 5, body, [0, x])
    whole = session.run_watched(v, {x: [1, -1]}, watch=Watch())
    run = session.run_watched(v, {x: [1, -1]}, watch=Watch(summaries=True))
    assert run.result.tolist() == whole.result.tolist()
    needed = {row.node_name for row in run.health}
    pivots = {"while/cond/Switch", "while/cond/switch_t", "while/cond/switch_f"}
    assert {t.node_name for t in whole.tensors} - needed <= pivots
    pairs = zip(run.health, (h for h in whole.health if h.node_name in needed), strict=True)
    for ours, theirs in pairs:
        assert ours.node_name == theirs.node_name
        np.testing.assert_array_equal(ours.summary, theirs.summary)


def test_what_nothing_needs_is_summarized_where_it_is_asked_for(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    extra = tf.sqrt(x, name="extra")
    with tf.control_dependencies([extra]):
        y = tf.multiply(x, 2.0, name="y")
    every = session.run_watched(y, {x: [1, 4]}, watch=Watch(summaries=True))
    assert {row.node_name for row in every.health} - {"extra"} == {"x", "y/y", "y"}
    asked = session.run_watched(y, {x: [1, 4]}, watch=Watch("extra", summaries=True))
    assert [row.summary[9] for row in asked.health] == [2]


def test_a_variables_summary_is_that_of_its_last_update(session):
    w = tf.get_variable("w", initializer=np.float32([1, 2, 3]))
    x = tf.placeholder(tf.float32, [3], name="x")
    train = tf.assign_sub(w, x, name="train")
    session.run(tf.global_variables_initializer())
    watch = Watch(summaries=True)
    for fed in ([0, 0, np.inf], [1, 1, 1], [0, np.nan, 0]):
        before = session.run(w)
        found = {
            row.node_name: row.summary
            for row in session.run_watched(train, {x: fed}, watch=watch).health
        }
        np.testing.assert_array_equal(found["w"], health_summary(before))
        np.testing.assert_array_equal(found["train"], health_summary(session.run(w)))
    session.run(tf.assign(w, [7, 7, 7]))
    found = session.run_watched(w.value(), watch=watch).health
    assert {row.summary[8] for row in found} == {7}


@pytest.mark.parametrize("number", [0.0, -0.0, 2.5, -1e30, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64", "bool"])
def test_a_scalars_summary_is_that_of_its_value(session, dtype, number):
    x = tf.placeholder(dtype, [], name="x")
    fed = np.float64(number)
    with np.errstate(all="ignore"):
        fed = fed.astype(dtype)
    y = tf.equal(x, x, name="y")
    run = session.run_watched(y, {x: fed}, watch=Watch(summaries=True))
    assert [row.node_name for row in run.health] == ["x", "y"]
    np.testing.assert_array_equal(run.health[0].summary, health_summary(fed))


def test_the_same_elements_in_another_shape_have_the_same_numbers(session):
    x = tf.placeholder(tf.float32, [2, 3, 1], name="x")
    seen = tf.sqrt(x, name="seen")
    out = [
        tf.reshape(seen, [6]),
        tf.squeeze(seen, [2]),
        tf.expand_dims(seen, 0),
        tf.transpose(seen, [2, 1, 0]),
    ]
    fed = {x: [[[1], [-1], [0]], [[np.inf], [9], [4]]]}
    run = session.run_watched(out, fed, watch=Watch(summaries=True))
    whole = session.run_watched(out, fed, watch=Watch())
    for row, expected in zip(run.health, whole.health, strict=True):
        assert row.node_name == expected.node_name
        np.testing.assert_array_equal(row.summary, expected.summary)


def test_an_error_leaves_the_summaries_of_what_came_before(session):
    x = tf.placeholder(tf.float32, [None], name="x")
    first = tf.sqrt(x, name="first")
    bad = tf.check_numerics(first, "wrong", name="bad")
    last = tf.sqrt(bad, name="last")
    run = session.run_watched(last, {x: [-1.0]}, watch=Watch(summaries=True))
    assert run.error.op.name == "bad"
    found = {row.node_name: row.summary for row in run.health}
    assert found["first"][2] == 1
    assert "last" not in found
    assert "bad" not in found


def test_summaries_of_the_last_runs_take_little(session):
    model = Doubling(session, size=100_000)
    for watch in (
        Watch(summaries=True, keep_last=3),
        Watch(summaries=True, keep_last=3, check=True),
    ):
        for _ in range(4):
            run = model.run(watch, 1.0)
        held = run.history.runs
        assert len(held) == 3
        assert run.history.bytes < 10_000
        assert {row.node_name for row in held[0].health} >= {"w", "x", "step"}
        assert held[0].tensors == []
        assert held[0].hits == []


def test_a_hit_is_named_where_only_summaries_are_held(session):
    model = Doubling(session)
    watch = Watch(filter=AbsoluteAbove(3), summaries=True, keep_last=3)
    runs = [model.run(watch) for _ in range(2)]
    assert runs[-1].hits[0].value.tolist() == [4, 4]
    held = runs[-1].history.runs
    assert [[hit.value for hit in run.hits][:1] for run in held] == [[], [None]]


def test_wrong_numbers_are_refused():
    for wrong in ({"keep_last": -1}, {"byte_budget": -1}):
        with pytest.raises(ValueError, match="0 or more"):
            Watch(**wrong)
