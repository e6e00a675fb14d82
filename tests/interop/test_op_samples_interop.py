"""Every sample of every op type gives in TensorFlow what it gives here, and so do its gradients."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours
from opscope.runtime.make_op import make_node
from opscope.runtime.op_def import OPS, REQUIRED

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")
library = pytest.importorskip("tensorflow.python.framework.op_def_library")
sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

from op_samples import SAMPLES, Sample  # noqa: E402

pytestmark = pytest.mark.interop
theirs.disable_eager_execution()

# TensorFlow's CPU kernels have these layouts and paddings only on a GPU.
CPU_LACKS = ("NHWC", "does not support", "No OpKernel", "explicit padding", "only supported")


def placed(tf: Any, value: Any, is_fixed: bool, feeds: dict[Any, Any]) -> Any:
    if isinstance(value, list):
        return [placed(tf, v, is_fixed, feeds) for v in value]
    if is_fixed:
        return tf.constant(value)
    dtype = tf.string if value.dtype.kind in "OSU" else tf.as_dtype(value.dtype)
    tensor = tf.placeholder(dtype, np.shape(value))
    feeds[tensor] = value
    return tensor


def flat(items: list[Any]) -> list[Any]:
    return [t for i in items for t in (i if isinstance(i, list) else [i])]


def with_gradients(tf: Any, sample: Sample, inputs: list[Any], outputs: list[Any]) -> list[Any]:
    """The outputs and, where the sample asks for them, the gradients of their weighted sum."""
    if not sample.smooth:
        return outputs
    total = [
        tf.reduce_sum(tf.cast(t, tf.float64) * weights_for(t.shape))
        for t in outputs
        if t.dtype.is_floating
    ]
    sources = flat([inputs[i] for i in sample.smooth])
    return [*outputs, *map(tf.convert_to_tensor, tf.gradients(tf.add_n(total), sources))]


def weights_for(shape: Any) -> Any:
    size = shape.as_list() if shape.is_fully_defined() else None
    return np.random.default_rng(3).normal(size=size)


def our_results(sample: Sample) -> list[Any]:
    feeds: dict[Any, Any] = {}
    with ours.Graph().as_default(), ours.Session() as session:
        inputs = [placed(ours, v, i in sample.fixed, feeds) for i, v in enumerate(sample.inputs)]
        node = make_node(sample.op_type, *inputs, **sample.attrs)
        return session.run(with_gradients(ours, sample, inputs, list(node.outputs)), feeds)


def their_results(sample: Sample) -> list[Any]:
    feeds: dict[Any, Any] = {}
    definition = OPS[sample.op_type]
    with theirs.Graph().as_default() as graph, theirs.Session() as session:
        inputs = [placed(theirs, v, i in sample.fixed, feeds) for i, v in enumerate(sample.inputs)]
        named = {arg.name: v for arg, v in zip(definition.inputs, inputs, strict=True)}
        attrs = dict(sample.attrs)
        inferred = {a for arg in definition.inputs for a in (arg.type_attr, arg.number_attr)}
        for key, attr in definition.attrs.items():
            if key not in inferred and attr.default is not REQUIRED:
                attrs.setdefault(key, attr.default)
            if key in attrs and attr.kind == "type":
                attrs[key] = theirs.as_dtype(ours.as_dtype(attrs[key]).name)
            elif isinstance(attrs.get(key), tuple):
                attrs[key] = list(attrs[key])
        library.apply_op(sample.op_type, name="node", **named, **attrs)
        outputs = list(graph.get_operation_by_name("node").outputs)
        return session.run(with_gradients(theirs, sample, inputs, outputs), feeds)


# TensorFlow's CPU kernel rounds every integer to 0; its `tf.round` does not make the op for them.
# Its kernel of DebugNumericSummary runs for tensors that its own debugger watches.
COMPARED = [
    s
    for s in SAMPLES
    if s.op_type != "DebugNumericSummary"
    and (s.op_type != "Round" or s.inputs[0].dtype.kind == "f")
]


@pytest.mark.parametrize("sample", COMPARED, ids=str)
def test_same_results(sample: Sample) -> None:
    try:
        expected = their_results(sample)
    except (theirs.errors.InvalidArgumentError, theirs.errors.UnimplementedError) as error:
        if any(text in str(error) for text in CPU_LACKS):
            pytest.skip("TensorFlow has no CPU kernel for it")
        raise
    found = our_results(sample)
    assert len(found) == len(expected)
    for slot, (a, b) in enumerate(zip(found, expected, strict=True)):
        mine, reference = np.asarray(a), np.asarray(b)
        assert mine.dtype == reference.dtype
        if sample.op_type.startswith("FusedBatchNormGrad") and slot > 2:
            # What is reserved: nothing, as the static shape says; oneDNN's kernels give a scalar.
            assert mine.shape == (0,)
            continue
        assert mine.shape == reference.shape
        if mine.dtype.kind in "fcV":
            kind = np.complex128 if mine.dtype.kind == "c" else np.float64
            scale = max(1.0, float(np.abs(reference.astype(kind)).max(initial=0)))
            limit = 2e-2 if mine.dtype.itemsize == 2 else 2e-6
            np.testing.assert_allclose(
                mine.astype(kind), reference.astype(kind), rtol=limit, atol=limit * scale
            )
        else:
            np.testing.assert_array_equal(mine, reference)
