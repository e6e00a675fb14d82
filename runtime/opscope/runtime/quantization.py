"""tf.quantization: training with the rounding that a quantized model will have."""

from __future__ import annotations

from typing import Any

from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.operation import Tensor

__all__ = [
    "fake_quant_with_min_max_args",
    "fake_quant_with_min_max_args_gradient",
    "fake_quant_with_min_max_vars",
    "fake_quant_with_min_max_vars_gradient",
    "fake_quant_with_min_max_vars_per_channel",
    "fake_quant_with_min_max_vars_per_channel_gradient",
]


def fake_quant_with_min_max_args(
    inputs: Any,
    min: float = -6,  # noqa: A002
    max: float = 6,  # noqa: A002
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Tensor:
    """`inputs` rounded to 2 ** num_bits values between min and max, 0 among them."""
    return make_tensor(
        "FakeQuantWithMinMaxArgs",
        inputs,
        min=min,
        max=max,
        num_bits=num_bits,
        narrow_range=narrow_range,
        name=name,
    )


def fake_quant_with_min_max_args_gradient(
    gradients: Any,
    inputs: Any,
    min: float = -6,  # noqa: A002
    max: float = 6,  # noqa: A002
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Tensor:
    """The gradient of `fake_quant_with_min_max_args`: none outside of the range."""
    return make_tensor(
        "FakeQuantWithMinMaxArgsGradient",
        gradients,
        inputs,
        min=min,
        max=max,
        num_bits=num_bits,
        narrow_range=narrow_range,
        name=name,
    )


def fake_quant_with_min_max_vars(
    inputs: Any,
    min: Any,  # noqa: A002
    max: Any,  # noqa: A002
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Tensor:
    """`inputs` rounded to 2 ** num_bits values between two scalar tensors."""
    return make_tensor(
        "FakeQuantWithMinMaxVars",
        inputs,
        min,
        max,
        num_bits=num_bits,
        narrow_range=narrow_range,
        name=name,
    )


def fake_quant_with_min_max_vars_gradient(
    gradients: Any,
    inputs: Any,
    min: Any,  # noqa: A002
    max: Any,  # noqa: A002
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of `fake_quant_with_min_max_vars` for inputs, min and max."""
    return _three("FakeQuantWithMinMaxVarsGradient", gradients, inputs, min, max, num_bits,
                  narrow_range, name)  # fmt: skip


def fake_quant_with_min_max_vars_per_channel(
    inputs: Any,
    min: Any,  # noqa: A002
    max: Any,  # noqa: A002
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Tensor:
    """`inputs` with each channel (the last axis) rounded to a range of its own."""
    return make_tensor(
        "FakeQuantWithMinMaxVarsPerChannel",
        inputs,
        min,
        max,
        num_bits=num_bits,
        narrow_range=narrow_range,
        name=name,
    )


def fake_quant_with_min_max_vars_per_channel_gradient(
    gradients: Any,
    inputs: Any,
    min: Any,  # noqa: A002
    max: Any,  # noqa: A002
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of `fake_quant_with_min_max_vars_per_channel` for inputs, min and max."""
    return _three("FakeQuantWithMinMaxVarsPerChannelGradient", gradients, inputs, min, max,
                  num_bits, narrow_range, name)  # fmt: skip


def _three(
    op_type: str,
    gradients: Any,
    inputs: Any,
    low: Any,
    high: Any,
    num_bits: int,
    narrow_range: bool,
    name: str | None,
) -> tuple[Tensor, Tensor, Tensor]:
    whole, below, above = make_op(
        op_type, gradients, inputs, low, high, num_bits=num_bits, narrow_range=narrow_range,
        name=name,
    )  # fmt: skip
    return whole, below, above
