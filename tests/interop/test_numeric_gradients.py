"""Every differentiable op's gradient against differences: on its samples, and with sizes of 1."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.make_op import make_op

sys.path.insert(0, str(Path(__file__).parent))

from numeric_gradients import WITHOUT, chosen, compared, differentiable_types, has_broad_size

pytestmark = pytest.mark.interop

CHECKED = sorted(set(differentiable_types()) - set(WITHOUT))


@pytest.mark.parametrize("op_type", CHECKED)
def test_gradient_is_the_numeric_one(op_type: str, record_property: Any) -> None:
    found = [f for f in map(compared, chosen(op_type)) if f is not None]
    assert any(has_broad_size(f.variant) for f in found), f"{op_type}: none with a size of 1"
    record_property("op types with numeric gradients", 1)
    record_property("numeric gradients", len(found))
    record_property("numeric gradients with a size of 1", len([f for f in found if broad(f)]))
    record_property("numeric gradients in 64 bits", len([f for f in found if f.is_wide]))
    record_property("directions", sum(f.directions for f in found))
    faults = [f.fault for f in found if f.fault is not None]
    if faults:
        pytest.fail("\n".join(faults[:20]), pytrace=False)


def broad(found: Any) -> bool:
    return has_broad_size(found.variant)


def test_those_left_out_have_a_gradient_rule() -> None:
    assert set(WITHOUT) <= set(differentiable_types())


# -- ops that have no samples ------------------------------------------------------------------

Program = Callable[[Any], tuple[Any, Any]]


def steered(x: Any) -> Any:
    chosen_one = tf.cond(tf.reduce_sum(x) > -100.0, lambda: x * x, lambda: x * 3.0)
    return chosen_one, x


def repeated(x: Any) -> Any:
    return tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * x + s), (0, x))[1], x


def array(x: Any, **arguments: Any) -> Any:
    return tf.TensorArray(x.dtype, infer_shape=False, **arguments)


def written_and_read(x: Any) -> Any:
    made = array(x, size=2, clear_after_read=False).write(0, x * x).write(1, tf.sin(x))
    return made.read(0) * made.read(1), x


def scattered_and_gathered(x: Any) -> Any:
    return tf.exp(array(x, size=3).unstack(x).gather([2, 0])), x


def split_and_concatenated(x: Any) -> Any:
    return array(x, size=2).split(x * x, [1, 2]).concat() * x, x


def read_from_a_resource(x: Any) -> Any:
    v = tf.Variable(x, use_resource=True)
    return v * v, v


def rows_of_a_resource(x: Any) -> Any:
    v = tf.Variable(x, use_resource=True)
    return tf.exp(tf.gather(v, [2, 0, 2])), v


def places_in_a_resource(x: Any) -> Any:
    v = tf.Variable(x, use_resource=True)
    return tf.exp(tf.gather_nd(v, [[2, 0], [1, 0]])), v


def reference_in_a_branch(x: Any) -> Any:
    v = tf.Variable(x)
    _, taken = make_op("RefSwitch", v._ref(), tf.reduce_sum(v) > -100.0)
    return taken * tf.exp(taken), v


def defaulted(x: Any) -> Any:
    return tf.placeholder_with_default(x * x, [3, 1]) * x, x


def printed(x: Any) -> Any:
    return tf.Print(x * x, [x], "x") * x, x


PROGRAMS: dict[str, Program] = {
    "Switch Merge": steered,
    "Enter Exit NextIteration": repeated,
    "TensorArrayWriteV3 TensorArrayReadV3": written_and_read,
    "TensorArrayScatterV3 TensorArrayGatherV3": scattered_and_gathered,
    "TensorArraySplitV3 TensorArrayConcatV3": split_and_concatenated,
    "ReadVariableOp": read_from_a_resource,
    "ResourceGather": rows_of_a_resource,
    "ResourceGatherNd": places_in_a_resource,
    "RefSwitch": reference_in_a_branch,
    "PlaceholderWithDefault": defaulted,
    "Print": printed,
}


@pytest.fixture(autouse=True)
def _graph() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


@pytest.mark.parametrize("op_types", PROGRAMS)
def test_gradient_through_a_program_is_the_numeric_one(op_types: str, record_property: Any) -> None:
    x = tf.placeholder(tf.float64, [3, 1])
    y, source = PROGRAMS[op_types](x)
    target = tf.reduce_sum(tf.sin(y) + y * y)
    (gradient,) = tf.gradients(target, [source])
    value = np.array([[0.7], [-1.2], [1.9]])
    assert set(op_types.split()) <= {op.type for op in tf.get_default_graph().get_operations()}
    with tf.Session() as session:

        def at(values: Any, fetch: Any) -> Any:
            if source is not x:
                session.run(source.initializer, {x: values})
            return session.run(fetch, {x: values})

        found = at(value, tf.convert_to_tensor(gradient))
        for place in np.ndindex(value.shape):
            step = np.zeros_like(value)
            step[place] = 1e-6
            numeric = (at(value + step, target) - at(value - step, target)) / 2e-6
            np.testing.assert_allclose(found[place], numeric, rtol=1e-6, atol=1e-7)
    record_property("op types with numeric gradients", len(op_types.split()))
