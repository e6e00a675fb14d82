"""A session whose runs are made up: what a wrapper sees of the runtime, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from opscope.events import HasInfOrNan
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.runtime.watch import Watch

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"


class Tensor(NamedTuple):
    node_name: str
    output_slot: int
    device_name: str
    op_type: str
    timestamp: int
    value: Any


@dataclass
class Run:
    result: Any
    error: Exception | None
    tensors: list[Tensor]
    hits: list[Tensor]
    partition_graphs: dict[str, GraphDef]
    session_run_index: int
    input_names: list[str] = field(default_factory=list)
    output_names: list[str] = field(default_factory=lambda: ["inc_v:0"])
    target_nodes: list[str] = field(default_factory=list)
    feeds: dict[str, Any] = field(default_factory=dict)


class FakeOpError(Exception):
    """An OpError names its op."""

    def __init__(self, op_name: str) -> None:
        super().__init__(f"op {op_name} failed")
        self.op = SimpleNamespace(name=op_name)


class FakeGraph:
    def __init__(self) -> None:
        frame = (__file__, 1, "build", '"""A session whose runs are made up')
        self.operations = [
            SimpleNamespace(
                name=name,
                type=op_type,
                traceback=[frame],
                outputs=[SimpleNamespace(dtype=SimpleNamespace(name=dtype))],
            )
            for name, op_type, dtype in (
                ("delta", "Const", "int32"),
                ("v", "VariableV2", "float32"),
                ("inc_v", "AssignAdd", "float32"),
                ("y", "Log", "float32"),
            )
        ]

    def get_operations(self) -> list[Any]:
        return self.operations

    def get_collection(self, name: str) -> list[Any]:
        return [SimpleNamespace(name="delta:0")] if name == "global_step" else []

    def graph_def(self) -> GraphDef:
        graph = GraphDef()
        for operation in self.operations:
            node = graph.node.add(name=operation.name, op=operation.type, device=CPU)
            if operation.name == "inc_v":
                node.input.extend(["v", "delta"])
        return graph


class FakeSession:
    """`v` counts from 10; run number `bad` makes `y` infinite, run number `fails` fails at `y`."""

    def __init__(self, bad: Sequence[int] = (), fails: Sequence[int] = ()) -> None:
        self.graph = FakeGraph()
        self.graph_def = self.graph.graph_def()
        self.sess_str = ""
        self.v = 10.0
        self.plain = 0
        self.watched = 0
        self.watches: list[Watch] = []
        self.fed: list[Any] = []
        self._bad, self._fails = bad, fails
        self._clock = 1_700_000_000_000_000
        self.closed = False

    @property
    def runs(self) -> int:
        return self.plain + self.watched

    def _step(self, feed_dict: Any) -> tuple[list[Tensor], Exception | None]:
        self.fed.append(feed_dict)
        before, number = self.v, self.runs
        values = [("delta", "Const", np.int32(1)), ("v", "VariableV2", np.float32(before))]
        error = FakeOpError("y") if number in self._fails else None
        if error is None:
            self.v += 1
            y = np.float32(-np.inf if number in self._bad else 0.5)
            values += [("inc_v", "AssignAdd", np.float32(self.v)), ("y", "Log", y)]
        tensors = []
        for name, op_type, value in values:
            self._clock += 3
            tensors.append(Tensor(name, 0, CPU, op_type, self._clock, value))
        return tensors, error

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        if fetches in ([], {}, ()):
            return fetches
        self.plain += 1
        _, error = self._step(feed_dict)
        if error is not None:
            raise error
        return np.float32(self.v)

    def run_watched(
        self,
        fetches: Any,
        feed_dict: Any = None,
        *,
        watch: Watch,
        options: Any = None,
        run_metadata: Any = None,
    ) -> Run:
        if fetches == "nosuch:0":
            raise ValueError("no tensor nosuch:0")
        self.watched += 1
        self.watches.append(watch)
        tensors, error = self._step(feed_dict)
        dtypes = {op.name: op.outputs[0].dtype.name for op in self.graph.operations}
        kept = [
            tensor
            for tensor in tensors
            if watch.wants(
                SimpleNamespace(  # type: ignore[arg-type]
                    op=SimpleNamespace(name=tensor.node_name, type=tensor.op_type),
                    dtype=SimpleNamespace(name=dtypes[tensor.node_name]),
                )
            )
        ]
        passes = HasInfOrNan() if watch.check else watch.filter
        hits = [tensor for tensor in kept if passes is not None and passes(tensor, tensor.value)]
        result = None if error else np.float32(self.v)
        return Run(result, error, kept, hits, {CPU: self.graph.graph_def()}, self.runs)

    def list_devices(self) -> list[str]:
        return [CPU]

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> FakeSession:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()
