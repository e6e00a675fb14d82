"""Loops and branches on a simulated GPU: the same values as on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.interop.control_programs import PROGRAMS

import opscope.runtime as tf
from opscope.runtime.simulated_gpu import simulated_gpu


def results(program: Any) -> list[Any]:
    config = tf.ConfigProto(allow_soft_placement=True)
    with tf.Graph().as_default() as graph:
        fetches = program(tf)
        x = graph.get_tensor_by_name("x:0")
        with tf.Session(config=config) as sess:
            return [sess.run(fetches, {x: v}) for v in (1.5, -1.25)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_programs(program: Any) -> None:
    expected = results(program)
    with simulated_gpu():
        got = results(program)
    for ours, theirs in zip(got, expected, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
