"""tf.TensorArray: tensors that a loop reads and writes one by one."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant_value, convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.math import cast
from opscope.runtime.math import range as number_range
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops import tensor_arrays as op_types
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import shape as shape_of
from opscope.runtime.tensor_shape import TensorShape, as_shape


class TensorArray:
    """A list of tensors of one dtype.

    Each change returns the array after it: use that one, in loops as a loop variable. Written
    elements can be read once unless clear_after_read is False. dynamic_size lets it grow.
    infer_shape: all elements have one shape. handle and flow take an existing array.
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Tensor | None = None,
        flow: Tensor | None = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        """Make an array of `size` elements; ValueError when size and handle do not fit."""
        if handle is not None and (size is not None or tensor_array_name):
            raise ValueError("Cannot provide both a handle and size at the same time")
        if handle is None and size is None:
            raise ValueError("Size must be provided if handle is not provided")
        self.dtype = dtypes.as_dtype(dtype).base_dtype
        self._known = [as_shape(element_shape)]  # shared by all that stand for the same array
        self._infer_shape = infer_shape
        self._dynamic_size = bool(dynamic_size)
        self._size = None if dynamic_size else size
        if handle is not None:
            assert flow is not None
            self._handle, self._flow = handle, flow
            return
        with op_scope(name, "TensorArray", size) as scope:
            self._handle, self._flow = make_op(
                "TensorArrayV3",
                size,
                dtype=self.dtype,
                element_shape=self.element_shape,
                dynamic_size=self._dynamic_size,
                clear_after_read=True if clear_after_read is None else clear_after_read,
                identical_element_shapes=infer_shape,
                tensor_array_name=tensor_array_name or "",
                name=scope,
            )

    # -- what it is --------------------------------------------------------------------------

    @property
    def handle(self) -> Tensor:
        """The tensor that stands for the array itself."""
        return self._handle

    @property
    def flow(self) -> Tensor:
        """The tensor that is there when all changes so far are made."""
        return self._flow

    @property
    def dynamic_size(self) -> bool:
        """True when writing beyond the end makes the array longer."""
        return self._dynamic_size

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the shape of every element."""
        return self._known[0]

    def with_flow(self, flow: Tensor) -> TensorArray:
        """The same array after other changes.

        It takes a name, which no node gets: names that follow are TensorFlow's by that.
        """
        self._handle.graph.unique_name("TensorArray")
        made = TensorArray(
            self.dtype,
            handle=self._handle,
            flow=flow,
            infer_shape=self._infer_shape,
            dynamic_size=self._dynamic_size,
        )
        made._known = self._known
        made._size = self._size
        return made

    def identity(self) -> TensorArray:
        """The same array, with a flow of its own."""
        return self.with_flow(identity(self._flow))

    def size(self, name: str | None = None) -> Tensor:
        """How many elements there are."""
        if self._size is not None:
            return convert_to_tensor(self._size, dtypes.int32)
        return make_tensor("TensorArraySizeV3", self._handle, self._flow, name=name)

    def close(self, name: str | None = None) -> Operation:
        """An operation that frees the elements."""
        made: Operation = make_op("TensorArrayCloseV3", self._handle, name=name)
        return made

    def grad(self, source: str, flow: Tensor | None = None, name: str | None = None) -> TensorArray:
        """The array of the gradients, of the call of tf.gradients named `source`."""
        flow = self._flow if flow is None else flow
        graph = get_default_graph()
        with op_scope(name, "TensorArrayGrad", self._handle), graph.colocate_with(self._handle.op):
            handle, _ = make_op("TensorArrayGradV3", self._handle, flow, source=source)
            with graph.control_dependencies([handle]):
                flow = identity(flow, name="gradient_flow")
        return TensorArray(
            self.dtype,
            handle=handle,
            flow=flow,
            infer_shape=self._infer_shape,
            element_shape=self.element_shape,
        )

    # -- elements ----------------------------------------------------------------------------

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """One element."""
        value = make_tensor(
            "TensorArrayReadV3", self._handle, index, self._flow, dtype=self.dtype, name=name
        )
        value.set_shape(self.element_shape)
        return value

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with one element set."""
        with op_scope(name, "TensorArrayWrite", self._handle, value):
            tensor = self._value(value)
            self._note(tensor.shape)
            flow = make_tensor(
                "TensorArrayWriteV3", self._handle, index, tensor, self._flow, name=name
            )
            return self.with_flow(flow)

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """The elements at `indices`, stacked."""
        value = make_tensor(
            "TensorArrayGatherV3",
            self._handle,
            indices,
            self._flow,
            dtype=self.dtype,
            element_shape=self.element_shape,
            name=name,
        )
        sizes = self.element_shape.sizes
        if sizes is not None:
            value.set_shape([None, *sizes])
        return value

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with the elements at `indices` set to the rows of `value`."""
        with op_scope(name, "TensorArrayScatter", self._handle, value, indices):
            tensor = self._value(value)
            sizes = tensor.shape.sizes
            self._note(TensorShape(None if sizes is None else sizes[1:]))
            flow = make_tensor(
                "TensorArrayScatterV3", self._handle, indices, tensor, self._flow, name=name
            )
            return self.with_flow(flow)

    def stack(self, name: str | None = None) -> Tensor:
        """All elements, stacked."""
        with op_scope(name, "TensorArrayStack", self._handle):
            stacked = self.gather(number_range(0, self.size()), name=name)
        count = None if self._size is None else constant_value(self._size)
        sizes = self.element_shape.sizes
        if count is not None and sizes is not None:
            stacked.set_shape([int(count), *sizes])
        return stacked

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """The array with its elements set to the rows of `value`."""
        with op_scope(name, "TensorArrayUnstack", self._handle, value):
            tensor = self._value(value)
            count = shape_of(tensor)[0]
            return self.scatter(number_range(0, count), tensor, name=name)

    def concat(self, name: str | None = None) -> Tensor:
        """All elements, joined along their first dimension."""
        sizes = self.element_shape.sizes
        value: Tensor = make_op(
            "TensorArrayConcatV3",
            self._handle,
            self._flow,
            dtype=self.dtype,
            element_shape_except0=TensorShape(None if sizes is None else sizes[1:]),
            name=name,
        )[0]
        if sizes is not None:
            value.set_shape([None, *sizes[1:]])
        return value

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The array with its elements set to parts of `value`, each as long as `lengths` says."""
        with op_scope(name, "TensorArraySplit", self._handle, value, lengths):
            tensor = self._value(value)
            flow = make_tensor(
                "TensorArraySplitV3",
                self._handle,
                tensor,
                cast(lengths, dtypes.int64),
                self._flow,
                name=name,
            )
            return self.with_flow(flow)

    def _value(self, value: Any) -> Tensor:
        tensor = convert_to_tensor(value, name="value", preferred_dtype=self.dtype)
        if tensor.dtype.base_dtype is not self.dtype:
            raise TypeError(
                f"TensorArray dtype is {self.dtype.name} but Op is trying to write dtype "
                f"{tensor.dtype.name}"
            )
        return tensor

    def _note(self, shape: TensorShape) -> None:
        """Learn the shape of the elements from one that is written."""
        if not self._infer_shape:
            return
        if not self.element_shape.is_compatible_with(shape):
            raise ValueError(
                f"Inconsistent shapes: saw {shape} but expected {self.element_shape} "
                "(and infer_shape=True)"
            )
        self._known[0] = self.element_shape.merge_with(shape)


