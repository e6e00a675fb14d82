"""Accumulators of gradients: put in by several, taken out as one when there are enough."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from opscope.runtime import dtypes, errors, logging
from opscope.runtime.binding import Binding
from opscope.runtime.cancellation import CANCELLATION
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.deadline import wait
from opscope.runtime.make_op import make_node, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.tensor_shape import TensorShape, as_shape, scalar

_TYPES = "{bfloat16, float16, float32, float64}"


class Accumulator:
    """Gradients of one step, added up; those computed for an earlier step are dropped."""

    def __init__(self, name: str, shape: TensorShape, reduction_type: str) -> None:
        self.name = name
        self.shape = shape
        self._means = reduction_type == "MEAN"
        self._changed = threading.Condition()
        self._total: Any = None
        self.count = 0
        self.step = 0
        self._cancelled = False

    def apply(self, local_step: int, gradient: Any) -> None:
        """Add a gradient, unless it is stale; InvalidArgumentError for another shape."""
        if not self.shape.is_compatible_with(gradient.shape):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Shape mismatch: expected {self.shape}, got {list(gradient.shape)}",
            )
        with self._changed:
            if local_step < self.step:
                return
            self._total = gradient if self.count == 0 else self._total + gradient
            self.count += 1
            self._changed.notify_all()

    def take(self, required: int) -> Any:
        """The mean or sum of at least so many gradients, waiting for them; the step moves on."""
        if required < 1:
            raise errors.InvalidArgumentError(
                None, None, f"Argument num_required must be >= 1, got {required}"
            )
        with self._changed:
            while self.count < required:
                if self._cancelled:
                    raise errors.CancelledError(None, None, "TakeGrad operation was cancelled")
                wait(self._changed)
            taken = self._total
            if self._means:
                taken = taken / taken.dtype.type(self.count)
            self._total, self.count = None, 0
            self.step += 1
            return taken

    def set_step(self, step: int) -> None:
        """Drop from now on what is computed for earlier steps."""
        with self._changed:
            if step < self.step:
                logging.warning(
                    f"Attempt to set the step of {self.name} back from {self.step} to {step}"
                )
            self.step = step

    def cancel(self) -> None:
        """Wake all who wait, for good."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()


@op(
    "ResourceConditionalAccumulator",
    "-> handle: resource",
    f"dtype: {_TYPES}, shape: shape, container: string = '', shared_name: string = '', "
    "reduction_type: {'MEAN', 'SUM'} = 'MEAN'",
    stateful=True,
    host_only=True,
)
def _accumulator(xp: Any) -> Any:
    """An accumulator of the session, shared by all ops of one `shared_name`."""
    raise errors.InternalError(None, None, "an accumulator belongs to a session")


@_accumulator.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]


@_accumulator.bind
def _(binding: Binding) -> Callable[..., Any]:
    node = binding.node
    key = ("accumulator", node.attrs["container"], node.attrs["shared_name"] or node.name)

    def first() -> Accumulator:
        made = Accumulator(node.name, node.attrs["shape"], node.attrs["reduction_type"])
        binding.session_state[CANCELLATION].on_cancel(made.cancel)
        return made

    found = binding.state(key, first)
    return lambda: found


@op(
    "ResourceAccumulatorNumAccumulated",
    "handle: resource -> num_accumulated: int32",
    stateful=True,
    host_only=True,
)
def _count(xp: Any, handle: Accumulator) -> Any:
    """How many gradients were added since the last was taken."""
    return xp.int32(handle.count)


@_count.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]


@op(
    "ResourceAccumulatorSetGlobalStep",
    "handle: resource, new_global_step: int64 ->",
    stateful=True,
    host_only=True,
)
def _set_step(xp: Any, handle: Accumulator, new_global_step: Any) -> None:
    """Set the step below which gradients are stale."""
    handle.set_step(int(new_global_step))


@op(
    "ResourceAccumulatorApplyGradient",
    "handle: resource, local_step: int64, gradient: dtype ->",
    f"dtype: {_TYPES}",
    stateful=True,
    host_only=True,
)
def _apply(xp: Any, handle: Accumulator, local_step: Any, gradient: Any) -> None:
    """Add a gradient, unless it is stale."""
    handle.apply(int(local_step), gradient)


for _without_outputs in (_set_step, _apply):
    _without_outputs.shape(lambda node: [])


@op(
    "ResourceAccumulatorTakeGradient",
    "handle: resource, num_required: int32 -> average: dtype",
    f"dtype: {_TYPES}",
    stateful=True,
    host_only=True,
)
def _take(xp: Any, handle: Accumulator, num_required: Any) -> Any:
    """The mean or sum of at least `num_required` gradients, once there are so many."""
    return handle.take(int(num_required))


@_take.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape(None)]


class ConditionalAccumulatorBase:
    """What accumulators share: a handle, the dtype, and the number of gradients in."""

    def __init__(self, dtype: Any, shape: Any, accumulator_ref: Tensor) -> None:
        self.dtype = dtypes.as_dtype(dtype)
        self._shape = as_shape(shape)
        self.accumulator_ref = accumulator_ref
        self.name = accumulator_ref.op.name.split("/")[-1]

    def num_accumulated(self, name: str | None = None) -> Tensor:
        """How many gradients were added since the last was taken."""
        label = name or f"{self.name}_NumAccumulated"
        return make_tensor("ResourceAccumulatorNumAccumulated", self.accumulator_ref, name=label)

    def set_global_step(self, new_global_step: Any, name: str | None = None) -> Operation:
        """Let gradients of earlier steps be dropped."""
        step = cast(convert_to_tensor(new_global_step), dtypes.int64)
        return make_node("ResourceAccumulatorSetGlobalStep", self.accumulator_ref, step, name=name)


class ConditionalAccumulator(ConditionalAccumulatorBase):
    """Gradients added up until there are enough to take their mean, or their sum."""

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "conditional_accumulator",
        reduction_type: str = "MEAN",
    ) -> None:
        handle = make_tensor(
            "ResourceConditionalAccumulator",
            dtype=dtype,
            shape=as_shape(shape),
            shared_name=shared_name,
            reduction_type=reduction_type,
            name=name,
        )
        super().__init__(dtype, shape, handle)

    def apply_grad(self, grad: Any, local_step: Any = 0, name: str | None = None) -> Operation:
        """Add a gradient; it is dropped when local_step lies before the accumulator's step."""
        gradient = convert_to_tensor(grad, self.dtype)
        gradient.shape.assert_is_compatible_with(self._shape)
        step = cast(convert_to_tensor(local_step), dtypes.int64)
        return make_node(
            "ResourceAccumulatorApplyGradient", self.accumulator_ref, step, gradient, name=name
        )

    def take_grad(self, num_required: Any, name: str | None = None) -> Tensor:
        """The mean or sum, once there are `num_required` gradients; then it begins anew."""
        taken = make_tensor(
            "ResourceAccumulatorTakeGradient",
            self.accumulator_ref,
            num_required,
            dtype=self.dtype,
            name=name,
        )
        taken.set_shape(self._shape)
        return taken
