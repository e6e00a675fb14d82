"""Learning rates that fall with the global step."""

from __future__ import annotations

from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.scopes import name_scope


def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """learning_rate * decay_rate ^ (global_step / decay_steps); staircase: whole powers only."""
    if global_step is None:
        raise ValueError("global_step is required for exponential_decay.")
    with name_scope(
        name, "ExponentialDecay", [learning_rate, global_step, decay_steps, decay_rate]
    ) as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        dtype = rate.dtype.base_dtype
        steps = cast(decay_steps, dtype)
        base = cast(decay_rate, dtype)
        power = make_op("RealDiv", cast(global_step, dtype), steps, name="truediv")
        if staircase:
            power = make_op("Floor", power)
        made: Tensor = make_op("Mul", rate, make_op("Pow", base, power), name=scope)
        return made
