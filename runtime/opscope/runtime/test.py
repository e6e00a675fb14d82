"""tf.test: a TestCase that knows arrays and graphs, and numeric gradients."""

# ruff: noqa: PT009 - a TestCase is made of unittest's own assertions
from __future__ import annotations

import re
import tempfile
import unittest
import unittest.mock as mock
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.benchmark import (
    Benchmark,
    StubOutForTesting,
    assert_equal_graph_def,
    create_local_cluster,
    is_built_with_rocm,
    is_built_with_xla,
    test_src_dir_path,
)
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.default_session import session_for
from opscope.runtime.device_spec import DeviceSpec
from opscope.runtime.devices import local_devices
from opscope.runtime.gradients import gradients
from opscope.runtime.graph import Graph, get_default_graph, reset_default_graph
from opscope.runtime.operation import Tensor
from opscope.runtime.session import Session
from opscope.runtime.tensor_shape import TensorShape

main = unittest.main

__all__ = [
    "Benchmark",
    "StubOutForTesting",
    "TestCase",
    "assert_equal_graph_def",
    "compute_gradient",
    "compute_gradient_error",
    "create_local_cluster",
    "get_temp_dir",
    "gpu_device_name",
    "is_built_with_cuda",
    "is_built_with_gpu_support",
    "is_built_with_rocm",
    "is_built_with_xla",
    "is_gpu_available",
    "main",
    "mock",
    "test_src_dir_path",
]


def is_gpu_available(*unused: Any, **unused_too: Any) -> bool:
    """True when a session would have a GPU."""
    return bool(gpu_device_name())


def gpu_device_name() -> str:
    """The name of the first GPU, "/device:GPU:0", or ""."""
    found = [d for d in local_devices() if d.device_type == "GPU"]
    return f"/device:GPU:{found[0].index}" if found else ""


def is_built_with_cuda() -> bool:
    """True when there is a GPU to compute on."""
    return is_gpu_available()


is_built_with_gpu_support = is_built_with_cuda


def get_temp_dir() -> str:
    """A new folder for the files of a test."""
    return tempfile.mkdtemp(prefix="opscope_test_")


