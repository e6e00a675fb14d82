"""Made-up programs: generated code, watched or not, gives the bits that the interpreter gives."""

from __future__ import annotations

from typing import Any

import pytest
import random_programs

import opscope.runtime as tf
from opscope.runtime.watch import Watch


def bits(values: list[Any]) -> list[bytes]:
    return [v.tobytes() for v in values]


@pytest.mark.parametrize("seed", range(24))
def test_generated_code_and_interpreter_agree(seed: int) -> None:
    config = tf.ConfigProto()
    config.experimental.executor_type = "INTERPRETER"
    with tf.Graph().as_default() as graph:
        fetches = random_programs.build(tf, seed)
    with tf.Session(graph=graph) as sess, tf.Session(graph=graph, config=config) as interpreter:
        for feed in random_programs.FEEDS:
            expected = interpreter.run(fetches, feed)
            assert bits(sess.run(fetches, feed)) == bits(expected)
        watched = sess.run_watched(fetches, feed, watch=Watch())
        by_interpreter = interpreter.run_watched(fetches, feed, watch=Watch())
    assert bits(watched.result) == bits(expected)
    assert seen(watched) == seen(by_interpreter)


def seen(run: Any) -> dict[str, list[bytes]]:
    """The values of each watched tensor, in the order they came.

    Without Enter and Merge: where a loop is in a branch that is not taken, those of its variables
    that come from outside of the branch get in, here as in TensorFlow, but not into generated code.
    """
    found: dict[str, list[bytes]] = {}
    for tensor in run.tensors:
        if tensor.op_type not in ("Enter", "Merge"):
            found.setdefault(tensor.name, []).append(tensor.value.tobytes())
    return found
