"""From an op type's kernel to the callable that runs one node."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.binding import Binding
from opscope.runtime.op_def import Kernel
from opscope.runtime.operation import Operation, tensors_by_argument
from opscope.runtime.string_value import boxed

_STRING = dtypes.string.as_datatype_enum


def bound_kernel(binding: Binding) -> Kernel:
    """The callable of one node: it takes the input values alone.

    UnimplementedError when the op type has no kernel for the device.
    """
    kernel = _bound(binding)
    if not takes_string_scalars(binding.node):
        return kernel
    generic = [a.type_attr is not None for a, ts in tensors_by_argument(binding.node) for _ in ts]
    return _boxing(kernel, generic)


def takes_string_scalars(op: Operation) -> bool:
    """True for an op of any dtype that gets a string which may be a scalar.

    Such an op treats its inputs as arrays, which plain bytes are not.
    """
    for tensor in op.inputs:
        if tensor.dtype.as_datatype_enum == _STRING:
            break
    else:
        return False
    return not op.definition.updates and any(
        arg.type_attr is not None
        and any(t.dtype.as_datatype_enum == _STRING and not t.shape.ndims for t in tensors)
        for arg, tensors in tensors_by_argument(op)
    )


def _boxing(kernel: Kernel, generic: list[bool]) -> Kernel:
    """The kernel, with scalar strings as 0-d arrays on the way in and as bytes on the way out.

    generic: which inputs may be of any dtype; those that are always strings stay as they are.
    """

    def call(*values: Any) -> Any:
        result = kernel(*[boxed(v) if g else v for v, g in zip(values, generic, strict=True)])
        if isinstance(result, (tuple, list)):
            return tuple(_unboxed(r) for r in result)
        return _unboxed(result)

    return call


def _unboxed(value: Any) -> Any:
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _bound(binding: Binding) -> Kernel:
    node = binding.node
    definition = node.definition
    if definition.bind_rule is not None and binding.device_type not in definition.kernels:
        return definition.bind_rule(binding)
    kernel = definition.kernel(binding.device_type)
    if kernel is None:
        raise errors.UnimplementedError(
            node.node_def, node, f"op type {node.type} has no {binding.device_type} kernel"
        )
    attrs = {name: node.attrs[name] for name in definition.kernel_attrs}
    return partial(kernel, binding.xp, **attrs)
