"""Every op type that has a GPU kernel gives on the GPU what it gives on the CPU."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.make_op import make_node
from opscope.runtime.op_def import OPS
from opscope.runtime.simulated_gpu import simulated_gpu

sys.path.insert(0, str(Path(__file__).parent))

from op_samples import SAMPLES, Sample

ON_GPU = [s for s in SAMPLES if OPS[s.op_type].kernel("GPU") is not None]


# Their shape rules refuse unknown sizes, as TensorFlow's do.
KNOWN_ONLY = {"ParallelConcat"}


def place(value: Any, is_fixed: bool, is_known: bool, feeds: dict[Any, Any]) -> Any:
    if isinstance(value, list):
        return [place(v, is_fixed, is_known, feeds) for v in value]
    if is_fixed:
        return tf.constant(value)
    tensor = tf.placeholder(value.dtype, value.shape if is_known else [None] * value.ndim)
    feeds[tensor] = value
    return tensor


def run(sample: Sample, device: str, fixed: bool) -> list[Any]:
    feeds: dict[Any, Any] = {}
    with tf.Graph().as_default(), tf.device(device), tf.Session() as session:
        inputs = [
            place(value, fixed and i in sample.fixed, sample.op_type in KNOWN_ONLY, feeds)
            for i, value in enumerate(sample.inputs)
        ]
        node = make_node(sample.op_type, *inputs, **sample.attrs)
        return session.run(list(node.outputs), feeds)


@pytest.mark.parametrize("fixed", [True, False], ids=["fixed", "fed"])
@pytest.mark.parametrize("sample", ON_GPU, ids=str)
def test_gpu_gives_what_the_cpu_gives(sample: Sample, fixed: bool) -> None:
    with simulated_gpu():
        for on_gpu, on_cpu in zip(
            run(sample, "/gpu:0", fixed), run(sample, "/cpu:0", fixed), strict=True
        ):
            assert type(on_gpu) is type(on_cpu)
            if isinstance(on_cpu, np.ndarray | np.generic) and on_cpu.dtype.kind in "fcV":
                np.testing.assert_allclose(
                    on_gpu.astype(np.complex128), on_cpu.astype(np.complex128), 1e-5, 1e-6
                )
            else:
                np.testing.assert_array_equal(on_gpu, on_cpu)
