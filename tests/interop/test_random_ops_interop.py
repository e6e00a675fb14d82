"""Random ops over every element type of TensorFlow's CPU kernels: types, shapes, ranges, seeds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OPS

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

from op_variants import NAMES, numpy_type
from tensorflow_kernels import KERNELS

pytestmark = pytest.mark.interop

SHAPES = [(40, 3), (1, 3), (0, 3), ()]


def inputs(op_type: str, types: dict[str, str], shape: tuple[int, ...]) -> dict[str, Any]:
    """Arguments of a node whose values lie in the range that `span` says."""
    size = np.array(shape, np.int32)
    if op_type == "RandomUniformInt":
        kind = types["Tout"]
        return {"shape": size, "minval": np.array(-3, kind), "maxval": np.array(4, kind)}
    if op_type == "RandomShuffle":
        flat = np.arange(int(np.prod(shape))).reshape(shape)
        texts = flat.astype(bytes).astype(object)
        return {"value": texts if types["T"] == "string" else flat.astype(numpy_type(types["T"]))}
    if op_type == "RandomGamma":
        return {"shape": size, "alpha": np.array(2, types["T"])}
    if op_type == "RandomPoissonV2":
        return {"shape": size, "rate": np.array(2, types["R"]), "dtype": types["dtype"]}
    if op_type == "Multinomial":
        logits = np.zeros((*(shape or (2,))[:1], 4), numpy_type(types["T"]))
        return {"logits": logits, "num_samples": np.int32(5), "output_dtype": types["output_dtype"]}
    return {"shape": size, "dtype": types["dtype"]}


def rows(array: Any) -> list[str]:
    """The rows of a tensor, in an order of their own."""
    return sorted(map(repr, array.tolist()))


def span(op_type: str) -> tuple[float, float]:
    return {
        "RandomUniform": (0, 1),
        "RandomUniformInt": (-3, 3),
        "TruncatedNormal": (-2.01, 2.01),
        "RandomGamma": (0, np.inf),
        "RandomPoissonV2": (0, np.inf),
        "Multinomial": (0, 3),
    }.get(op_type, (-np.inf, np.inf))


def choices(op_type: str) -> list[dict[str, str]]:
    """Each element type of each attribute, with the first one of the others."""
    found: dict[str, dict[str, str]] = {}
    for kernel in KERNELS[op_type]:
        first = {a: min(names & set(NAMES)) for a, names in kernel.items()}
        for attr, names in kernel.items():
            for name in names & set(NAMES):
                choice = first | {attr: name}
                found[str(choice)] = choice
    return list(found.values())


CASES = [
    (op_type, types)
    for op_type in (
        "RandomUniform", "RandomUniformInt", "RandomStandardNormal", "TruncatedNormal",
        "RandomShuffle", "RandomGamma", "RandomPoissonV2", "Multinomial",
    )
    for types in choices(op_type)
]  # fmt: skip


def runs(tf: Any, make: Any, arguments: dict[str, Any]) -> list[Any]:
    """The values of two runs of one session, and of the first of another; and the static shape."""
    with tf.Graph().as_default():
        given = {k: tf.as_dtype(v) if isinstance(v, str) else v for k, v in arguments.items()}
        tensor = make(given)
        found = []
        for count in (2, 1):
            with tf.Session() as session:
                found += [np.asarray(session.run(tensor)) for _ in range(count)]
        return [*found, tensor.shape.as_list()]


@pytest.mark.parametrize(("op_type", "types"), CASES, ids=str)
def test_type_shape_range_and_seed(tensorflow: Any, op_type: str, types: dict[str, str]) -> None:
    def mine(given: dict[str, Any]) -> Any:
        args = [given.pop(arg.name) for arg in OPS[op_type].inputs]
        return make_tensor(op_type, *args, seed=5, seed2=7, **given)

    def theirs(given: dict[str, Any]) -> Any:
        return getattr(tensorflow.raw_ops, op_type)(**given, seed=5, seed2=7)

    for shape in SHAPES:
        if op_type == "RandomShuffle" and not shape:
            continue
        arguments = inputs(op_type, types, shape)
        first, second, again, known = runs(ours, mine, arguments)
        expected = runs(tensorflow, theirs, arguments)
        assert first.dtype == expected[0].dtype
        assert first.shape == expected[0].shape
        assert known == expected[3]
        np.testing.assert_array_equal(first, again)
        if op_type == "RandomShuffle":
            assert rows(first) == rows(arguments["value"])
            continue
        low, high = span(op_type)
        for value in (first, expected[0]):
            assert (low <= value.astype(np.float64)).all()
            assert (value.astype(np.float64) <= high).all()
        if first.size > 50:
            assert (first != second).any()
