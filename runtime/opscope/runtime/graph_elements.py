"""The operations of a graph and their tensors: how they are found by name, and who reads them."""

from __future__ import annotations

import threading
from typing import Any

from opscope.runtime.operation import Operation, Tensor


class GraphElements:
    """The operations in the order they were made, by name, and by the tensors that they read."""

    def __init__(self) -> None:
        super().__init__()
        self._operations: list[Operation] = []
        self._by_name: dict[str, Operation] = {}
        self._consumers: dict[Tensor, list[Operation]] = {}
        self._consumers_known = 0  # of how many operations the inputs are among them
        self._unfeedable: set[Tensor] = set()
        self._unfetchable: set[Operation] = set()
        self._lock = threading.RLock()
        self.rewrites = 0  # rises when an existing node changes, so that plans are made anew

    @property
    def version(self) -> int:
        """The number of operations made so far."""
        return len(self._operations)

    def get_operations(self) -> list[Operation]:
        """All operations, in the order they were made."""
        return list(self._operations)

    def get_operation_by_name(self, name: str) -> Operation:
        """Return one operation; KeyError when there is none of that name."""
        found = self.as_graph_element(name, allow_tensor=False)
        assert isinstance(found, Operation)
        return found

    def get_tensor_by_name(self, name: str) -> Tensor:
        """Return the tensor "op:slot"; KeyError when there is none."""
        found = self.as_graph_element(name, allow_operation=False)
        assert isinstance(found, Tensor)
        return found

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Tensor | Operation:
        """Return the tensor or operation that `obj` (one of them, a Variable or a name) means."""
        convert = getattr(obj, "_as_graph_element", None)
        if convert is not None:
            obj = convert()
        if isinstance(obj, (Tensor, Operation)):
            wanted = allow_tensor if isinstance(obj, Tensor) else allow_operation
            if not wanted:
                raise TypeError(f"Can not convert a {type(obj).__name__} here: {obj!r}")
            if obj.graph is not self:
                raise ValueError(f"{obj} is not an element of this graph.")
            return obj
        if not isinstance(obj, str):
            kinds = " or ".join(
                k for k, on in (("Tensor", allow_tensor), ("Operation", allow_operation)) if on
            )
            raise TypeError(f"Can not convert a {type(obj).__name__} into a {kinds}.")
        if ":" in obj:
            if not allow_tensor:
                raise ValueError(f"Name {obj!r} appears to refer to a Tensor, not a Operation.")
            op_name, _, slot = obj.rpartition(":")
            found = self._by_name.get(op_name)
            if found is None:
                raise KeyError(
                    f"The name {obj!r} refers to a Tensor which does not exist. "
                    f"The operation, {op_name!r}, does not exist in the graph."
                )
            if not slot.isdigit() or int(slot) >= len(found.outputs):
                raise KeyError(
                    f"The name {obj!r} refers to a Tensor which does not exist. The operation, "
                    f"{op_name!r}, exists but only has {len(found.outputs)} outputs."
                )
            return found.outputs[int(slot)]
        if not allow_operation:
            raise ValueError(
                f"Name {obj!r} looks like an operation name, not a Tensor; "
                f'a tensor is named "{obj}:0"'
            )
        if obj not in self._by_name:
            raise KeyError(f"The name {obj!r} refers to an Operation not in the graph.")
        return self._by_name[obj]

    def consumers(self, tensor: Tensor) -> list[Operation]:
        """The operations that read `tensor`, in the order they were made."""
        with self._lock:
            found = self._consumers
            for op in self._operations[self._consumers_known :]:
                for given in op.inputs:
                    found.setdefault(given, []).append(op)
            self._consumers_known = len(self._operations)
            return list(dict.fromkeys(found.get(tensor, ())))

    def rewrite_inputs(self, op: Operation, inputs: list[Tensor]) -> None:
        """Replace the data inputs of an existing operation; plans that used it are made anew."""
        with self._lock:
            op.inputs = inputs
            self.rewrites += 1
            self._consumers.clear()
            self._consumers_known = 0

    def prevent_feeding(self, tensor: Tensor) -> None:
        """Make `tensor` unfeedable."""
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor: Tensor) -> bool:
        """True unless `prevent_feeding` was called for the tensor."""
        return tensor not in self._unfeedable

    def prevent_fetching(self, op: Operation) -> None:
        """Make `op` unfetchable."""
        self._unfetchable.add(op)

    def is_fetchable(self, element: Tensor | Operation) -> bool:
        """True unless `prevent_fetching` was called for the operation."""
        return (element.op if isinstance(element, Tensor) else element) not in self._unfetchable
