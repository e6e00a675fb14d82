"""Partition graphs: what each device runs, joined by `_Send` and `_Recv`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.node_def_pb2 import NodeDef
from opscope.events.proto.types_pb2 import DT_FLOAT
from opscope.runtime import dtypes
from opscope.runtime.devices import Device
from opscope.runtime.graph_def import PRODUCER_VERSION, node_to_def, write_attr
from opscope.runtime.operation import Operation


def partition_graphs(
    order: Sequence[Operation],
    placement: Mapping[Operation, Device],
    fed_ops: Collection[Operation],
) -> dict[str, GraphDef]:
    """One GraphDef per device, by device name, in execution order.

    Every op keeps its own name. An edge to another device becomes a pair of `_Send` and `_Recv`
    named `SOURCE/_N`, as TensorFlow does. An op whose outputs are all fed has no inputs.
    """
    return _Partitioner(order, placement, fed_ops).graphs


class _Partitioner:
    def __init__(
        self,
        order: Sequence[Operation],
        placement: Mapping[Operation, Device],
        fed_ops: Collection[Operation],
    ) -> None:
        self.placement = placement
        self.present = {op.name: op for op in order}
        self.graphs: dict[str, GraphDef] = {}
        self.received: dict[tuple[str, str], str] = {}
        self.serial = 0
        for op in order:
            node = node_to_def(op)
            device = placement[op]
            node.device = device.name
            inputs = [] if op in fed_ops else [self._local_input(i, device) for i in node.input]
            del node.input[:]
            node.input.extend(i for i in inputs if i is not None)
            self._graph(device.name).node.append(node)

    def _graph(self, device_name: str) -> GraphDef:
        graph = self.graphs.get(device_name)
        if graph is None:
            graph = self.graphs[device_name] = GraphDef()
            graph.versions.producer = PRODUCER_VERSION
        return graph

    def _local_input(self, name: str, device: Device) -> str | None:
        """The input as a node of this device: itself or what receives it; None if it never runs."""
        control = name.startswith("^")
        source = self.present.get(name.removeprefix("^").partition(":")[0])
        if source is None:
            return None
        home = self.placement[source]
        if home is device:
            return name
        key = (name, device.name)
        received = self.received.get(key)
        if received is None:
            received = self.received[key] = self._transfer(name, source, home, device)
        return f"^{received}" if control else received

    def _transfer(self, name: str, source: Operation, home: Device, device: Device) -> str:
        sender = self._graph(home.name)
        if name.startswith("^"):
            dummy = sender.node.add(name=self._next(source), op="Const", device=home.name)
            dummy.input.append(name)
            dummy.attr["dtype"].type = DT_FLOAT
            dummy.attr["value"].tensor.dtype = DT_FLOAT
            dummy.attr["value"].tensor.tensor_shape.dim.add()
            value, dtype = dummy.name, dtypes.float32
        else:
            slot = int(name.partition(":")[2] or 0)
            value, dtype = name, source.outputs[slot].dtype.base_dtype
        send = sender.node.add(name=self._next(source), op="_Send", device=home.name)
        send.input.append(value)
        recv = self._graph(device.name).node.add(
            name=self._next(source), op="_Recv", device=device.name
        )
        write_attr(send.attr["T"], "type", dtype)
        write_attr(recv.attr["tensor_type"], "type", dtype)
        for node in (send, recv):
            _describe_edge(node, f"edge_{self.serial}_{source.name}", home, device)
        return recv.name

    def _next(self, source: Operation) -> str:
        self.serial += 1
        return f"{source.name}/_{self.serial}"


def _describe_edge(node: NodeDef, tensor_name: str, home: Device, device: Device) -> None:
    node.attr["tensor_name"].s = tensor_name.encode()
    node.attr["send_device"].s = home.name.encode()
    node.attr["recv_device"].s = device.name.encode()
    node.attr["send_device_incarnation"].i = 1
    node.attr["client_terminated"].b = False
