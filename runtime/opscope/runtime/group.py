"""Grouping: one operation for many, and tensors that can be had only together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops import basic
from opscope.runtime.ops.basic import identity


def group(*inputs: Any, name: str | None = None) -> Operation:
    """An operation that is done when all the inputs (nested as one likes) are.

    On several devices, one NoOp per device gathers the inputs of that device first.
    """
    elements = list(_flat(inputs))
    if not elements:
        return basic.no_op(name=name or "group_deps")
    graph = get_default_graph() if isinstance(elements[0], str) else elements[0].graph
    by_device: dict[str, list[Operation]] = {}
    for element in elements:
        owner = _operation(graph, element)
        by_device.setdefault(owner.device, []).append(owner)
    with graph.as_default():
        if len(by_device) == 1:
            ((device, members),) = by_device.items()
            return _no_op_after(graph, members, device, name or "group_deps")
        with graph.name_scope(name or "group_deps") as scope:
            gathered = [
                _no_op_after(graph, members, device, "NoOp")
                for device, members in sorted(by_device.items())
            ]
            with graph.control_dependencies(gathered):
                return basic.no_op(name=scope)


def tuple(  # noqa: A001 - TensorFlow's name
    tensors: Iterable[Any], name: str | None = None, control_inputs: Iterable[Any] | None = None
) -> list[Tensor | None]:
    """The tensors, each to be had only when all of them and the control inputs are; None stays."""
    given = list(tensors)
    present = [
        t if isinstance(t, Operation) else convert_to_tensor(t) for t in given if t is not None
    ]
    if not present:
        raise ValueError(f"Must have at least one Tensor: {given}")
    graph: Graph = present[0].graph
    with graph.as_default(), graph.name_scope(name or "tuple"):
        gate = group(*present, *(control_inputs or ()))
        gated: list[Tensor | None] = []
        for tensor in given:
            gated.append(None if tensor is None else with_dependencies([gate], tensor))
        return gated


def with_dependencies(dependencies: Iterable[Any], tensor: Any, name: str | None = None) -> Tensor:
    """The tensor, to be had only after the dependencies."""
    value = convert_to_tensor(tensor)
    graph = value.graph
    with (
        graph.as_default(),
        graph.colocate_with(value.op),
        graph.control_dependencies(dependencies),
    ):
        return identity(value, name=name or "control_dependency")


def _flat(items: Iterable[Any]) -> Iterable[Any]:
    for item in items:
        if isinstance(item, dict):
            yield from _flat(item.values())
        elif isinstance(item, (list, set, frozenset, type(()))):
            yield from _flat(item)
        elif item is not None:
            yield item


def _operation(graph: Graph, element: Any) -> Operation:
    if hasattr(element, "handle"):  # what an update of a resource variable returns
        element = element.op
    found = graph.as_graph_element(element)
    return found.op if isinstance(found, Tensor) else found


def _no_op_after(graph: Graph, members: list[Operation], device: str, name: str) -> Operation:
    with graph.control_dependencies(members):
        if not device:
            return basic.no_op(name=name)
        with graph.device(None), graph.device(device):
            return basic.no_op(name=name)
