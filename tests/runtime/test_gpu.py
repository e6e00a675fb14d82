"""Models on a GPU, simulated and real: the CPU's losses, hits found there, NumPy fetches."""

import contextlib
import importlib.util
from pathlib import Path

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.devices import local_devices
from opscope.runtime.simulated_gpu import simulated_gpu
from opscope.runtime.watch import Watch

DATA = Path(__file__).parents[1] / "data" / "runtime"


def has_gpu():
    if importlib.util.find_spec("cupy") is None:
        return False
    return any(d.device_type == "GPU" for d in local_devices())


@pytest.fixture(
    autouse=True,
    params=[
        "simulated",
        pytest.param(
            "real",
            marks=[
                pytest.mark.gpu,
                pytest.mark.skipif(not has_gpu(), reason="no CUDA device that CuPy can use"),
            ],
        ),
    ],
)
def gpu(request):
    """The GPU that the test's sessions see."""
    with simulated_gpu() if request.param == "simulated" else contextlib.nullcontext():
        yield


def weights(*shape, scale=0.1):
    size = int(np.prod(shape))
    values = np.sin(np.arange(size) * 1.7).reshape(shape).astype(np.float32) * scale
    return tf.Variable(values)


def mlp(x):
    hidden = tf.nn.relu(tf.matmul(x, weights(64, 32)) + weights(32))
    return tf.matmul(hidden, weights(32, 10)) + weights(10)


def lenet(x):
    image = tf.reshape(x, [-1, 8, 8, 1])
    h = tf.nn.relu(tf.nn.conv2d(image, weights(3, 3, 1, 8), [1, 1, 1, 1], "SAME") + weights(8))
    h = tf.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    h = tf.reshape(h, [-1, 4 * 4 * 8])
    return tf.matmul(h, weights(128, 10)) + weights(10)


def losses(model, optimizer, device, steps=10):
    rng = np.random.default_rng(0)
    images = rng.random((20, 64), np.float32)
    labels = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 20)]
    with tf.Graph().as_default():
        with tf.device(device):
            x = tf.placeholder(tf.float32, [None, 64])
            y = tf.placeholder(tf.float32, [None, 10])
            loss = tf.reduce_mean(
                tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=model(x))
            )
            train = optimizer().minimize(loss)
        config = tf.ConfigProto(allow_soft_placement=True)
        with tf.Session(config=config) as session:
            session.run(tf.global_variables_initializer())
            feed = {x: images, y: labels}
            return [session.run([loss, train], feed)[0] for _ in range(steps)]


@pytest.mark.parametrize("model", [mlp, lenet])
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: tf.train.GradientDescentOptimizer(0.1),
        lambda: tf.train.MomentumOptimizer(0.1, 0.9),
        lambda: tf.train.AdamOptimizer(0.01),
    ],
)
def test_losses_are_those_of_the_cpu(model, optimizer):
    on_gpu = losses(model, optimizer, "/gpu:0")
    on_cpu = losses(model, optimizer, "/cpu:0")
    np.testing.assert_allclose(on_gpu, on_cpu, rtol=2e-4)
    assert on_gpu[-1] < on_gpu[0]


def test_resource_variables_train_there():
    found = []
    for use_resource in (True, False):
        with tf.variable_scope("", use_resource=use_resource):
            found.append(losses(mlp, lambda: tf.train.AdamOptimizer(0.01), "/gpu:0"))
    np.testing.assert_array_equal(found[0], found[1])


def test_bodies_of_functions_run_there():
    graph_def = tf.GraphDef.FromString((DATA / "functions.pb").read_bytes())
    for node in graph_def.node:
        node.device = "/gpu:0"
    with tf.Graph().as_default():
        tf.import_graph_def(graph_def, name="")
        config = tf.ConfigProto(allow_soft_placement=True)
        with tf.Session(config=config) as session:
            session.run("init")
            run = session.run_watched("looped:0", {"x:0": [1.0, 2.0]}, watch=Watch())
            np.testing.assert_allclose(run.result, [10.0, 18.0])
            by_name = {t.node_name: t.device_name for t in run.tensors}
            assert by_name["while/body/mul"].endswith("device:GPU:0")
            session.run("init")
            np.testing.assert_allclose(session.run("chosen:0", {"x:0": [-1.0, -2.0]}), [2.0, 1.0])


def test_random_values_are_drawn_on_the_gpu():
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.device("/gpu:0"):
            drawn = tf.nn.dropout(tf.random_normal([50, 50], seed=1), keep_prob=0.5, seed=2)
        values = session.run(drawn)
        assert isinstance(values, np.ndarray)
        assert 0.3 < (values == 0).mean() < 0.7
        whole = session.run(tf.random_uniform([1000], 0, 10, tf.int32, seed=3))
        assert set(whole.tolist()) == set(range(10))


def test_hits_are_found_on_the_gpu():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        with tf.device("/gpu:0"):
            y = tf.log(x, name="y")
        run = session.run_watched(y, {x: [0.0, 1.0]}, watch=Watch(check=True))
        assert [t.name for t in run.hits] == ["y:0"]
        assert run.hits[0].device_name.endswith("device:GPU:0")
        assert isinstance(run.hits[0].value, np.ndarray)
        assert session.run_watched(y, {x: [1.0]}, watch=Watch(check=True)).hits == []


def test_fetches_come_back_as_numpy():
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.device("/gpu:0"):
            total = tf.reduce_sum(tf.constant([1.0, 2.0]) * 2.0)
        value = session.run(total)
        assert isinstance(value, np.float32)
        assert value == 6.0
