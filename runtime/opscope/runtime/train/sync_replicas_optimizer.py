"""SyncReplicasOptimizer: one step from the gradients of several workers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from opscope.runtime.accumulators import ConditionalAccumulator
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.group import group
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import no_op
from opscope.runtime.ops.filling import fill
from opscope.runtime.queues import FIFOQueue
from opscope.runtime.train.optimizer import GradientAndVariable, Optimizer
from opscope.runtime.train.queue_runner import QueueRunner
from opscope.runtime.train.session_run_hook import SessionRunHook
from opscope.runtime.uninitialized import report_uninitialized_variables
from opscope.runtime.variables import Variable, assign, global_variables


class SyncReplicasOptimizer(Optimizer):
    """Gradients wait in accumulators; the mean of `replicas_to_aggregate` of them is applied.

    Each worker goes on when it gets a token, of which the chief puts out enough for a step. Use
    `make_session_run_hook`: it starts the chief's queue runner. The gradient of a gather is
    accumulated as a whole tensor.
    """

    def __init__(
        self,
        opt: Optimizer,
        replicas_to_aggregate: int,
        total_num_replicas: int | None = None,
        variable_averages: Any = None,
        variables_to_average: Sequence[Variable] | None = None,
        use_locking: bool = False,
        name: str = "sync_replicas",
    ) -> None:
        super().__init__(use_locking, name)
        self._opt = opt
        self._wanted = replicas_to_aggregate
        self._replicas = total_num_replicas or replicas_to_aggregate
        self._averages = variable_averages
        self._averaged = variables_to_average
        self._step: Any = None
        self._tokens: FIFOQueue | None = None
        self._runner: QueueRunner | None = None
        self.local_step_init_op: Any = None
        self.chief_init_op: Any = None
        self.ready_for_local_init_op: Any = None

    def compute_gradients(self, *args: Any, **kwargs: Any) -> list[GradientAndVariable]:
        """As the optimizer inside."""
        return self._opt.compute_gradients(*args, **kwargs)

    def apply_gradients(
        self,
        grads_and_vars: Iterable[GradientAndVariable],
        global_step: Any = None,
        name: str | None = None,
    ) -> Any:
        """What a worker runs: it puts its gradients in and waits for the step to be done."""
        pairs = list(grads_and_vars)
        if not pairs:
            raise ValueError("Must supply at least one variable")
        if global_step is None:
            raise ValueError("Global step is required to check staleness")
        self._step = global_step
        graph = get_default_graph()
        anchor = no_op()
        with graph.colocate_with(anchor):
            local_step = Variable(
                0,
                trainable=False,
                collections=[GraphKeys.LOCAL_VARIABLES],
                dtype=global_step.dtype.base_dtype,
                name="sync_rep_local_step",
            )
        self.local_step_init_op = assign(local_step, global_step)
        self.ready_for_local_init_op = report_uninitialized_variables(global_variables())
        with graph.name_scope(self._name):
            accumulators = [self._accumulate(g, v, local_step) for g, v in pairs]
            taken = [
                (None if a is None else a[0].take_grad(self._wanted), v)
                for a, (_, v) in zip(accumulators, pairs, strict=True)
            ]
            with graph.device(global_step.device), graph.name_scope(None):
                update = self._opt.apply_gradients(taken, global_step)
                self._tokens = FIFOQueue(
                    -1,
                    global_step.dtype.base_dtype,
                    shapes=(),
                    name="sync_token_q",
                    shared_name="sync_token_q",
                )
                with graph.control_dependencies([a[1] for a in accumulators if a is not None]):
                    token = self._tokens.dequeue()
                train = assign(local_step, token)
                with graph.control_dependencies([update]):
                    count = max(self._replicas, self._wanted)
                    done = self._tokens.enqueue_many((fill([count], _read(global_step)),))
                if self._averages is not None:
                    with graph.control_dependencies([done]):
                        done = self._averages.apply(self._averaged)
            self._runner = QueueRunner(self._tokens, [done])
            starts: list[Any] = [self.local_step_init_op]
            for accumulator in accumulators:
                if accumulator is not None:
                    starts.append(accumulator[0].set_global_step(global_step, name="SetGlobalStep"))
            self.chief_init_op = group(*starts)
        return train

    def _accumulate(
        self, grad: Any, var: Variable, local_step: Variable
    ) -> tuple[ConditionalAccumulator, Operation] | None:
        if grad is None:
            return None
        with var.graph.device(var.device):
            whole = convert_to_tensor(grad)
            accumulator = ConditionalAccumulator(
                whole.dtype, var.shape, shared_name=f"{var.name}/grad_accum"
            )
            return accumulator, accumulator.apply_grad(whole, local_step)

    def get_chief_queue_runner(self) -> QueueRunner:
        """The runner that applies the gradients; ValueError before `apply_gradients`."""
        if self._runner is None:
            raise ValueError("Should be called after apply_gradients().")
        return self._runner

    def get_init_tokens_op(self, num_tokens: int = -1) -> Operation:
        """An operation that puts in the tokens the first step begins with."""
        if self._tokens is None:
            raise ValueError("get_init_tokens_op() should be called after apply_gradients().")
        needed = self._wanted - self._replicas
        if num_tokens == -1:
            num_tokens = self._wanted
        elif num_tokens < needed:
            raise ValueError(
                "Too few tokens to finish the first step: "
                f"{num_tokens} (given) vs {needed} (needed)"
            )
        if num_tokens <= 0:
            return no_op(name="no_init_tokens")
        graph = get_default_graph()
        with graph.device(self._step.device), graph.name_scope(None):
            made: Operation = self._tokens.enqueue_many((fill([num_tokens], _read(self._step)),))
            return made

    def make_session_run_hook(self, is_chief: bool, num_tokens: int = -1) -> SessionRunHook:
        """The hook that makes a session ready for the steps."""
        return _SyncReplicasHook(self, is_chief, num_tokens)

    def get_slot(self, var: Variable, name: str) -> Variable | None:
        """As the optimizer inside."""
        return self._opt.get_slot(var, name)

    def get_slot_names(self) -> list[str]:
        """As the optimizer inside."""
        return self._opt.get_slot_names()

    def variables(self) -> list[Variable]:
        """As the optimizer inside."""
        return self._opt.variables()


def _read(step: Any) -> Tensor:
    """The step as it is where this is used, after the update it waits for."""
    value: Tensor = step.read_value() if isinstance(step, Variable) else convert_to_tensor(step)
    return value


class _SyncReplicasHook(SessionRunHook):
    def __init__(self, optimizer: SyncReplicasOptimizer, is_chief: bool, num_tokens: int) -> None:
        self._optimizer = optimizer
        self._is_chief = is_chief
        self._num_tokens = num_tokens
        self._starts: list[Any] = []

    def begin(self) -> None:
        optimizer = self._optimizer
        optimizer.get_chief_queue_runner()
        self._starts = [optimizer.local_step_init_op]
        if self._is_chief:
            tokens = optimizer.get_init_tokens_op(self._num_tokens)
            self._starts = [optimizer.chief_init_op, tokens]

    def after_create_session(self, session: Any, coord: Any) -> None:
        missing = session.run(self._optimizer.ready_for_local_init_op)
        if missing.size:
            names = ", ".join(name.decode() for name in missing)
            raise RuntimeError(
                "Init operations did not make model ready for SyncReplicasOptimizer local_init: "
                f"Variables not initialized: {names}"
            )
        for start in self._starts:
            session.run(start)
        if self._is_chief:
            self._optimizer.get_chief_queue_runner().create_threads(
                session, coord=coord, daemon=True, start=True
            )