class TestCase(unittest.TestCase):
    """A unittest.TestCase; each test begins with an empty default graph and the seed 87654321."""

    def setUp(self) -> None:
        """Clear the default graph and fix the seeds."""
        super().setUp()
        self._temp_dir: str | None = None
        np.random.seed(87654321)
        reset_default_graph()
        get_default_graph().seed = 87654321

    def get_temp_dir(self) -> str:
        """A folder of this test."""
        if self._temp_dir is None:
            self._temp_dir = get_temp_dir()
        return self._temp_dir

    # -- sessions ----------------------------------------------------------------------------

    @contextmanager
    def session(
        self,
        graph: Graph | None = None,
        config: Any = None,
        use_gpu: bool = True,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """A session that is the default one, of `graph` or the default graph."""
        with Session(graph=graph, config=config) as session:
            yield session

    def test_session(self, *args: Any, **kwargs: Any) -> AbstractContextManager[Session]:
        """As `session`."""
        return self.session(*args, **kwargs)

    # Not a test, though TensorFlow's name for it begins like one.
    test_session.__test__ = False  # type: ignore[attr-defined]

    def cached_session(self, *args: Any, **kwargs: Any) -> AbstractContextManager[Session]:
        """As `session`."""
        return self.session(*args, **kwargs)

    def evaluate(self, tensors: Any) -> Any:
        """The values of tensors in the default session."""
        return session_for(None, get_default_graph()).run(tensors)

    def _value(self, item: Any) -> Any:
        if isinstance(item, Tensor) or hasattr(item, "_as_tensor"):
            return self.evaluate(item)
        return item

    # -- assertions --------------------------------------------------------------------------

    def assertAllClose(  # noqa: N802
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None
    ) -> None:
        """Nested structures of arrays hold nearly equal numbers: |a - b| <= atol + rtol |b|."""
        if isinstance(a, Mapping) or isinstance(b, Mapping):
            self.assertIsInstance(a, Mapping, msg)
            self.assertIsInstance(b, Mapping, msg)
            self.assertEqual(sorted(a), sorted(b), msg)
            for key in a:
                self.assertAllClose(a[key], b[key], rtol, atol, f"{msg or ''} at {key!r}")
            return
        first, second = self._value(a), self._value(b)
        both_lists = isinstance(first, (list, tuple)) and isinstance(second, (list, tuple))
        if both_lists and any(np.shape(x) != np.shape(first[0]) for x in first):
            self.assertEqual(len(first), len(second), msg)
            for x, y in zip(first, second, strict=True):
                self.assertAllClose(x, y, rtol, atol, msg)
            return
        x, y = np.asarray(first), np.asarray(second)
        self.assertEqual(x.shape, y.shape, f"Shape mismatch: {x.shape} and {y.shape}. {msg or ''}")
        wide = np.result_type(x, y)
        if wide.kind not in "fciub":
            x, y = x.astype(np.float64), y.astype(np.float64)
        np.testing.assert_allclose(x, y, rtol, atol, err_msg=msg or "")

    def assertAllCloseAccordingToType(  # noqa: N802
        self,
        a: Any,
        b: Any,
        rtol: float = 1e-6,
        atol: float = 1e-6,
        float_rtol: float = 1e-6,
        float_atol: float = 1e-6,
        half_rtol: float = 1e-3,
        half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2,
        bfloat16_atol: float = 1e-2,
        msg: str | None = None,
    ) -> None:
        """As `assertAllClose`, less strictly for narrow types."""
        x, y = np.asarray(self._value(a)), np.asarray(self._value(b))
        names = {x.dtype.name, y.dtype.name}
        for name, r, t in (
            ("float32", float_rtol, float_atol),
            ("complex64", float_rtol, float_atol),
            ("float16", half_rtol, half_atol),
            ("bfloat16", bfloat16_rtol, bfloat16_atol),
        ):
            if name in names:
                rtol, atol = max(rtol, r), max(atol, t)
        self.assertAllClose(x, y, rtol, atol, msg)

    def assertNotAllClose(self, a: Any, b: Any, **kwargs: Any) -> None:  # noqa: N802
        """The numbers differ."""
        try:
            self.assertAllClose(a, b, **kwargs)
        except AssertionError:
            return
        raise AssertionError("The two values are close at all elements")

    def assertAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:  # noqa: N802
        """Arrays of one shape have equal elements; NaN equals NaN."""
        x, y = _array(self._value(a)), _array(self._value(b))
        self.assertEqual(x.shape, y.shape, f"Shape mismatch: {x.shape} and {y.shape}. {msg or ''}")
        same = x == y
        if x.dtype.kind in "fc" and y.dtype.kind in "fc":
            same = np.logical_or(same, np.logical_and(np.isnan(x), np.isnan(y)))
        if not np.all(same):
            places = np.argwhere(~np.atleast_1d(same))[:10].tolist()
            raise AssertionError(f"not equal where = {places}: {x} and {y}. {msg or ''}")

    def assertNotAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:  # noqa: N802
        """Some elements differ."""
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        raise AssertionError(f"The two values are equal at all elements. {msg or ''}")

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:  # noqa: N802
        """Every element is greater."""
        self.assertTrue(np.all(np.asarray(self._value(a)) > comparison_target))

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:  # noqa: N802
        """Every element is less."""
        self.assertTrue(np.all(np.asarray(self._value(a)) < comparison_target))

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:  # noqa: N802
        """No element is less."""
        self.assertTrue(np.all(np.asarray(self._value(a)) >= comparison_target))

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:  # noqa: N802
        """No element is greater."""
        self.assertTrue(np.all(np.asarray(self._value(a)) <= comparison_target))

    def assertNear(self, f1: Any, f2: Any, err: Any, msg: str | None = None) -> None:  # noqa: N802
        """Two numbers differ by `err` at most."""
        self.assertTrue(f1 == f2 or abs(f1 - f2) <= err, f"{f1} != {f2} +/- {err}. {msg or ''}")

    def assertArrayNear(  # noqa: N802
        self, farray1: Any, farray2: Any, err: Any, msg: str | None = None
    ) -> None:
        """Two lists of numbers differ by `err` at most."""
        self.assertEqual(len(farray1), len(farray2), msg)
        for x, y in zip(farray1, farray2, strict=True):
            self.assertNear(float(x), float(y), err, msg)

    def assertNDArrayNear(  # noqa: N802
        self, ndarray1: Any, ndarray2: Any, err: Any, msg: str | None = None
    ) -> None:
        """The length of the difference of two arrays is `err` at most."""
        difference = float(np.linalg.norm(np.asarray(ndarray1) - np.asarray(ndarray2)))
        self.assertTrue(difference < err, f"|{ndarray1} - {ndarray2}| >= {err}. {msg or ''}")

    def assertShapeEqual(self, np_array: Any, tf_tensor: Any, msg: str | None = None) -> None:  # noqa: N802
        """An array has the static shape of a tensor."""
        self.assertEqual(list(np.shape(np_array)), tf_tensor.get_shape().as_list(), msg)

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:  # noqa: N802
        """Arrays have a dtype."""
        self.assertEqual(np.asarray(self._value(target)).dtype, np.dtype(expected_dtype))

    def assertDeviceEqual(self, device1: Any, device2: Any, msg: str | None = None) -> None:  # noqa: N802
        """Two names mean the same device."""
        first, second = (DeviceSpec.parse(d or "").to_string() for d in (device1, device2))
        self.assertEqual(first, second, msg)

    def assertStartsWith(self, actual: str, expected_start: str, msg: Any = None) -> None:  # noqa: N802
        """A text begins with another."""
        if not actual.startswith(expected_start):
            self.fail(f"{actual!r} does not start with {expected_start!r}. {msg or ''}")

    def assertEmpty(self, container: Any, msg: str | None = None) -> None:  # noqa: N802
        """Nothing is inside."""
        self.assertEqual(len(container), 0, msg)

    def assertLen(self, container: Any, expected_len: int, msg: str | None = None) -> None:  # noqa: N802
        """So many items are inside."""
        self.assertEqual(len(container), expected_len, msg)

    @contextmanager
    def assertRaisesWithPredicateMatch(  # noqa: N802
        self, exception_type: Any, expected_err_re_or_predicate: Any
    ) -> Iterator[None]:
        """An error of a type is raised whose message a pattern, or a function of it, accepts."""
        try:
            yield
        except exception_type as error:
            accepts = expected_err_re_or_predicate
            if not callable(accepts):
                pattern = re.compile(accepts)
                text = error.message if isinstance(error, errors.OpError) else str(error)
                if isinstance(error, errors.OpError) and error.op is not None:
                    text += f"\nCaused by op: {error.op.name}"
                self.assertIsNotNone(pattern.search(text), f"{accepts!r} is not in {text!r}")
                return
            self.assertTrue(accepts(error), f"unexpected error: {error!r}")
            return
        self.fail(f"{exception_type.__name__} not raised")

    def assertRaisesOpError(  # noqa: N802
        self, expected_err_re_or_predicate: Any
    ) -> AbstractContextManager[None]:
        """An OpError is raised whose message fits."""
        return self.assertRaisesWithPredicateMatch(errors.OpError, expected_err_re_or_predicate)


def _array(value: Any) -> Any:
    """An array of the value, strings as bytes."""
    array = np.asarray(value)
    if array.dtype.kind == "U":
        array = np.char.encode(array, "utf-8")
    return array.astype(object) if array.dtype.kind == "S" else array


def compute_gradient(
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Any,
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: Any = None,
) -> Any:
    """The Jacobian of `y` by `x` as (by the gradients, by differences), [size of x, size of y].

    For a list of x, a list of such pairs. Runs in the default session.
    """
    if isinstance(x, (list, tuple)):
        values = x_init_value or [None] * len(x)
        return [
            compute_gradient(one, shape, y, y_shape, value, delta, init_targets, extra_feed_dict)
            for one, shape, value in zip(x, x_shape, values, strict=True)
        ]
    session = session_for(None, x.graph)
    if init_targets is not None:
        session.run(init_targets)
    sizes = [int(s) for s in TensorShape(x_shape).as_list() if s is not None]
    if x_init_value is None:
        x_init_value = np.random.random_sample(sizes)
    start = np.asarray(x_init_value, x.dtype.as_numpy_dtype)
    out_sizes = [int(s) for s in TensorShape(y_shape).as_list() if s is not None]
    feeds = dict(extra_feed_dict or {})
    theory = _theoretical(session, x, start, y, out_sizes, feeds)
    return theory, _numeric(session, x, start, y, out_sizes, delta, feeds)


def _theoretical(
    session: Any, x: Tensor, start: Any, y: Tensor, out_sizes: list[int], feeds: Any
) -> Any:
    with x.graph.as_default():
        seed = convert_to_tensor(np.zeros(out_sizes, y.dtype.as_numpy_dtype))
        (slope,) = gradients(y, [x], [seed])
    count = int(np.prod(out_sizes))
    made = np.zeros((start.size, count), start.dtype)
    if slope is None:
        return made
    slope = convert_to_tensor(slope)
    for i in range(count):
        one = np.zeros(count, y.dtype.as_numpy_dtype)
        one[i] = 1
        value = session.run(slope, {**feeds, x: start, seed: one.reshape(out_sizes)})
        made[:, i] = np.asarray(value).reshape(-1)
    return made


def _numeric(
    session: Any, x: Tensor, start: Any, y: Tensor, out_sizes: list[int], delta: float, feeds: Any
) -> Any:
    made = np.zeros((start.size, int(np.prod(out_sizes))), start.dtype)
    for i in range(start.size):
        sides = []
        for step in (delta, -delta):
            moved = start.copy().reshape(-1)
            moved[i] += step
            value = session.run(y, {**feeds, x: moved.reshape(start.shape)})
            sides.append(np.asarray(value).reshape(-1))
        made[i] = (sides[0] - sides[1]) / (2 * delta)
    return made


def compute_gradient_error(
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Any,
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: Any = None,
) -> float:
    """The largest difference between the gradients and numeric differences."""
    found = compute_gradient(
        x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict
    )
    pairs = found if isinstance(found, list) else [found]
    return max(float(np.abs(a - b).max()) if a.size else 0.0 for a, b in pairs)
