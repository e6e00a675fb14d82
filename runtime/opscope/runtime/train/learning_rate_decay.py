"""Learning rates that fall with the global step.

Nodes are named as TensorFlow names them; the formulas are those of its documentation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.case import case
from opscope.runtime.cond import cond
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.math import (
    add,
    ceil,
    cos,
    divide,
    equal,
    exp,
    floor,
    log,
    minimum,
    multiply,
    negative,
    pow,  # noqa: A004 - TensorFlow's name
    sqrt,
)
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.comparison import where_v2
from opscope.runtime.ops.random import random_normal
from opscope.runtime.scopes import name_scope


def _begin(learning_rate: Any, *numbers: Any) -> list[Tensor]:
    """The first rate as a tensor, and the numbers in its dtype."""
    rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
    return [rate, *(cast(number, rate.dtype.base_dtype) for number in numbers)]


def _require_step(global_step: Any, function: str) -> None:
    if global_step is None:
        raise ValueError(f"global_step is required for {function}.")


def _half_cosine(fraction: Tensor, dtype: dtypes.DType) -> Any:
    """1 at fraction 0, 0 at 1, with a cosine between."""
    return 0.5 * (1.0 + cos(constant(math.pi, dtype) * fraction))


def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """learning_rate * decay_rate ^ (global_step / decay_steps); staircase: whole powers only."""
    _require_step(global_step, "exponential_decay")
    with name_scope(name or "ExponentialDecay") as scope:
        rate, steps, base, step = _begin(learning_rate, decay_steps, decay_rate, global_step)
        power = step / steps
        if staircase:
            power = floor(power)
        return multiply(rate, pow(base, power), name=scope)


def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """learning_rate * e ^ (-decay_rate * global_step / decay_steps)."""
    _require_step(global_step, "natural_exp_decay")
    base = exp(negative(decay_rate))
    return exponential_decay(learning_rate, global_step, decay_steps, base, staircase, name)


def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """learning_rate / (1 + decay_rate * global_step / decay_steps)."""
    _require_step(global_step, "inverse_time_decay")
    with name_scope(name or "InverseTimeDecay") as scope:
        rate, steps, fall, step = _begin(learning_rate, decay_steps, decay_rate, global_step)
        part = step / steps
        if staircase:
            part = floor(part)
        one = cast(constant(1), rate.dtype.base_dtype)
        return divide(rate, add(one, multiply(fall, part)), name=scope)


def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Tensor:
    """From learning_rate to end_learning_rate within decay_steps, as a power of the part left.

    cycle: go on beyond decay_steps with the next multiple of it that the step has not reached.
    """
    _require_step(global_step, "polynomial_decay")
    with name_scope(name or "PolynomialDecay") as scope:
        rate, end, exponent, step, steps = _begin(
            learning_rate, end_learning_rate, power, global_step, decay_steps
        )
        if cycle:
            multiple = where_v2(equal(step, 0), 1.0, ceil(step / decay_steps))
            steps = multiply(steps, multiple)
        else:
            step = minimum(step, steps)
        part = divide(step, steps)
        return add(multiply(rate - end, pow(1 - part, exponent)), end, name=scope)


def cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """Along half a cosine from learning_rate to alpha * learning_rate."""
    _require_step(global_step, "cosine decay")
    with name_scope(name or "CosineDecay"):
        rate, steps, step = _begin(learning_rate, decay_steps, global_step)
        step = minimum(step, steps)
        falling = _half_cosine(step / steps, rate.dtype.base_dtype)
        return multiply(rate, (1 - alpha) * falling + alpha)


def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: Any = 2.0,
    m_mul: Any = 1.0,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """Half cosines one after the other, each t_mul times as long and m_mul times as high."""
    _require_step(global_step, "cosine decay restarts")
    with name_scope(name or "SGDRDecay") as scope:
        rate, first, low, longer, higher, step = _begin(
            learning_rate, first_decay_steps, alpha, t_mul, m_mul, global_step
        )
        part = step / first

        def equally_long() -> list[Any]:
            restarts = floor(part)
            return [restarts, part - restarts]

        def ever_longer() -> list[Any]:
            restarts = floor(log(1.0 - part * (1.0 - longer)) / log(longer))
            before = (1.0 - longer**restarts) / (1.0 - longer)
            return [restarts, (part - before) / longer**restarts]

        restarts, part = cond(equal(longer, 1.0), equally_long, ever_longer)
        height = higher**restarts
        falling = 0.5 * height * (1.0 + cos(constant(math.pi, rate.dtype.base_dtype) * part))
        return multiply(rate, (1 - low) * falling + low, name=scope)


def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """learning_rate * ((alpha + linear fall) * num_periods cosines + beta)."""
    _require_step(global_step, "linear cosine decay")
    with name_scope(name or "LinearCosineDecay") as scope:
        rate, steps, periods, low, least, step = _begin(
            learning_rate, decay_steps, num_periods, alpha, beta, global_step
        )
        step = minimum(step, steps)
        line = (steps - step) / steps
        wave = _half_cosine(2.0 * periods * (step / steps), rate.dtype.base_dtype)
        return multiply(rate, (low + line) * wave + least, name=scope)


def noisy_linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    initial_variance: Any = 1.0,
    variance_decay: Any = 0.55,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """As `linear_cosine_decay`, with Gaussian noise on the line.

    Its variance is initial_variance / (1 + global_step) ^ variance_decay.
    """
    _require_step(global_step, "noisy linear cosine decay")
    with name_scope(name or "NoisyLinearCosineDecay") as scope:
        rate, steps, first, fall, periods, low, least, step = _begin(
            learning_rate,
            decay_steps,
            initial_variance,
            variance_decay,
            num_periods,
            alpha,
            beta,
            global_step,
        )
        step = minimum(step, steps)
        line = (steps - step) / steps
        spread = sqrt(first / pow(1.0 + step, fall))
        line = line + random_normal(line.shape, stddev=spread)
        wave = _half_cosine(2.0 * periods * (step / steps), rate.dtype.base_dtype)
        return multiply(rate, (low + line) * wave + least, name=scope)


def piecewise_constant(
    x: Any, boundaries: Sequence[Any], values: Sequence[Any], name: str | None = None
) -> Any:
    """values[0] up to x = boundaries[0], values[1] beyond it up to boundaries[1], and so on.

    ValueError when there is not one value more than boundaries, or dtypes differ (int32
    boundaries are taken for an int64 x).
    """
    edges = [convert_to_tensor(b) for b in boundaries]
    levels = [convert_to_tensor(v) for v in values]
    at = convert_to_tensor(x)
    wanted = at.dtype.base_dtype
    for i, edge in enumerate(edges):
        given = edge.dtype.base_dtype
        if given is wanted:
            continue
        if given is not dtypes.int32 or wanted is not dtypes.int64:
            raise ValueError(
                f"`boundaries` ({given.name}) must have the same dtype as x ({wanted.name})."
            )
        edges[i] = cast(edge, wanted)
    for level in levels[1:]:
        if level.dtype.base_dtype is not levels[0].dtype.base_dtype:
            raise ValueError(
                "`values` must have elements all with the same dtype "
                f"({levels[0].dtype.base_dtype.name} vs {level.dtype.base_dtype.name})."
            )
    if len(edges) != len(levels) - 1:
        raise ValueError(
            "The length of boundaries should be 1 less than the length of values. Received: "
            f"{len(edges)} boundaries and {len(levels)} values."
        )
    with name_scope(name or "PiecewiseConstant"):
        at = convert_to_tensor(x)

        def always(level: Tensor) -> Callable[[], Tensor]:
            return lambda: level

        pairs: list[tuple[Any, Callable[[], Any]]] = [
            (at <= edges[0], always(levels[0])),
            (at > edges[-1], always(levels[-1])),
        ]
        for low, high, level in zip(edges[:-1], edges[1:], levels[1:-1], strict=True):
            pairs.append(((at > low) & (at <= high), always(level)))
        return case(pairs, always(levels[0]), exclusive=True)


piecewise_constant_decay = piecewise_constant
