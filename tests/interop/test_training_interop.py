"""Training: the same losses as TensorFlow's from the same initial values."""

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop


def losses(tf, build, batches):
    """The loss before each step, and at last what the variables are, by name."""
    with tf.Graph().as_default(), tf.Session() as session:
        model = build(tf)
        session.run(model.init)
        curve = [session.run([model.loss, model.step], model.feed(b))[0] for b in batches]
        variables = {v.name: session.run(v) for v in tf.global_variables()}
    return np.array(curve), variables


def test_losses_match(tensorflow, model, batches):
    expected, _ = losses(tensorflow, model, batches)
    curve, _ = losses(ours, model, batches)
    assert curve[-1] < 0.8 * curve[0]
    np.testing.assert_allclose(curve, expected, atol=1e-5, rtol=0)


def test_variables_and_slots_match(tensorflow, model, batches):
    _, expected = losses(tensorflow, model, batches)
    _, found = losses(ours, model, batches)
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        np.testing.assert_allclose(found[name], value, atol=2e-5, rtol=1e-4, err_msg=name)


OPTIMIZERS = {
    "descent": lambda tf: tf.train.GradientDescentOptimizer(0.3),
    "momentum": lambda tf: tf.train.MomentumOptimizer(0.02, 0.9),
    "nesterov": lambda tf: tf.train.MomentumOptimizer(0.02, 0.9, use_nesterov=True),
    "adam": lambda tf: tf.train.AdamOptimizer(0.1),
    "adagrad": lambda tf: tf.train.AdagradOptimizer(0.5),
    "rms_prop": lambda tf: tf.train.RMSPropOptimizer(0.05, momentum=0.5),
    "centered": lambda tf: tf.train.RMSPropOptimizer(0.05, centered=True),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers_match(tensorflow, optimizer):
    target = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)

    def trajectory(tf):
        with tf.Graph().as_default(), tf.Session() as session:
            w = tf.Variable(np.ones((7, 5), np.float32), name="w")
            b = tf.Variable(2.0, name="b")
            loss = tf.reduce_sum(tf.square(w * b - target))
            pairs = OPTIMIZERS[optimizer](tf).compute_gradients(loss)
            clipped, norm = tf.clip_by_global_norm([g for g, _ in pairs], 5.0)
            chosen = OPTIMIZERS[optimizer](tf)
            step = chosen.apply_gradients(zip(clipped, [v for _, v in pairs], strict=True))
            session.run(tf.global_variables_initializer())
            values = []
            for _ in range(20):
                session.run(step)
                values.append(session.run([w, b, norm]))
            return values, chosen.get_slot_names()

    expected, expected_slots = trajectory(tensorflow)
    found, slots = trajectory(ours)
    assert slots == expected_slots
    for step, (mine, theirs) in enumerate(zip(found, expected, strict=True)):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5, err_msg=f"step {step}")


def test_decay_matches(tensorflow):
    def rates(tf, staircase):
        with tf.Graph().as_default(), tf.Session() as session:
            step = tf.train.create_global_step()
            rate = tf.train.exponential_decay(0.1, step, 4, 0.7, staircase)
            advance = tf.assign_add(step, 3)
            session.run(step.initializer)
            return [session.run([rate, advance])[0] for _ in range(5)]

    for staircase in (False, True):
        np.testing.assert_allclose(rates(ours, staircase), rates(tensorflow, staircase), rtol=1e-6)
