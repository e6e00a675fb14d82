"""The node stepper: runs taken apart, and everything put back afterwards."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from terminal_session import repeated

import opscope.runtime as tf
from opscope.tfdbg import LocalCLIDebugHook, LocalCLIDebugWrapperSession, NodeStepper


class Program:
    """`loss = (v * x - 1) ** 2` and a step of momentum on it, beside a step counter."""

    def __init__(self, use_resource: bool) -> None:
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.v = tf.get_variable("v", initializer=np.float32(2), use_resource=use_resource)
            self.x = tf.placeholder(tf.float32, [], name="x")
            self.y = tf.multiply(self.v, self.x, name="y")
            self.loss = tf.square(tf.subtract(self.y, 1.0, name="off"), name="loss")
            self.step = tf.train.get_or_create_global_step()
            optimizer = tf.train.MomentumOptimizer(0.1, 0.9)
            self.train = optimizer.minimize(self.loss, global_step=self.step)
            self.session = tf.Session()
            self.session.run(tf.global_variables_initializer())
        self.fetches = [self.train, self.loss]
        self.feeds = {self.x: 3.0}

    def stepper(self) -> NodeStepper:
        return NodeStepper(self.session, self.fetches, self.feeds)

    @property
    def state(self) -> list[float]:
        return [float(value) for value in self.session.run([self.v, self.step])]


@pytest.fixture(params=[False, True], ids=["reference", "resource"])
def program(request: pytest.FixtureRequest) -> Iterator[Program]:
    made = Program(request.param)
    yield made
    made.session.close()


def walk(stepper: NodeStepper) -> dict[str, Any]:
    """Continue to every node in order."""
    placeholders = stepper.placeholders()
    return {n: stepper.cont(n) for n in stepper.sorted_nodes() if n not in placeholders}


def test_the_order_and_the_elements(program: Program) -> None:
    stepper = program.stepper()
    nodes = stepper.sorted_nodes()
    for name in nodes:
        op = program.graph.get_operation_by_name(name)
        needed = [tensor.op for tensor in op.inputs] + list(op.control_inputs)
        assert all(nodes.index(other.name) < nodes.index(name) for other in needed)
    assert stepper.placeholders() == ["x"]
    assert {"y:0", "loss:0", program.train.name} <= set(stepper.closure_elements())
    assert stepper.output_slots_in_closure("loss") == [0]
    assert stepper.is_feedable("y:0")
    assert not stepper.is_feedable("v:0")
    assert not stepper.is_feedable(program.train.name)


def test_values_are_held_and_fed(program: Program) -> None:
    stepper = program.stepper()
    assert stepper.cont("y:0") == 6.0
    assert stepper.last_feed_types() == {"x:0": "client"}
    assert stepper.handle_names() == {"y:0"}
    assert stepper.cont(program.loss) == 25.0
    assert stepper.last_feed_types() == {"y:0": "handle"}
    assert stepper.intermediate_tensor_names() >= {"off:0", "off/y:0"}
    assert stepper.get_tensor_value("off:0") == 5.0
    assert stepper.cont("off") == 5.0
    assert stepper.last_feed_types() == {"off:0": "dumped_intermediate"}
    assert stepper.cont("x:0") == 3.0
    assert stepper.handle_node_names() == {"y", "loss", "off"}


def test_a_whole_walk_is_a_run_and_can_be_taken_back(program: Program) -> None:
    stepper = program.stepper()
    values = walk(stepper)
    assert values["loss"] == 25.0
    assert program.state == [-1.0, 1.0]
    assert stepper.dirty_variables() == {"v:0", "v/Momentum:0", "global_step:0"}
    assert stepper.last_updated() == set()
    stepper.restore_variable_values()
    assert program.state == [2.0, 0.0]
    assert stepper.dirty_variables() == set()
    assert stepper.finalize()[1] == 25.0
    assert program.state == [-1.0, 1.0]


def test_an_update_that_ran_is_seen_once_by_what_waits_for_it(program: Program) -> None:
    stepper = program.stepper()
    update = next(n for n in stepper.sorted_nodes() if "ApplyMomentum" in n)
    stepper.cont(update)
    assert stepper.last_updated() == {"v:0", "v/Momentum:0"}
    stepper.cont(program.train)  # waits for the update, and counts the step
    assert program.state == [-1.0, 1.0]
    assert stepper.last_updated() == {"global_step:0"}


def test_injected_values_and_what_they_invalidate(program: Program) -> None:
    stepper = program.stepper()
    stepper.cont("loss:0")
    stepper.override_tensor("y:0", 4)
    assert stepper.override_names() == {"y:0"}
    assert "loss:0" not in stepper.handle_names()
    assert stepper.cont("loss:0") == 9.0
    assert stepper.last_feed_types()["y:0"] == "override"
    assert stepper.cont("loss:0", False, False, False) == 25.0
    stepper.remove_override("y:0")
    assert stepper.cont("loss:0") == 25.0


def test_restoring_and_invalidating_on_the_way(program: Program) -> None:
    stepper = program.stepper()
    assert stepper.cont("y:0") == 6.0
    stepper.cont(program.train, invalidate_from_updated_variables=True)
    assert "y:0" not in stepper.handle_names()
    assert stepper.cont("y:0") == -3.0
    stepper.cont(program.train, restore_variable_values=True)
    assert program.state[1] == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.cont("nosuch"), "nosuch is not in the transitive closure of this stepper"),
        (lambda s: s.is_feedable("nosuch:0"), "not in the transitive closure of this NodeStepper"),
        (lambda s: s.output_slots_in_closure("nosuch"), "not in the transitive closure"),
        (lambda s: s.override_tensor("nosuch:0", 1), 'Cannot override tensor "nosuch:0"'),
        (lambda s: s.override_tensor("v:0", 1), 'Cannot override "v:0"'),
        (lambda s: s.override_tensor("y:0", [1, 2]), "a value of (2,) does not fit"),
        (lambda s: s.remove_override("y:0"), 'No overriding value exists for tensor "y:0"'),
        (lambda s: s.get_tensor_value("loss:0"), "does not have access to the value of tensor"),
        (lambda s: NodeStepper(s._session, "loss:0").cont("x:0"), "x is a placeholder"),
    ],
)
def test_what_cannot_be_done(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call(Program(False).stepper())


def test_a_step_that_fails_changes_nothing() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.get_variable("v", initializer=np.float32(2), use_resource=False)
        session.run(v.initializer)
        with tf.control_dependencies([tf.assign(v, 9.0)]):
            bad = tf.check_numerics(tf.log(tf.constant(-1.0)), "bad", name="bad")
        stepper = NodeStepper(session, bad)
        with pytest.raises(tf.errors.InvalidArgumentError):
            stepper.cont("bad")
        assert session.run(v) == 2.0


def test_loops_and_branches_are_stepped_over_whole() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [], name="x")
        grown = tf.while_loop(lambda z: z < 100.0, lambda z: z * 2.0, [x])
        either = tf.cond(x > 0.0, lambda: grown + 1.0, lambda: x)
        stepper = NodeStepper(session, either, {x: 3.0})
        assert stepper.cont(grown) == 192.0
        assert stepper.cont(either) == 193.0
        assert stepper.last_feed_types()[grown.name] == "handle"


def test_the_screens_in_line_mode(program: Program) -> None:
    wrapper = LocalCLIDebugWrapperSession(program.session)
    typed = ["invoke_stepper", "lt -l 1 -u 3", "s -t 0", "s", "c y", "pt loss", "inject y:0 4"]
    typed += ["c loss", "inject v:0 1", "inject y:0 open('x')", "c nosuch", "lt", "s -t 99"]
    typed += ["c " + program.train.name, "s", "ri", "exit", "run"]
    transcript = repeated(lambda: wrapper.run(program.fetches, program.feeds), 2, *typed)
    text = transcript.text
    count = len(program.stepper().sorted_nodes())
    assert "--- Node Stepper: run #1: 2 fetches; 1 feed (x:0) ---" in text
    assert text.count("Topologically-sorted transitive input(s) and fetch(es):") == 3
    assert f"( 1 / {count})" not in text
    assert f"  --> (1 / {count})  [ U    ] " in text
    assert "ERROR: Invalid number of times to step: 0" in text
    assert "Continued to y:\n\nStepper used feeds:\n  x:0 : client\n" in text
    assert "Stepper used feeds:\n  (No feeds)" in text
    assert 'ERROR: This stepper instance does not have access to the value of tensor "loss:0"' in (
        text
    )
    assert 'Injected value "4" to tensor y:0:' in text
    assert "  y:0 : override" in text
    assert "array(9., dtype=float32)" in text
    assert 'ERROR: Cannot override "v:0"' in text
    assert "ERROR: The name open is not known here." in text
    assert "ERROR: nosuch is not in the transitive closure of this stepper instance." in text
    assert "[    O ] y" in text
    assert "Updated:\n  global_step:0" in text
    assert "ERROR: Cannot step any further because the end of the sorted transitive" in text
    assert 'ERROR: Invalid command prefix "ri"' in text
    assert transcript.starts() == [1, 2]
    assert transcript.results[0][1] == 25.0  # type: ignore[index]
    assert program.state[1] == 2.0


def test_a_node_with_several_outputs_is_named_by_tensor() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        low, high = tf.split(tf.constant([1.0, 2.0]), 2, name="halves")
        wrapper = LocalCLIDebugWrapperSession(session)
        typed = ["s", "c halves", "pt halves", "pt halves:1", "exit", "exit"]
        transcript = repeated(lambda: wrapper.run(low + high), 1, *typed)
    expected = "ERROR: Node halves has more than one output tensor. Please use full tensor name."
    assert expected in transcript.text
    assert "array([2.], dtype=float32)" in transcript.text


def test_the_end_of_the_input_detaches_and_restores(program: Program) -> None:
    wrapper = LocalCLIDebugWrapperSession(program.session)
    typed = ["s", f"c {program.train.name}"]
    transcript = repeated(lambda: wrapper.run(program.fetches, program.feeds), 2, *typed)
    assert transcript.starts() == [1]
    assert program.state[1] == 2.0
    assert transcript.results[0][1] == 25.0  # type: ignore[index]


@pytest.mark.parametrize("how", ["wrapper", "hook"])
def test_a_monitored_session_is_stepped_without_its_hooks(how: str) -> None:
    class Count(tf.train.SessionRunHook):
        runs = 0

        def after_run(self, run_context: Any, run_values: Any) -> None:
            Count.runs += 1

    with tf.Graph().as_default():
        step = tf.train.get_or_create_global_step()
        add = tf.assign_add(step, 1, name="add")
        hooks: list[Any] = [Count()]
        if how == "hook":
            hooks.append(LocalCLIDebugHook(ui_type="line"))
        session: Any = tf.train.MonitoredSession(hooks=hooks)
        wrapped = LocalCLIDebugWrapperSession(session) if how == "wrapper" else session
        transcript = repeated(lambda: wrapped.run(add), 1, "s", "c add", "c add", "exit")
        session.close()
    assert "Updated:\n  global_step:0" in transcript.text
    assert Count.runs == 1
    assert transcript.results == [1]


def test_the_stepper_belongs_to_the_start_of_a_run(program: Program) -> None:
    wrapper = LocalCLIDebugWrapperSession(program.session)
    typed = ["run", "invoke_stepper", "exit"]
    transcript = repeated(lambda: wrapper.run(program.loss, program.feeds), 1, *typed)
    assert "ERROR: invoke_stepper is not available here" in transcript.text
