"""A lookup table whose keys may change, as a Saver saves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_node
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.train.saveable import SaveableObject, SaveSpec


class SaveableTable(SaveableObject):
    """A table, saved as the tensors `NAME-keys` and `NAME-values`."""

    def __init__(self, table: Any, name: str) -> None:
        keys, values = table.export()
        specs = [SaveSpec(keys, "", f"{name}-keys"), SaveSpec(values, "", f"{name}-values")]
        super().__init__(table, specs, name)

    def restore(
        self, restored_tensors: Sequence[Tensor], restored_shapes: Sequence[Any] | None
    ) -> Operation:
        """The operation that makes the restored keys and values all that the table has."""
        handle = self.op.resource_handle
        graph = get_default_graph()
        with graph.name_scope(f"{self.name}_table_restore"), graph.colocate_with(handle.op):
            return make_node("LookupTableImportV2", handle, *restored_tensors)
