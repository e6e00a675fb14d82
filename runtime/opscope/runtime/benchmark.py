"""tf.test's other tools: benchmarks, stubs, comparison of graphs, clusters for tests."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from opscope.events.proto.config_pb2 import ConfigProto
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.runtime.train.server import Server


def is_built_with_rocm() -> bool:
    """False: GPUs are driven by CUDA here."""
    return False


def is_built_with_xla() -> bool:
    """False: there is no XLA here."""
    return False


def test_src_dir_path(relative_path: str) -> str:
    """A path beside the program that runs, made absolute."""
    return os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), relative_path)


# pytest takes what begins with "test" for a test.
test_src_dir_path.__test__ = False  # type: ignore[attr-defined]


def assert_equal_graph_def(
    actual: GraphDef, expected: GraphDef, checkpoint_v2: bool = False
) -> None:
    """AssertionError, naming the first difference, unless both have the same nodes."""
    for message in (actual, expected):
        if not isinstance(message, GraphDef):
            raise TypeError(f"Expected tf.GraphDef, got {type(message).__name__}")
    mine = {node.name: node for node in actual.node}
    for node in expected.node:
        found = mine.pop(node.name, None)
        if found is None:
            raise AssertionError(f"the graph has no node {node.name!r}")
        if found != node:
            raise AssertionError(f"node {node.name!r} differs:\n{found}\nexpected:\n{node}")
    if mine:
        raise AssertionError(f"the graph has nodes that are not expected: {', '.join(mine)}")


def create_local_cluster(
    num_workers: int,
    num_ps: int,
    protocol: str = "grpc",
    worker_config: ConfigProto | None = None,
    ps_config: ConfigProto | None = None,
) -> tuple[list[Server], list[Server]]:
    """The servers of the workers and of the parameter tasks of a new cluster."""
    number = next(_numbers)
    cluster = {
        "worker": [f"localhost:{number}:worker:{i}" for i in range(num_workers)],
        "ps": [f"localhost:{number}:ps:{i}" for i in range(num_ps)],
    }
    workers = [Server(cluster, "worker", i, protocol, worker_config) for i in range(num_workers)]
    parameters = [Server(cluster, "ps", i, protocol, ps_config) for i in range(num_ps)]
    return workers, parameters


_numbers = count()


class StubOutForTesting:
    """Replaces attributes for a test, and puts back what was there."""

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, Any]] = []
        self._set: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> StubOutForTesting:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.CleanUp()

    def CleanUp(self) -> None:  # noqa: N802 - TensorFlow's name
        """Put back everything."""
        self.SmartUnsetAll()
        self.UnsetAll()

    def SmartSet(self, obj: Any, attr_name: str, new_attr: Any) -> None:  # noqa: N802
        """Replace an attribute; AttributeError when there is none of that name."""
        self._replaced.append((obj, attr_name, getattr(obj, attr_name)))
        setattr(obj, attr_name, new_attr)

    def SmartUnsetAll(self) -> None:  # noqa: N802
        """Put back what `SmartSet` replaced."""
        self._put_back(self._replaced)

    def Set(self, parent: Any, child_name: str, new_child: Any) -> None:  # noqa: N802
        """Replace an attribute."""
        self._set.append((parent, child_name, getattr(parent, child_name)))
        setattr(parent, child_name, new_child)

    def UnsetAll(self) -> None:  # noqa: N802
        """Put back what `Set` replaced."""
        self._put_back(self._set)

    @staticmethod
    def _put_back(kept: list[tuple[Any, str, Any]]) -> None:
        while kept:
            owner, name, value = kept.pop()
            setattr(owner, name, value)


class Benchmark:
    """A base for benchmarks: methods named `benchmark...` that call `run_op_benchmark`."""

    def report_benchmark(
        self,
        iters: int | None = None,
        cpu_time: float | None = None,
        wall_time: float | None = None,
        throughput: float | None = None,
        extras: dict[str, Any] | None = None,
        name: str | None = None,
        metrics: Any = None,
    ) -> None:
        """Print what was measured, times in seconds."""
        shown = {
            "iters": iters,
            "wall_time": wall_time,
            "cpu_time": cpu_time,
            "throughput": throughput,
            **(extras or {}),
        }
        text = ", ".join(f"{key}: {value}" for key, value in shown.items() if value is not None)
        print(f"{name or type(self).__name__}: {text}")

    def run_op_benchmark(
        self,
        sess: Any,
        op_or_tensor: Any,
        feed_dict: Any = None,
        burn_iters: int = 2,
        min_iters: int = 10,
        store_trace: bool = False,
        store_memory_usage: bool = True,
        name: str | None = None,
        extras: dict[str, Any] | None = None,
        mbs: float = 0,
    ) -> dict[str, Any]:
        """The median time of a run of `op_or_tensor`, after `burn_iters` that do not count.

        mbs: megabytes that a run handles; the throughput is printed then.
        """
        wanted = getattr(op_or_tensor, "op", op_or_tensor)
        for _ in range(burn_iters):
            sess.run(wanted, feed_dict=feed_dict)
        times = sorted(_seconds(lambda: sess.run(wanted, feed_dict)) for _ in range(min_iters))
        middle = times[len(times) // 2] if times else 0.0
        result = {
            "iters": min_iters,
            "wall_time": middle,
            "extras": dict(extras or {}),
            "name": name,
        }
        self.report_benchmark(
            min_iters, None, middle, mbs / middle if mbs and middle else None, extras, name
        )
        return result


def _seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
