"""QueueRunners as a MetaGraphDef holds them."""

from __future__ import annotations

from typing import Any, cast

from opscope.events.proto.queue_runner_pb2 import QueueRunnerDef
from opscope.runtime import errors
from opscope.runtime.graph import Graph
from opscope.runtime.train.queue_runner import QueueRunner

_ERRORS: dict[int, type[errors.OpError]] = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.OpError) and kind is not errors.OpError
}


def queue_runner_to_proto(runner: QueueRunner) -> QueueRunnerDef:
    """The names of the runner's queue and ops."""
    codes: list[Any] = [getattr(e, "code", None) for e in runner.queue_closed_exception_types]
    return QueueRunnerDef(
        queue_name=runner.name,
        enqueue_op_name=[op.name for op in runner.enqueue_ops],
        close_op_name=runner.close_op.name,
        cancel_op_name=runner.cancel_op.name,
        queue_closed_exception_types=[code for code in codes if code is not None],
    )


def queue_runner_from_proto(graph: Graph, proto: QueueRunnerDef, scope: str) -> QueueRunner:
    """The runner of a queue whose nodes were imported below `scope`; KeyError for a missing one."""

    def found(name: str) -> Any:
        return graph.get_operation_by_name(f"{scope}/{name}" if scope else name)

    ends = tuple(_ERRORS[c] for c in proto.queue_closed_exception_types if c in _ERRORS)
    return QueueRunner(
        # Of the queue only its name is asked for.
        cast(Any, found(proto.queue_name)),
        [found(name) for name in proto.enqueue_op_name],
        found(proto.close_op_name),
        found(proto.cancel_op_name),
        ends or None,
    )
