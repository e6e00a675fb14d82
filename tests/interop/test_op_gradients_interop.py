"""Every op that has a gradient in TensorFlow has one here, second derivatives included."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours
from opscope.runtime.op_def import OPS

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")
framework = pytest.importorskip("tensorflow.python.framework.ops")

pytestmark = pytest.mark.interop
theirs.disable_v2_behavior()

# Their gradients are handled where loops are built, or TensorFlow's gives None or raises.
WITHOUT = {"LoopCond", "RefExit", "RefIdentity", "RefNextIteration", "Rint"}
WITHOUT |= {"SparseDenseCwiseAdd", "SparseSparseMaximum", "SparseSparseMinimum"}


def has_gradient(op_type: str) -> bool:
    try:
        return framework.gradient_registry.lookup(op_type) is not None
    except LookupError:
        return False


def test_no_gradient_is_missing() -> None:
    missing = {t for t, d in OPS.items() if d.gradient_rule is None and has_gradient(t)}
    assert missing - WITHOUT == set()


@pytest.mark.parametrize("data_format", ["NHWC"])
@pytest.mark.parametrize("training", [True, False])
def test_second_derivative_of_batch_normalization(training: bool, data_format: str) -> None:
    rng = np.random.default_rng(4)
    images = rng.normal(size=(2, 3, 2, 2)).astype(np.float32)
    weights = rng.normal(size=images.shape).astype(np.float32)
    channel = [rng.uniform(0.5, 2, 2).astype(np.float32) for _ in range(4)]

    def results(tf: Any) -> Any:
        with tf.Graph().as_default(), tf.Session() as session:
            x, scale = tf.constant(images), tf.constant(channel[0])
            given = {} if training else {"mean": channel[2], "variance": channel[3]}
            y, *_ = tf.nn.fused_batch_norm(
                x, scale, channel[1], is_training=training, epsilon=0.01,
                data_format=data_format, **given,
            )  # fmt: skip
            first = tf.gradients(tf.reduce_sum(tf.tanh(y) * weights), [x, scale])
            total = tf.reduce_sum(first[0] ** 2) + tf.reduce_sum(first[1] ** 3)
            return session.run([*first, *tf.gradients(total, [x, scale])])

    for mine, reference in zip(results(ours), results(theirs), strict=True):
        np.testing.assert_allclose(mine, reference, rtol=2e-4, atol=2e-4)
