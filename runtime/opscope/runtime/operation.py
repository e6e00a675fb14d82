"""Operation and Tensor: a node of the graph and one of its outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.errors import OpError
from opscope.runtime.input_forms import FORMS, check_inputs
from opscope.runtime.op_def import ArgDef, OpDef
from opscope.runtime.tensor_shape import TensorShape, as_shape
from opscope.runtime.traceback import CodeFrames, Frame, describe

if TYPE_CHECKING:
    from opscope.events.proto.node_def_pb2 import NodeDef
    from opscope.runtime.control_flow_context import ControlFlowContext
    from opscope.runtime.graph import Graph


_UNKNOWN = TensorShape(None)


class Operation:
    """A node: op type, inputs, attributes, device; made by `Graph.create_op`.

    Many ops may share one dict of attributes; it is replaced, never changed.
    """

    __slots__ = (
        "attrs",
        "code_frames",
        "control_flow_context",
        "controls",
        "definition",
        "device",
        "graph",
        "inputs",
        "name",
        "outputs",
        "type",
    )

    def __init__(
        self,
        graph: Graph,
        definition: OpDef,
        name: str,
        inputs: list[Tensor],
        controls: Sequence[Operation],
        attrs: dict[str, Any],
    ) -> None:
        self.graph = graph
        self.definition = definition
        self.type = definition.name
        self.name = name
        self.inputs = inputs
        self.controls = tuple(controls)
        self.attrs = attrs
        self.device = ""
        self.control_flow_context: ControlFlowContext | None = None
        self.code_frames: CodeFrames = ()
        key = definition.output_type_attr
        self.outputs = self.new_outputs() if key is None else [Tensor(self, 0, attrs[key])]

    def new_outputs(self) -> list[Tensor]:
        """A tensor for each output that definition and attributes ask for."""
        arg = self.definition.only_output
        if arg is not None:
            return [Tensor(self, 0, self._arg_dtype(arg))]
        return [Tensor(self, i, dtype) for i, dtype in enumerate(self._output_dtypes())]

    def _output_dtypes(self) -> Iterator[dtypes.DType]:
        for arg in self.definition.outputs:
            if arg.type_list_attr is not None:
                yield from self.attrs[arg.type_list_attr]
                continue
            dtype = self._arg_dtype(arg)
            count = self.attrs[arg.number_attr] if arg.number_attr else 1
            for _ in range(count):
                yield dtype

    def _arg_dtype(self, arg: ArgDef) -> dtypes.DType:
        dtype: dtypes.DType = arg.dtype or self.attrs[arg.type_attr or ""]
        return dtype.ref_dtype if arg.is_ref else dtype

    def set_output_shapes(self) -> None:
        """Apply the shape rule; ValueError when the inputs do not fit, with the node's name."""
        rule = self.definition.shape_rule
        if rule is None:
            return
        try:
            if self.type in FORMS:
                check_inputs(self)
            shapes = rule(self)
        except (ValueError, IndexError, ArithmeticError, OpError) as error:
            given = ", ".join(str(t.shape) for t in self.inputs)
            raise ValueError(
                f"{error} for '{self.name}' (op: '{self.type}') with input shapes: {given}."
            ) from None
        if len(shapes) == len(self.outputs) == 1 and shapes[0].__class__ is TensorShape:
            self.outputs[0].shape = shapes[0]
            return
        for tensor, shape in zip(self.outputs, shapes, strict=True):
            tensor.shape = shape if shape.__class__ is TensorShape else as_shape(shape)

    def on_inputs(self, inputs: list[Tensor]) -> Operation:
        """A copy of this operation on other inputs that no graph knows."""
        copy: Operation = object.__new__(Operation)
        for name in ("graph", "definition", "name", "type", "attrs", "device", "code_frames"):
            setattr(copy, name, getattr(self, name))
        copy.inputs = inputs
        copy.controls = ()
        copy.outputs = [Tensor(copy, t.value_index, t.dtype) for t in self.outputs]
        return copy

    @property
    def control_inputs(self) -> list[Operation]:
        """The ops that run before this one though it reads nothing of them."""
        return list(self.controls)

    @property
    def op_def(self) -> OpDef:
        """The definition of the op type."""
        return self.definition

    @property
    def traceback(self) -> list[Frame]:
        """The user's frames that made this op: (file, line, function, text), innermost last."""
        return describe(self.code_frames)

    @property
    def node_def(self) -> NodeDef:
        """The node as TensorFlow serialises it."""
        from opscope.runtime.graph_def import node_to_def

        return node_to_def(self)

    def get_attr(self, name: str) -> Any:
        """The attribute as TensorFlow returns it: strings as bytes, lists as list.

        ValueError when the op has no such attribute.
        """
        if name not in self.attrs:
            raise ValueError(f"Operation {self.name!r} has no attr named {name!r}.")
        value = self.attrs[name]
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, tuple):
            return [v.encode() if isinstance(v, str) else v for v in value]
        return value

    def values(self) -> tuple[Tensor, ...]:
        """The outputs as a tuple."""
        return tuple(self.outputs)

    def colocation_groups(self) -> list[bytes]:
        """The `_class` entries, or the op's own."""
        groups = [g.encode() for g in self.attrs.get("_class", ())]
        return groups or [f"loc:@{self.name}".encode()]

    def add_control_input(self, op: Operation) -> None:
        """Make this op run after `op` as well."""
        if op not in self.controls:
            self.controls = (*self.controls, op)
            self.graph.rewrites += 1

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run this op in `session` or the default session."""
        from opscope.runtime.default_session import session_for

        session_for(session, self.graph).run(self, feed_dict)

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"


class Tensor:
    """One output of an operation: a value that exists while the graph runs."""

    __array_priority__ = 100  # so that `ndarray + tensor` asks the tensor
    # assign: what a slice of a variable has beside, a function that puts a value in its place
    __slots__ = ("assign", "dtype", "op", "shape", "value_index")

    if TYPE_CHECKING:  # ops/overloads.py gives Tensor these
        assign: Any

        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __floordiv__(self, other: Any) -> Tensor: ...
        def __rfloordiv__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __rmod__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __rand__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __ror__(self, other: Any) -> Tensor: ...
        def __xor__(self, other: Any) -> Tensor: ...
        def __rxor__(self, other: Any) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __getitem__(self, key: Any) -> Tensor: ...

    def __init__(self, op: Operation, value_index: int, dtype: dtypes.DType) -> None:
        self.op = op
        self.value_index = value_index
        self.dtype = dtype
        self.shape = _UNKNOWN

    @property
    def name(self) -> str:
        """The name "op:slot"."""
        return f"{self.op.name}:{self.value_index}"

    @property
    def graph(self) -> Graph:
        """The graph that holds the tensor."""
        return self.op.graph

    @property
    def device(self) -> str:
        """The device its operation was placed on, or ""."""
        return self.op.device

    def get_shape(self) -> TensorShape:
        """The static shape."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Add to what is known of the shape; ValueError when it contradicts."""
        self.shape = self.shape.merge_with(shape)

    def consumers(self) -> list[Operation]:
        """The operations that read this tensor."""
        return self.op.graph.consumers(self)

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Compute the value in `session` or the default session."""
        from opscope.runtime.default_session import session_for

        return session_for(session, self.graph).run(self, feed_dict)

    def __repr__(self) -> str:
        shape = self.shape
        return f"<tf.Tensor '{self.name}' shape={shape} dtype={self.dtype.name}>"

    def __str__(self) -> str:
        shape = "" if self.shape.sizes is None else f", shape={self.shape}"
        return f'Tensor("{self.name}"{shape}, dtype={self.dtype.name})'

    def __iter__(self) -> Iterator[Tensor]:
        raise TypeError(
            f"'Tensor' object {self.name} is not iterable; fetch it with Session.run, "
            "or take it apart with tf.unstack."
        )

    def __bool__(self) -> bool:
        raise TypeError(
            f"Using a `tf.Tensor` as a Python `bool` is not allowed ({self.name}). "
            "Use `if t is not None:` to test if a tensor is defined, and tf.cond for a "
            "condition that depends on its value."
        )

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        raise NotImplementedError(
            f"Cannot convert the symbolic tensor {self.name} to a NumPy array"
        )


def tensors_by_argument(op: Operation) -> Sequence[tuple[ArgDef, list[Tensor]]]:
    """The data inputs of an operation, grouped by the argument they belong to."""
    return _grouped(op, op.definition.inputs, op.inputs)


def outputs_by_argument(op: Operation) -> Sequence[tuple[ArgDef, list[Tensor]]]:
    """The outputs of an operation, grouped by the argument they belong to."""
    return _grouped(op, op.definition.outputs, op.outputs)


def _grouped(
    op: Operation, args: Sequence[ArgDef], tensors: list[Tensor]
) -> Sequence[tuple[ArgDef, list[Tensor]]]:
    groups: list[tuple[ArgDef, list[Tensor]]] = []
    start = 0
    for arg in args:
        if arg.type_list_attr is not None:
            count = len(op.attrs[arg.type_list_attr])
        else:
            count = op.attrs[arg.number_attr] if arg.number_attr else 1
        groups.append((arg, tensors[start : start + count]))
        start += count
    return groups
