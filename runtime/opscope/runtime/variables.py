"""Variables: values that live in the session from run to run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from opscope.events.proto.variable_pb2 import VariableDef
from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.group import group
from opscope.runtime.initial_value import initialized_value, without_uninitialized_reads
from opscope.runtime.make_op import make_op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops import basic, state  # noqa: F401 - they define the ops used here
from opscope.runtime.ops.overloads import install
from opscope.runtime.save_slice import SaveSliceInfo
from opscope.runtime.sparse_reference_updates import SparseReferenceUpdates
from opscope.runtime.tensor_shape import TensorShape, as_shape
from opscope.runtime.variable_class import variable_class
from opscope.runtime.variable_creators import chained, open_creators


class _VariableType(type):
    """Lets the creators of open `variable_creator_scope` blocks make what `Variable(...)` asks."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        creators = open_creators() if cls is Variable else None
        if not creators:
            return super().__call__(*args, **kwargs)
        bound = _SIGNATURE.bind(None, *args, **kwargs)
        bound.apply_defaults()
        del bound.arguments["self"]
        return chained(creators, super().__call__)(**bound.arguments)


class Variable(SparseReferenceUpdates, metaclass=_VariableType):
    """A value kept in the session; in expressions it stands for its current value.

    The graph gets the nodes `NAME` (VariableV2), `NAME/Assign` (its initializer), `NAME/read` and,
    for a value given as such, `NAME/initial_value`.
    """

    __array_priority__ = 100
    SaveSliceInfo = SaveSliceInfo

    def __new__(cls, *args: Any, **kwargs: Any) -> Variable:
        """An object of the class that `use_resource` and `variable_def` ask for."""
        return object.__new__(variable_class(kwargs) if cls is Variable else cls)

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool = True,
        collections: Sequence[str] | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Callable[[Tensor], Tensor] | None = None,
        use_resource: bool | None = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> None:
        """Make a variable of the default graph, or find the nodes of one that `variable_def` names.

        initial_value: a tensor, anything convertible to one, or a function that returns one; it
        says dtype and shape, unless validate_shape is False, when `shape` does or it stays open.
        `expected_shape` is what the initial value's shape must fit. `constraint` maps the new value
        after an optimizer step. use_resource: keep the value behind a handle, so that the object is
        a ResourceVariable; None asks the variable scope. Of `synchronization` and `aggregation`
        nothing follows in one process. ValueError when the shape must be known and is not.
        """
        self.constraint = constraint
        self.save_slice_info: SaveSliceInfo | None = None
        self._caching_device = caching_device
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self.trainable = variable_def.trainable
            self._find(variable_def, import_scope)
            return
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        if collections is None:
            collections = [GraphKeys.GLOBAL_VARIABLES]
        elif not isinstance(collections, (list, tuple, set)):
            raise ValueError(
                f"collections argument to Variable constructor must be a list, tuple, or set. "
                f"Got {collections!r} of type {type(collections)}"
            )
        if trainable and GraphKeys.TRAINABLE_VARIABLES not in collections:
            collections = [*collections, GraphKeys.TRAINABLE_VARIABLES]
        self.trainable = trainable
        graph = initial_value.graph if isinstance(initial_value, Tensor) else get_default_graph()
        wanted = None if dtype is None else dtypes.as_dtype(dtype)
        with graph.as_default(), graph.control_dependencies(None):
            self._build(graph, initial_value, wanted, name, validate_shape, expected_shape, shape)
        graph.add_to_collections(list(collections), self)

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
            if callable(initial_value):
                with graph.colocate_with_future(true_name):
                    with graph.name_scope("Initializer"), graph.device(None):
                        value = convert_to_tensor(initial_value(), dtype, name="initial_value")
                    self._ref_tensor = self._make_ref(value, scope, validate_shape, shape)
            else:
                value = convert_to_tensor(initial_value, dtype, name="initial_value")
                self._ref_tensor = self._make_ref(value, scope, validate_shape, shape)
            value.shape.assert_is_compatible_with(expected_shape)
            self._initial_value = value
            self._initializer: Operation = make_op(
                "Assign",
                self._ref_tensor,
                without_uninitialized_reads(value, scope),
                validate_shape=validate_shape,
                name="Assign",
            ).op
            if self._caching_device is None:
                with graph.colocate_with(self._ref_tensor.op):
                    self._snapshot = basic.identity(self._ref_tensor, name="read")
                return
            with (
                graph.colocate_with(None, ignore_existing=True),
                graph.device(self._caching_device),
            ):
                self._snapshot = basic.identity(self._ref_tensor, name="read")

    def _find(self, proto: VariableDef, import_scope: str | None) -> None:
        """Take the nodes that a VariableDef names; KeyError when one is missing."""
        graph = get_default_graph()
        scope = f"{import_scope}/" if import_scope else ""

        def found(name: str) -> Any:
            return graph.as_graph_element(scope + name)

        self._ref_tensor = found(proto.variable_name)
        self._snapshot = found(proto.snapshot_name)
        self._initializer = found(proto.initializer_name)
        initial = proto.initial_value_name
        self._initial_value = found(initial) if initial else self._initializer.inputs[1]
        if proto.HasField("save_slice_info_def"):
            self.save_slice_info = SaveSliceInfo.from_proto(proto.save_slice_info_def)

    def _make_ref(self, value: Tensor, scope: str, validate_shape: bool, shape: Any) -> Tensor:
        known = as_shape(shape)
        if validate_shape:
            known = known.merge_with(value.shape)
            if not known.is_fully_defined():
                raise ValueError(
                    "initial_value must have a shape specified: "
                    f"{value} (variable {scope[:-1]!r}); give one with set_shape, or pass "
                    "validate_shape=False"
                )
        made: Tensor = make_op("VariableV2", shape=known, dtype=value.dtype.base_dtype, name=scope)
        return made

    # -- what it is ------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the reference, "W:0"."""
        return self._ref_tensor.name

    @property
    def op(self) -> Operation:
        """The VariableV2 operation."""
        return self._ref_tensor.op

    @property
    def graph(self) -> Graph:
        """The graph that holds the variable."""
        return self._ref_tensor.graph

    @property
    def device(self) -> str:
        """The device asked for, or ""."""
        return self._ref_tensor.device

    @property
    def dtype(self) -> dtypes.DType:
        """The reference type, such as `float32_ref`."""
        return self._ref_tensor.dtype

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return self._ref_tensor.shape

    def get_shape(self) -> TensorShape:
        """The static shape."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Add to what is known of the shape of the variable and of its value."""
        self._ref_tensor.set_shape(shape)
        self._snapshot.set_shape(shape)

    @property
    def initializer(self) -> Operation:
        """The operation that gives the variable its initial value."""
        return self._initializer

    @property
    def initial_value(self) -> Tensor:
        """The tensor the variable starts from."""
        return self._initial_value

    def initialized_value(self) -> Tensor:
        """The value if there is one, else the initial value, for other variables' starts."""
        return initialized_value(self)

    def start_from(self, value: Tensor, initializer: Operation) -> None:
        """Take another initial value, and the operation that gives it to the variable."""
        self._initial_value, self._initializer = value, initializer

    # -- its value -------------------------------------------------------------------------

    def value(self) -> Tensor:
        """The value, as the node `NAME/read` gives it."""
        return self._snapshot

    def read_value(self) -> Tensor:
        """A new node that reads the value, for use under control dependencies."""
        return basic.identity(self._ref_tensor, name="read")

    def _ref(self) -> Tensor:
        return self._ref_tensor

    def _as_tensor(self, as_ref: bool) -> Tensor:
        return self._ref_tensor if as_ref else self._snapshot

    def _as_graph_element(self) -> Tensor:
        return self._ref_tensor

    def to_proto(self, export_scope: str | None = None) -> VariableDef | None:
        """The names of the variable's nodes, as TensorFlow writes them into a MetaGraphDef.

        They are without `export_scope`; None for a variable that lies outside of that scope.
        """
        if export_scope and not self.name.startswith(export_scope):
            return None
        prefix = f"{export_scope.rstrip('/')}/" if export_scope else ""
        proto = VariableDef(
            variable_name=self._ref_tensor.name.removeprefix(prefix),
            initial_value_name=self._initial_value.name.removeprefix(prefix),
            initializer_name=self._initializer.name.removeprefix(prefix),
            snapshot_name=self._snapshot.name.removeprefix(prefix),
            trainable=self.trainable,
        )
        if self.save_slice_info is not None:
            proto.save_slice_info_def.CopyFrom(self.save_slice_info.to_proto())
        return proto

    @staticmethod
    def from_proto(variable_def: Any, import_scope: str | None = None) -> Variable:
        """The variable whose nodes a VariableDef names; KeyError when one is missing."""
        return Variable(variable_def=variable_def, import_scope=import_scope)

    def eval(self, session: Any = None) -> Any:
        """The value in `session` or the default session."""
        return self._ref_tensor.eval(session=session)

    def load(self, value: Any, session: Any = None) -> None:
        """Set the value in `session` or the default session, without a new node."""
        from opscope.runtime.default_session import session_for

        session_for(session, self.graph).run(
            self._initializer, {self._initializer.inputs[1]: value}
        )

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Give a new value; the tensor is the variable after it (or the Operation)."""
        return _written("Assign", self, value, use_locking, name, read_value)

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Add to the value; the tensor is the variable after it (or the Operation)."""
        return _written("AssignAdd", self, delta, use_locking, name, read_value)

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtract from the value; the tensor is the variable after it (or the Operation)."""
        return _written("AssignSub", self, delta, use_locking, name, read_value)

    def _strided_slice_assign(
        self,
        index: Sequence[Any],
        masks: dict[str, int],
        default_name: str,
        value: Any,
        name: str | None = None,
    ) -> Tensor:
        made: Tensor = make_op(
            "StridedSliceAssign", self, *index, value, name=name or default_name, **masks
        )
        return made

    def __iter__(self) -> Any:
        raise TypeError("'Variable' object is not iterable.")

    def __bool__(self) -> bool:
        return bool(self._snapshot)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        raise NotImplementedError(
            f"Cannot convert the variable {self.name} to a NumPy array; run it in a session"
        )

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"


def _written(
    op_type: str, ref: Any, value: Any, use_locking: bool, name: str | None, read_value: bool
) -> Any:
    made: Tensor = make_op(op_type, ref, value, use_locking=use_locking, name=name)
    return made if read_value else made.op


# An operator on a variable is the operator on its value.
_SIGNATURE = inspect.signature(Variable.__init__)
install(Variable)


def assign(
    ref: Any,
    value: Any,
    validate_shape: bool | None = None,
    use_locking: bool | None = None,
    name: str | None = None,
) -> Any:
    """Give a variable a new value; the tensor is the variable after it."""
    if hasattr(ref, "handle"):
        return ref.assign(value, name=name)
    made: Tensor = make_op(
        "Assign", ref, value, validate_shape=validate_shape, use_locking=use_locking, name=name
    )
    return made


def assign_add(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Add to a variable; the tensor is the variable after it."""
    if hasattr(ref, "handle"):
        return ref.assign_add(value)
    made: Tensor = make_op("AssignAdd", ref, value, use_locking=use_locking, name=name)
    return made