def _source(tensor: Tensor) -> str:
    """The scope of the call of tf.gradients that a gradient was made in."""
    parts = tensor.op.name.split("/")
    places = [i for i, part in enumerate(parts) if part.startswith("gradients")]
    if not places:
        raise ValueError(
            "Expected op/tensor name to start with gradients (excluding scope), got: "
            f"{tensor.name}; gradients of a TensorArray need the scope that tf.gradients opens"
        )
    return "/".join(parts[: places[-1] + 1])


def _array(node: Operation, dtype: Any, flow: Tensor) -> TensorArray:
    return TensorArray(dtype, handle=node.inputs[0], flow=flow)


def _behind(node: Operation, flow: Tensor) -> Tensor:
    """The gradient of a flow, to be had after the change itself was made."""
    done = identity(node.outputs[0], name="flow_out")
    with node.graph.control_dependencies([done]):
        return identity(flow, name="write_barrier")


def _gradients_of(node: Operation, dtype: Any, grad: Tensor, flow: Tensor) -> TensorArray:
    return _array(node, dtype, flow).grad(_source(grad), flow)


@op_types.read_op.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    found = _gradients_of(node, node.attrs["dtype"], grad, node.inputs[2])
    return [None, None, found.write(node.inputs[1], grad).flow]


@op_types.write_op.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    flow = _behind(node, grad)
    found = _gradients_of(node, node.attrs["T"], grad, flow)
    return [None, None, found.read(node.inputs[1]), flow]


@op_types.gather_op.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    found = _gradients_of(node, node.attrs["dtype"], grad, node.inputs[2])
    return [None, None, found.scatter(node.inputs[1], grad).flow]


@op_types.scatter_op.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    flow = _behind(node, grad)
    found = _gradients_of(node, node.attrs["T"], grad, flow)
    return [None, None, found.gather(node.inputs[1]), flow]


@op_types.concat_op.gradient
def _(node: Operation, grad: Tensor, _: Any) -> list[Tensor | None]:
    found = _gradients_of(node, node.attrs["dtype"], grad, node.inputs[1])
    return [None, found.split(grad, node.outputs[1]).flow]


@op_types.split_op.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    flow = _behind(node, grad)
    found = _gradients_of(node, node.attrs["T"], grad, flow)
    return [None, found.concat(), None, flow]
