"""The node stepper on sessions of TensorFlow."""

from typing import Any

import numpy as np
import pytest
from terminal_session import repeated

from opscope.tfdbg import LocalCLIDebugWrapperSession, NodeStepper

pytestmark = pytest.mark.interop
tf = pytest.importorskip("tensorflow").compat.v1


@pytest.fixture(params=[False, True], ids=["reference", "resource"])
def program(request: pytest.FixtureRequest) -> Any:
    with tf.Graph().as_default():
        v = tf.get_variable("v", initializer=np.float32([2, 4]), use_resource=request.param)
        x = tf.placeholder(tf.float32, [], name="x")
        y = tf.multiply(v, x, name="y")
        loss = tf.reduce_sum(tf.square(y - 1.0), name="loss")
        step = tf.train.get_or_create_global_step()
        train = tf.train.MomentumOptimizer(0.01, 0.9).minimize(loss, global_step=step)
        session = tf.Session()
        session.run(tf.global_variables_initializer())
        yield session, train, loss, {x: 3.0}, [v, step]
        session.close()


def test_a_walk_through_a_training_step(program: Any) -> None:
    session, train, loss, feeds, state = program
    before = session.run(state)
    stepper = NodeStepper(session, [train, loss], feeds)
    assert stepper.cont("loss") == 25.0 + 121.0
    for name in stepper.sorted_nodes():
        if name not in stepper.placeholders():
            stepper.cont(name)
    assert stepper.dirty_variables() == {"v:0", "v/Momentum:0", "global_step:0"}
    walked = session.run(state)
    stepper.restore_variable_values()
    for value, old in zip(session.run(state), before, strict=True):
        np.testing.assert_array_equal(value, old)
    session.run(train, feeds)
    for value, new in zip(session.run(state), walked, strict=True):
        np.testing.assert_array_equal(value, new)


def test_the_screen_on_a_session_of_tensorflow(program: Any) -> None:
    session, train, loss, feeds, state = program
    wrapper = LocalCLIDebugWrapperSession(session, ui_type="line")
    typed = ["s", "c y", "inject y:0 [1, 2]", "c loss", f"c {train.name}", "exit"]
    transcript = repeated(lambda: wrapper.run([train, loss], feeds), 1, *typed)
    assert "  y:0 : override" in transcript.text
    assert "array(1., dtype=float32)" in transcript.text
    assert "Updated:\n  global_step:0\n  v/Momentum:0\n  v:0" in transcript.text
    assert transcript.results[0][1] == 146.0  # type: ignore[index]
    assert session.run(state)[1] == 1