def assign_sub(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Subtract from a variable; the tensor is the variable after it."""
    if hasattr(ref, "handle"):
        return ref.assign_sub(value)
    made: Tensor = make_op("AssignSub", ref, value, use_locking=use_locking, name=name)
    return made


def is_variable_initialized(variable: Any) -> Tensor:
    """A bool tensor: whether the variable has a value."""
    if hasattr(variable, "handle"):
        of_handle: Tensor = variable.is_initialized()
        return of_handle
    made: Tensor = make_op("IsVariableInitialized", variable)
    return made


def _collected(key: str, scope: str | None) -> list[Variable]:
    return get_default_graph().get_collection(key, scope)


def global_variables(scope: str | None = None) -> list[Variable]:
    """The variables of the default graph that are not local."""
    return _collected(GraphKeys.GLOBAL_VARIABLES, scope)


def local_variables(scope: str | None = None) -> list[Variable]:
    """The local variables of the default graph."""
    return _collected(GraphKeys.LOCAL_VARIABLES, scope)


def model_variables(scope: str | None = None) -> list[Variable]:
    """The variables that belong to the model."""
    return _collected(GraphKeys.MODEL_VARIABLES, scope)


def trainable_variables(scope: str | None = None) -> list[Variable]:
    """The variables that optimizers change."""
    return _collected(GraphKeys.TRAINABLE_VARIABLES, scope)


def moving_average_variables(scope: str | None = None) -> list[Variable]:
    """The variables that keep a moving average."""
    return _collected(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


def variables_initializer(var_list: Iterable[Variable], name: str = "init") -> Operation:
    """An operation that gives every variable of the list its initial value."""
    return group([v.initializer for v in var_list], name=name)


def global_variables_initializer() -> Operation:
    """An operation `init` that initializes every global variable."""
    return variables_initializer(global_variables())


def local_variables_initializer() -> Operation:
    """An operation `init` that initializes every local variable."""
    return variables_initializer(local_variables())
