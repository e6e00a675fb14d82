"""QueueRunner: threads that keep a queue filled."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Sequence
from typing import Any

from opscope.events.proto.queue_runner_pb2 import QueueRunnerDef
from opscope.runtime import errors, logging
from opscope.runtime.default_session import get_default_session
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_import import as_message
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.operation import Operation
from opscope.runtime.queues.queue import QueueBase
from opscope.runtime.train.coordinator import Coordinator


class QueueRunner:
    """Runs each of `enqueue_ops` over and over on a thread of its own.

    close_op is run when the last of them ends with one of `queue_closed_exception_types`,
    cancel_op when the coordinator stops.
    """

    def __init__(
        self,
        queue: QueueBase | None = None,
        enqueue_ops: Sequence[Operation] | None = None,
        close_op: Operation | None = None,
        cancel_op: Operation | None = None,
        queue_closed_exception_types: tuple[type[errors.OpError], ...] | None = None,
        queue_runner_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        if queue_runner_def is not None:
            if queue is not None or enqueue_ops:
                raise ValueError("queue_runner_def and queue are mutually exclusive.")
            self._take(
                as_message(queue_runner_def, QueueRunnerDef, "queue_runner_def"), import_scope
            )
        else:
            if queue is None or not enqueue_ops:
                raise ValueError("Must provide queue and enqueue_ops.")
            if queue_closed_exception_types is not None:
                _require_errors(queue_closed_exception_types)
            self._queue: Any = queue
            self._enqueue_ops = list(enqueue_ops)
            self._close_op = close_op or queue.close()
            self._cancel_op = cancel_op or queue.close(cancel_pending_enqueues=True)
            self._ends = queue_closed_exception_types or (errors.OutOfRangeError,)
        self._lock = threading.Lock()
        self._running: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._raised: list[BaseException] = []

    def _take(self, proto: QueueRunnerDef, scope: str | None) -> None:
        graph = get_default_graph()

        def found(name: str) -> Any:
            return graph.as_graph_element(f"{scope}/{name}" if scope else name)

        # Of the queue only its name is asked for.
        self._queue = found(proto.queue_name)
        self._enqueue_ops = [found(name) for name in proto.enqueue_op_name]
        self._close_op = found(proto.close_op_name)
        self._cancel_op = found(proto.cancel_op_name)
        codes = proto.queue_closed_exception_types
        self._ends = tuple(errors.exception_type_from_error_code(c) for c in codes) or (
            errors.OutOfRangeError,
        )

    @staticmethod
    def from_proto(queue_runner_def: Any, import_scope: str | None = None) -> QueueRunner:
        """The runner of a QueueRunnerDef whose ops are in the default graph, under `import_scope`.

        KeyError when an op is not there.
        """
        return QueueRunner(queue_runner_def=queue_runner_def, import_scope=import_scope)

    def to_proto(self, export_scope: str | None = None) -> QueueRunnerDef | None:
        """The names of the queue and the ops, without `export_scope`; None outside of that."""
        prefix = f"{export_scope.rstrip('/')}/" if export_scope else ""
        if not self.name.startswith(prefix):
            return None
        codes: list[Any] = [errors.error_code_from_exception_type(kind) for kind in self._ends]
        return QueueRunnerDef(
            queue_name=self.name.removeprefix(prefix),
            enqueue_op_name=[op.name.removeprefix(prefix) for op in self._enqueue_ops],
            close_op_name=self._close_op.name.removeprefix(prefix),
            cancel_op_name=self._cancel_op.name.removeprefix(prefix),
            queue_closed_exception_types=codes,
        )

    @property
    def queue(self) -> Any:
        """The queue that is filled; of a runner made from a QueueRunnerDef the op of it."""
        return self._queue

    @property
    def enqueue_ops(self) -> list[Operation]:
        """The ops that fill it."""
        return self._enqueue_ops

    @property
    def close_op(self) -> Operation:
        """The op that lets the queue run out."""
        return self._close_op

    @property
    def cancel_op(self) -> Operation:
        """The op that ends waiting enqueues."""
        return self._cancel_op

    @property
    def queue_closed_exception_types(self) -> tuple[type[errors.OpError], ...]:
        """Errors that mean the end of what is to be enqueued."""
        return self._ends

    @property
    def exceptions_raised(self) -> list[BaseException]:
        """What the threads raised where no coordinator took it."""
        return self._raised

    @property
    def name(self) -> str:
        """The name of the queue."""
        name: str = self._queue.name
        return name

    def create_threads(
        self,
        sess: Any,
        coord: Coordinator | None = None,
        daemon: bool = False,
        start: bool = False,
    ) -> list[threading.Thread]:
        """The threads for one session; none when those made before still run."""
        with self._lock:
            if self._running.get(sess, 0) > 0:
                return []
            self._running[sess] = len(self._enqueue_ops)
            self._raised = []
        threads = [
            threading.Thread(
                target=self._run, args=(sess, op, coord), name=f"QueueRunnerThread-{self.name}"
            )
            for op in self._enqueue_ops
        ]
        if coord is not None:
            threads.append(
                threading.Thread(
                    target=self._close_on_stop, args=(sess, coord), name=f"close-{self.name}"
                )
            )
        for thread in threads:
            # A thread that waits in a queue never keeps the program from ending.
            thread.daemon = True
            if coord is not None:
                coord.register_thread(thread)
            if start:
                thread.start()
        return threads

    def _run(self, sess: Any, enqueue_op: Operation, coord: Coordinator | None) -> None:
        enqueue = sess.make_callable(enqueue_op)
        try:
            while coord is None or not coord.should_stop():
                enqueue()
        except self._ends:
            self._leave(sess, close=True)
            return
        except Exception as error:
            if coord is not None:
                coord.request_stop(error)
            else:
                if not isinstance(error, errors.CancelledError):
                    logging.error(f"Exception in {threading.current_thread().name}: {error}")
                with self._lock:
                    self._raised.append(error)
        self._leave(sess, close=False)

    def _leave(self, sess: Any, close: bool) -> None:
        with self._lock:
            self._running[sess] = left = self._running.get(sess, 1) - 1
        if close and left == 0:
            self._try(sess, self._close_op)

    def _close_on_stop(self, sess: Any, coord: Coordinator) -> None:
        coord.wait_for_stop()
        self._try(sess, self._cancel_op)

    def _try(self, sess: Any, op: Operation) -> None:
        try:
            sess.run(op)
        except Exception as error:  # the session may be closed by now
            logging.debug(f"Ignored exception: {error}")


def _require_errors(kinds: Any) -> None:
    known = isinstance(kinds, tuple) and bool(kinds)
    if not known or not all(issubclass(kind, errors.OpError) for kind in kinds):
        raise TypeError(
            "queue_closed_exception_types, when provided, must be a tuple of tf.error types, "
            f"but saw: {kinds}"
        )


def add_queue_runner(qr: QueueRunner, collection: str = GraphKeys.QUEUE_RUNNERS) -> None:
    """Let `start_queue_runners` start this one too."""
    get_default_graph().add_to_collection(collection, qr)


def start_queue_runners(
    sess: Any = None,
    coord: Coordinator | None = None,
    daemon: bool = True,
    start: bool = True,
    collection: str = GraphKeys.QUEUE_RUNNERS,
) -> list[threading.Thread]:
    """Start the threads of all queue runners of the session's graph, and return them.

    ValueError without a session.
    """
    session = sess if sess is not None else get_default_session()
    if session is None:
        raise ValueError(
            "Cannot start queue runners: No default session is registered. Use `with "
            "sess.as_default()` or pass an explicit session to tf.start_queue_runners(sess=sess)"
        )
    runners: Iterable[QueueRunner] = session.graph.get_collection(collection)
    return [
        thread
        for runner in runners
        for thread in runner.create_threads(session, coord, daemon, start)
    ]
