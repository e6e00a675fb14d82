"""From an op type's kernel to the callable that runs one node."""

from __future__ import annotations

from functools import partial

from opscope.runtime import errors
from opscope.runtime.binding import Binding
from opscope.runtime.op_def import Kernel


def bound_kernel(binding: Binding) -> Kernel:
    """The callable of one node: it takes the input values alone.

    UnimplementedError when the op type has no kernel for the device.
    """
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
