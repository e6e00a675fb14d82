"""Variables behind a handle: reads are ops of their own, and happen where these stand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from opscope.events.proto.variable_pb2 import VariableDef
from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.initial_value import without_uninitialized_reads
from opscope.runtime.make_op import make_node, make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops import basic
from opscope.runtime.sparse_updates import SparseUpdates
from opscope.runtime.tensor_shape import TensorShape, as_shape
from opscope.runtime.variables import Variable


class HandleVariable(SparseUpdates, Variable):
    """A variable whose value is reached by a handle.

    Every use of it in an expression is a ReadVariableOp where the expression is built, so control
    dependencies say which updates a read comes after; a value once read never changes.
    """

    _handle: Tensor
    _read: Tensor
    _cached: Tensor | None = None
    _is_initialized_op: Tensor | None = None
    _parent: Operation | None = None

    # -- what it is ------------------------------------------------------------------------

    @property
    def handle(self) -> Tensor:
        """The handle, of dtype resource."""
        return self._handle

    @property
    def name(self) -> str:
        """The name of the handle, "W:0"."""
        return self._handle.name

    @property
    def op(self) -> Operation:
        """The VarHandleOp."""
        return self._handle.op

    @property
    def graph(self) -> Graph:
        """The graph that holds the variable."""
        return self._handle.graph

    @property
    def device(self) -> str:
        """The device asked for, or ""."""
        return self._handle.device

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of the value."""
        dtype: dtypes.DType = self._handle.op.attrs["dtype"]
        return dtype

    @property
    def shape(self) -> TensorShape:
        """The static shape of the value."""
        shape: TensorShape = self._handle.op.attrs["shape"]
        return shape

    def set_shape(self, shape: Any) -> None:
        """ValueError when the shape is not that of the variable, which a handle fixes."""
        self.shape.merge_with(shape)

    @property
    def create(self) -> Operation:
        """The operation that gives the variable its initial value."""
        return self._initializer

    def is_initialized(self, name: str | None = None) -> Tensor:
        """A bool tensor: whether the variable has a value."""
        return make_tensor("VarIsInitializedOp", self._handle, name=name)

    # -- its value -------------------------------------------------------------------------

    def value(self) -> Tensor:
        """The value: a new read, or the copy on the caching device."""
        if self._cached is not None:
            return self._cached
        with self._after_parent(), self._graph().colocate_with(None, ignore_existing=True):
            return self._read_here()

    def read_value(self) -> Tensor:
        """A new node that reads the value, for use under control dependencies."""
        with self._after_parent(), self._graph().name_scope("Read"):
            value = self._read_here()
        return basic.identity(value)

    def sparse_read(self, indices: Any, name: str | None = None) -> Tensor:
        """The rows that `indices` name."""
        with self._graph().name_scope(name or "Gather") as scope:
            return make_tensor(
                "ResourceGather", self._handle, indices, dtype=self.dtype, name=scope
            )

    def gather_nd(self, indices: Any, name: str | None = None) -> Tensor:
        """The parts that the rows of `indices` name."""
        with self._graph().name_scope(name or "GatherNd") as scope:
            value = make_tensor(
                "ResourceGatherNd", self._handle, indices, dtype=self.dtype, name=scope
            )
        return basic.identity(value)

    def _graph(self) -> Graph:
        """Where new nodes go: the body of a function takes them, else the variable's graph."""
        default = get_default_graph()
        return default if default.captures_outside else self._handle.graph

    def _after_parent(self) -> Any:
        graph = self._graph()
        if self._parent is None:
            return graph.as_default()
        return _after(graph, self._parent)

    def _read_here(self) -> Tensor:
        if self._cached is None:
            return make_tensor("ReadVariableOp", self._handle, dtype=self.dtype)
        graph = self._graph()
        with (
            graph.colocate_with(None, ignore_existing=True),
            graph.device(self._caching_device),
        ):
            return make_tensor("ReadVariableOp", self._handle, dtype=self.dtype)

    def _after_cached(self) -> Any:
        """An update comes after the copy on the caching device is made."""
        return nullcontext() if self._cached is None else _after(self._graph(), self._cached.op)

    def _ref(self) -> Tensor:
        return self._handle

    def _as_tensor(self, as_ref: bool) -> Tensor:
        return self._handle if as_ref else self.value()

    def _as_graph_element(self) -> Tensor:
        return self._read

    def eval(self, session: Any = None) -> Any:
        """The value in `session` or the default session."""
        return self._read.eval(session=session)

    # -- updates ---------------------------------------------------------------------------

    def assign(
        self,
        value: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Give a new value; the result is the variable after it (or the Operation).

        ValueError when the shape of `value` is known to be another.
        """
        with self._after_parent():
            converted = convert_to_tensor(value, self.dtype)
            if not self.shape.is_compatible_with(converted.shape):
                raise ValueError(
                    f"Cannot assign value to variable '{self.name}': Shape mismatch. "
                    f"The variable shape {self.shape}, and the assigned value shape "
                    f"{converted.shape} are incompatible."
                )
            assigned = make_node(
                "AssignVariableOp",
                self._handle,
                converted,
                validate_shape=self._validate_shape and self.shape.is_fully_defined(),
                name=name,
            )
            return self._after(assigned) if read_value else assigned

    def assign_add(
        self,
        delta: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Add to the value; the result is the variable after it (or the Operation)."""
        return self._changed("AssignAddVariableOp", delta, name, read_value)

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtract from the value; the result is the variable after it (or the Operation)."""
        return self._changed("AssignSubVariableOp", delta, name, read_value)

    def _changed(self, op_type: str, delta: Any, name: str | None, read_value: bool) -> Any:
        with self._after_parent(), self._after_cached():
            converted = convert_to_tensor(delta, self.dtype)
            changed = make_node(op_type, self._handle, converted, name=name)
            return self._after(changed) if read_value else changed

    def _updated(self, op_type: str, *inputs: Any, name: str | None, **attrs: Any) -> Any:
        """An update by one op that takes the handle first; the result is the variable after it."""
        with self._after_parent():
            return self._after(make_node(op_type, self._handle, *inputs, name=name, **attrs))

    def _after(self, update: Operation) -> UnreadVariable:
        return UnreadVariable(self, update)

    def to_proto(self, export_scope: str | None = None) -> VariableDef | None:
        """The names of the variable's nodes, as TensorFlow writes them into a MetaGraphDef."""
        proto = super().to_proto(export_scope)
        if proto is not None:
            proto.is_resource = True
        return proto

    @property
    def _validate_shape(self) -> bool:
        return True


def _after(graph: Graph, op: Operation) -> Any:
    return graph.control_dependencies([op])


class ResourceVariable(HandleVariable):
    """A value kept in the session behind a handle (`tf.Variable(..., use_resource=True)`).

    The graph gets the nodes `NAME` (VarHandleOp), `NAME/IsInitialized/VarIsInitializedOp`,
    `NAME/Assign` (its initializer), `NAME/Read/ReadVariableOp` and, for a value given as such,
    `NAME/Initializer/initial_value`.
    """

    def _build(
        self,
        graph: Graph,
        initial_value: Any,
        dtype: dtypes.DType | None,
        name: str | None,
        validate_shape: bool,
        expected_shape: Any,
        shape: Any,
    ) -> None:
        with graph.name_scope(name or "Variable") as scope:
            true_name = scope[:-1]
            with graph.colocate_with_future(true_name):
                with graph.name_scope("Initializer"), graph.device(None):
                    given = initial_value() if callable(initial_value) else initial_value
                    value = convert_to_tensor(given, dtype, name="initial_value")
                value.shape.assert_is_compatible_with(expected_shape)
                if shape is not None and not value.shape.is_compatible_with(as_shape(shape)):
                    raise ValueError(
                        "In this `tf.Variable` creation, the initial value's shape "
                        f"({value.shape}) is not compatible with the explicitly supplied `shape` "
                        f"argument ({as_shape(shape)})."
                    )
                self._handle = self._ref_tensor = make_tensor(
                    "VarHandleOp",
                    dtype=value.dtype.base_dtype,
                    shape=value.shape if shape is None else as_shape(shape),
                    shared_name=true_name,
                    debug_name=scope,
                    name=scope,
                )
            self._initial_value = value
            with graph.name_scope("IsInitialized"):
                self._is_initialized_op = make_tensor("VarIsInitializedOp", self._handle)
            with (
                graph.name_scope("Assign") as assign_scope,
                graph.colocate_with(None, ignore_existing=True),
                graph.device(self._handle.device),
            ):
                self._initializer = make_node(
                    "AssignVariableOp",
                    self._handle,
                    without_uninitialized_reads(value, scope),
                    name=assign_scope,
                )
            with graph.name_scope("Read"):
                with graph.device(self._handle.device):
                    self._read = self._snapshot = self._read_here()
                if self._caching_device is not None:
                    with (
                        graph.colocate_with(None, ignore_existing=True),
                        graph.device(self._caching_device),
                    ):
                        self._cached = self._snapshot = basic.identity(self._read)

    def _find(self, proto: VariableDef, import_scope: str | None) -> None:
        """Take the nodes that a VariableDef names; KeyError when one is missing."""
        super()._find(proto, import_scope)
        self._handle = self._ref_tensor
        read = self._snapshot
        while read.op.type != "ReadVariableOp":
            self._cached = self._snapshot
            read = read.op.inputs[0]
        self._read = read


class UnreadVariable(HandleVariable):
    """A variable as it is after an update: what is read of it comes after that.

    As a fetch it is its value then; in an expression it is read where that is built.
    """

    def __init__(self, variable: HandleVariable, update: Operation) -> None:
        self.trainable = variable.trainable
        self.constraint: Callable[[Tensor], Tensor] | None = None
        self.save_slice_info = None
        self._handle = self._ref_tensor = variable.handle
        self._initializer = variable._initializer
        self._initial_value = variable._initial_value
        self._parent = update
        with self._after_parent():
            self._read = self._snapshot = self._read_here()

    @property
    def name(self) -> str:
        """The name of the update."""
        assert self._parent is not None
        return self._parent.name

    @property
    def op(self) -> Operation:
        """The update."""
        assert self._parent is not None
        return self._parent

    def read_value(self) -> Tensor:
        """A new node that reads the value after the update."""
        return self.value()

    def value(self) -> Tensor:
        """The value: a new read after the update."""
        with self._after_parent():
            return self._read_here()
