"""Every op type keeps the same promises; `op_samples.py` has a sample of each."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.binding import Binding
from opscope.runtime.kernels import bound_kernel
from opscope.runtime.make_op import make_node
from opscope.runtime.op_def import OPS
from opscope.runtime.operation import Operation

sys.path.insert(0, str(Path(__file__).parent))

from op_samples import SAMPLES, Sample

# Op types that are tested where their state or their files are.
ELSEWHERE = {
    "Const", "NoOp", "Placeholder", "PlaceholderWithDefault", "VariableV2",
    "RandomUniform", "RandomUniformInt", "RandomStandardNormal", "TruncatedNormal",
    "RandomShuffle", "StringJoin", "StaticRegexFullMatch",
    "SampleDistortedBoundingBox", "SampleDistortedBoundingBoxV2", "PrintV2", "DecodeJSONExample",
    "StringFormat", "SerializeTensor",
    "Svd", "SelfAdjointEigV2", "Multinomial", "RandomGamma", "RandomPoissonV2", "Timestamp",
}  # fmt: skip
STATE_MODULES = {"state", "training", "proximal", "accumulators", "summary", "checkpoint"}
STATE_MODULES |= {"resource_variables", "resource_updates", "scattering"}
STATE_MODULES |= {"keras_updates", "optimizer_forms", "functions", "function_gradient"}
STATE_MODULES |= {"flow", "stacks", "tensor_arrays"}
STATE_MODULES |= {
    "dataset_ops",
    "grouping_ops",
    "whole_dataset_ops",
    "source_ops",
    "iterator_ops",
    "python_call",
}
STATE_MODULES |= {"queue_ops", "readers", "lookup_tables", "dense_tables", "assertion", "counting"}
STATE_MODULES |= {"parsing", "sequence_parsing", "decoding", "image_files", "candidate_sampling"}


def module_of(op_type: str) -> str:
    return OPS[op_type].kernels["ANY"].__module__.rpartition(".")[2]


# Tests may define op types of their own.
OURS = sorted(t for t in OPS if OPS[t].kernels["ANY"].__module__.startswith("opscope."))


@pytest.mark.parametrize("op_type", OURS)
def test_is_documented(op_type: str) -> None:
    assert OPS[op_type].doc.endswith((".", ":")) or "\n" in OPS[op_type].doc


def test_has_a_sample() -> None:
    sampled = {s.op_type for s in SAMPLES} | ELSEWHERE
    missing = {t for t in OURS if t not in sampled and module_of(t) not in STATE_MODULES}
    assert missing == set()


def place(value: Any, is_fixed: bool, loose: bool) -> Any:
    """The input as a constant, or as a placeholder with its shape, or with none."""
    if isinstance(value, list):
        return [place(v, is_fixed, loose) for v in value]
    if is_fixed:
        return tf.constant(value)
    return tf.placeholder(value.dtype, None if loose else value.shape)


def build(sample: Sample, fixed: bool = True, loose: bool = False) -> Operation:
    inputs = [
        place(value, fixed and i in sample.fixed, loose) for i, value in enumerate(sample.inputs)
    ]
    return make_node(sample.op_type, *inputs, **sample.attrs)


def flat_inputs(sample: Sample) -> list[Any]:
    values: list[Any] = []
    for value in sample.inputs:
        values.extend(value if isinstance(value, list) else [value])
    return values


def results(node: Operation, kernel: Any, sample: Sample) -> list[Any]:
    with np.errstate(all="ignore"):
        found = kernel(*flat_inputs(sample))
    if len(node.outputs) == 1 and not node.definition.outputs[0].is_list:
        return [found]
    return list(found) if isinstance(found, tuple) else [found]


@pytest.fixture(autouse=True)
def _graph() -> Any:
    with tf.Graph().as_default():
        yield


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
@pytest.mark.parametrize("fixed", [True, False], ids=["fixed", "fed"])
def test_kernel_gives_what_the_graph_says(sample: Sample, fixed: bool) -> None:
    node = build(sample, fixed)
    kernel = bound_kernel(Binding(node, np, "CPU", {}))
    found = results(node, kernel, sample)
    assert len(found) == len(node.outputs)
    for tensor, value in zip(node.outputs, found, strict=True):
        assert value.dtype == tensor.dtype.numpy_dtype
        assert tensor.shape.is_compatible_with(value.shape)
        assert isinstance(value, np.generic) == (value.ndim == 0)
        if fixed and sample.op_type not in DYNAMIC:
            assert tensor.shape.as_list() == list(value.shape)


# The output shapes of these depend on values.
DYNAMIC = {"Where", "ListDiff", "BroadcastGradientArgs", "DynamicStitch", "DynamicPartition"}
DYNAMIC |= {"SegmentSum", "SegmentMean", "SegmentProd", "SegmentMax", "SegmentMin"}
DYNAMIC |= {"ParallelDynamicStitch", "ComputeAccidentalHits"}
DYNAMIC |= {"CTCGreedyDecoder", "CTCBeamSearchDecoder", "SparseFillEmptyRows", "SparseReshape"}
DYNAMIC |= {f"SparseSegment{k}{g}" for k in ("Sum", "Mean", "SqrtN") for g in ("", "GradV2")}
DYNAMIC |= {"SerializeManySparse", "DeserializeSparse", "DeserializeManySparse"}
DYNAMIC |= {"ParseTensor"}
DYNAMIC |= {"NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3"}
DYNAMIC |= {"NonMaxSuppressionV4", "NonMaxSuppressionV5", "NonMaxSuppressionWithOverlaps"}
DYNAMIC |= {"SparseAdd", "SparseReduceMaxSparse", "SparseReduceSumSparse"}
DYNAMIC |= {"SetSize"}
DYNAMIC |= {"SparseSlice", "SparseSplit", "SparseSparseMaximum", "SparseSparseMinimum"}
DYNAMIC |= {f"{k}SetOperation" for k in ("DenseToDense", "DenseToSparse", "SparseToSparse")}
DYNAMIC |= {"Unique", "UniqueWithCounts", "StringSplit", "StringSplitV2"}


# Refused, as in TensorFlow, where the sizes of a shape or of all inputs are not known.
KNOWN_ONLY = {"ParallelConcat"}


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.op_type not in KNOWN_ONLY], ids=str)
def test_shape_rule_allows_unknown_inputs(sample: Sample) -> None:
    node = build(sample, fixed=False, loose=True)
    found = results(node, bound_kernel(Binding(node, np, "CPU", {})), sample)
    for tensor, value in zip(node.outputs, found, strict=True):
        assert tensor.shape.is_compatible_with(value.shape)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_bound_kernel_and_template_are_the_kernel(sample: Sample) -> None:
    node = build(sample)
    definition = node.definition
    attrs = {name: node.attrs[name] for name in definition.kernel_attrs}
    plain = results(node, partial(definition.kernels["ANY"], np, **attrs), sample)
    bound = results(node, bound_kernel(Binding(node, np, "CPU", {})), sample)
    for a, b in zip(plain, bound, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    template = definition.template
    text = template if isinstance(template, str) or template is None else template(node)
    if text is not None:
        names = [f"a{i}" for i in range(len(node.inputs))]
        with np.errstate(all="ignore"):
            value = eval(text.format(*names), dict(zip(names, flat_inputs(sample), strict=True)))
        assert value.dtype == plain[0].dtype
        assert type(value) is type(plain[0])
        np.testing.assert_array_equal(value, plain[0])


DIFFERENTIABLE = [s for s in SAMPLES if s.smooth]


def is_narrow(sample: Sample) -> bool:
    """True when the op type does not take 64-bit floats, or the sample is about types."""
    definition = OPS[sample.op_type]
    types = {definition.attrs[a.type_attr] for a in definition.inputs if a.type_attr}
    fixed = any(a.dtype is tf.float32 for a in (*definition.inputs, *definition.outputs))
    floating = [t.allowed for t in types if t.allowed and tf.float32 in t.allowed]
    return sample.op_type == "Cast" or fixed or any(tf.float64 not in a for a in floating)


def wide(sample: Sample) -> Sample:
    """The sample with its 32-bit floats as 64-bit ones."""

    def widened(value: Any) -> Any:
        if isinstance(value, list):
            return [widened(v) for v in value]
        return value.astype(np.float64) if value.dtype == np.float32 else value

    attrs = {k: ("float32" if v == "float64" else v) for k, v in sample.attrs.items()}
    if is_narrow(sample):
        return sample
    return Sample(sample.op_type, tuple(map(widened, sample.inputs)), attrs, sample.fixed)


@pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=str)
@pytest.mark.parametrize("fixed", [True, False], ids=["fixed", "fed"])
def test_gradient_is_the_numeric_one(sample: Sample, fixed: bool) -> None:
    precise = wide(sample)
    node = build(precise, fixed)
    rng = np.random.default_rng(5)
    outputs = [t for t in node.outputs if t.dtype.is_floating]
    shapes = [t.shape.as_list() if t.shape.is_fully_defined() else None for t in outputs]
    weights = [rng.normal(size=shape if fixed else None) for shape in shapes]
    target = tf.add_n(
        [tf.reduce_sum(tf.cast(t, tf.float64) * w) for t, w in zip(outputs, weights, strict=True)]
    )
    sources = [t for i in sample.smooth for t in inputs_of(node, precise, i)]
    analytic = tf.gradients(target, sources)
    feeds = {
        t: v
        for t, v in zip(node.inputs, flat_inputs(precise), strict=True)
        if t.op.type == "Placeholder"
    }
    with tf.Session() as session:
        found = session.run([tf.convert_to_tensor(g) for g in analytic], feeds)
        narrow = is_narrow(sample)
        step = 1e-2 if narrow else 1e-6
        for source, grad in zip(sources, found, strict=True):
            expected = numeric_gradient(session, target, source, feeds, step)
            assert grad.shape == expected.shape
            tolerance = 2e-3 if narrow else 1e-7
            np.testing.assert_allclose(grad, expected, rtol=1e-6, atol=tolerance)


def inputs_of(node: Operation, sample: Sample, index: int) -> list[Any]:
    counts = [len(v) if isinstance(v, list) else 1 for v in sample.inputs]
    start = sum(counts[:index])
    return node.inputs[start : start + counts[index]]


def numeric_gradient(session: Any, target: Any, source: Any, feeds: Any, step: float) -> Any:
    value = np.array(feeds[source])
    grad = np.zeros(value.shape)
    for place in np.ndindex(*value.shape):
        sides = []
        for sign in (1, -1):
            moved = value.copy()
            moved[place] += sign * step
            sides.append(session.run(target, {**feeds, source: moved}))
        grad[place] = (sides[0] - sides[1]) / (2 * step)
    return grad


def test_softmax_has_no_denormals() -> None:
    x = tf.constant(np.array([[0, -50, -90, -200]], np.float32))
    with tf.Session() as session:
        values = session.run(tf.nn.softmax(x))[0]
    assert values[1] > 1e-22
    assert values[2:].tolist() == [0, 0]
