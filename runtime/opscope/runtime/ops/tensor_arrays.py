"""Tensor arrays: lists of tensors that loops read and write, and their gradients."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from opscope.runtime import errors
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape

_FLOW = np.float32(0)


class TensorArrayState:
    """The elements of one tensor array in one run.

    The gradient of an array is an array of its own: written to more than once it adds up, and an
    element that was never written reads as zeros in the shape of the array's element.
    """

    def __init__(
        self,
        name: str,
        size: int,
        dtype: Any,
        dynamic: bool,
        clears: bool,
        element_shape: tuple[int, ...] | None = None,
        alike: bool = False,
    ) -> None:
        self.name = name
        self.element_shape = element_shape  # where it is known, what was not written is zeros
        self.alike = alike  # the first element says the shape of all
        self.values: list[Any] = [None] * size
        self.shapes: list[Any] = [None] * size
        self.dtype = dtype
        self.dynamic = dynamic
        self.clears = clears
        self.of: TensorArrayState | None = None  # of a gradient: the array it is the gradient of
        self.gradients: dict[Any, TensorArrayState] = {}

    def gradient(self, source: Any) -> TensorArrayState:
        """The gradient array that the call of tf.gradients named `source` uses."""
        made = self.gradients.get(source)
        if made is None:
            made = TensorArrayState(
                f"{self.name}@{source}", len(self.values), self.dtype, False, clears=False
            )
            made.of = self
            self.gradients[source] = made
        return made

    def write(self, index: int, value: Any) -> None:
        """Set one element, or add to it in a gradient."""
        if index >= len(self.values) and self.dynamic and index >= 0:
            missing = index + 1 - len(self.values)
            self.values += [None] * missing
            self.shapes += [None] * missing
        if not 0 <= index < len(self.values):
            self._refuse(
                f"Tried to write to index {index} but array is not resizeable and size is: "
                f"{len(self.values)}"
            )
        if self.of is None and self.shapes[index] is not None:
            self._refuse(
                f"Could not write to TensorArray index {index} because it has already been "
                "written to."
            )
        old = self.values[index]
        self.values[index] = value if old is None else old + value
        self.shapes[index] = getattr(value, "shape", ())
        if self.alike and self.element_shape is None:
            self.element_shape = self.shapes[index]

    def read(self, index: int) -> Any:
        """One element; it is gone after that in an array that clears."""
        if not 0 <= index < len(self.values):
            self._refuse(f"Tried to read from index {index} but array size is: {len(self.values)}")
        value = self.values[index]
        if value is None:
            value = self._missing(index)
        elif self.clears:
            self.values[index] = None
        return value

    def _missing(self, index: int) -> Any:
        """What an element without a value reads as: zeros where its shape is known.

        There is no such string: InvalidArgumentError.
        """
        shape = self.element_shape
        if self.of is not None:
            shape = self.of.shapes[index]
            shape = self.of.element_shape if shape is None else shape
        elif self.shapes[index] is not None:
            shape = None  # it had a value, which is gone
        if shape is None or np.dtype(self.dtype).kind == "O":
            self._refuse_missing(index)
        return np.zeros(shape, self.dtype) if shape else self.dtype.type(0)

    def _refuse_missing(self, index: int) -> NoReturn:
        if self.shapes[index] is not None:
            self._refuse(
                f"Could not read index {index} twice because it was cleared after a previous read "
                "(perhaps try setting clear_after_read = false?)."
            )
        self._refuse(
            f"Could not read from TensorArray index {index}. It was never written; give the "
            "array an element_shape or write the element first."
        )

    def _refuse(self, message: str) -> NoReturn:
        raise errors.InvalidArgumentError(None, None, f"TensorArray {self.name}: {message}")


@op(
    "TensorArrayV3",
    "size: int32 -> handle: resource, flow: float32",
    "dtype: type, element_shape: shape = unknown, dynamic_size: bool = false, "
    "clear_after_read: bool = true, identical_element_shapes: bool = false, "
    "tensor_array_name: string = ''",
    stateful=True,
    not_differentiable=True,
)
def _tensor_array(
    xp: Any,
    size: Any,
    *,
    dtype: Any,
    element_shape: TensorShape,
    dynamic_size: bool,
    clear_after_read: bool,
    identical_element_shapes: bool,
    tensor_array_name: str,
) -> Any:
    """A new list of `size` tensors, none of them written."""
    known = (
        tuple(int(s or 0) for s in element_shape.as_list())
        if element_shape.is_fully_defined()
        else None
    )
    state = TensorArrayState(
        tensor_array_name,
        int(size),
        dtype.numpy_dtype,
        dynamic_size,
        clear_after_read,
        known,
        identical_element_shapes,
    )
    return state, _FLOW


@op(
    "TensorArrayGradV3",
    "handle: resource, flow_in: float32 -> grad_handle: resource, flow_out: float32",
    "source: string",
    stateful=True,
    not_differentiable=True,
)
def _gradient(xp: Any, handle: TensorArrayState, flow: Any, *, source: str) -> Any:
    """The array of the gradients of an array's elements."""
    return handle.gradient(source), _FLOW


@op(
    "TensorArrayWriteV3",
    "handle: resource, index: int32, value: T, flow_in: float32 -> flow_out: float32",
    "T: type",
    stateful=True,
)
def write_op(xp: Any, handle: TensorArrayState, index: Any, value: Any, flow: Any) -> Any:
    """Set one element."""
    handle.write(int(index), value)
    return _FLOW


@op(
    "TensorArrayReadV3",
    "handle: resource, index: int32, flow_in: float32 -> value: dtype",
    "dtype: type",
    stateful=True,
)
def read_op(xp: Any, handle: TensorArrayState, index: Any, flow: Any) -> Any:
    """Return one element."""
    return handle.read(int(index))


@op(
    "TensorArrayGatherV3",
    "handle: resource, indices: int32, flow_in: float32 -> value: dtype",
    "dtype: type, element_shape: shape = unknown",
    stateful=True,
)
def gather_op(
    xp: Any, handle: TensorArrayState, indices: Any, flow: Any, *, element_shape: TensorShape
) -> Any:
    """Return elements, stacked."""
    values = [handle.read(int(i)) for i in indices]
    if not values:
        sizes = element_shape.sizes or ()
        return xp.zeros((0, *(s or 0 for s in sizes)), handle.dtype)
    shapes = {getattr(v, "shape", ()) for v in values}
    if len(shapes) > 1:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"TensorArray {handle.name}: the elements have different shapes "
            f"{sorted(map(list, shapes))} and cannot be stacked",
        )
    if isinstance(values[0], xp.ndarray):
        return xp.stack(values)
    made = xp.empty(len(values), handle.dtype)
    made[:] = values
    return made


@op(
    "TensorArrayScatterV3",
    "handle: resource, indices: int32, value: T, flow_in: float32 -> flow_out: float32",
    "T: type",
    stateful=True,
)
def scatter_op(xp: Any, handle: TensorArrayState, indices: Any, value: Any, flow: Any) -> Any:
    """Set elements to the rows of a tensor."""
    if len(indices) != len(value):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"TensorArray {handle.name}: {len(indices)} indices for {len(value)} rows",
        )
    for index, row in zip(indices.tolist(), value, strict=True):
        handle.write(index, row)
    return _FLOW


@op(
    "TensorArrayConcatV3",
    "handle: resource, flow_in: float32 -> value: dtype, lengths: int64",
    "dtype: type, element_shape_except0: shape = unknown",
    stateful=True,
)
def concat_op(xp: Any, handle: TensorArrayState, flow: Any) -> Any:
    """Return all elements joined along their first dimension, and how long each is."""
    values = [handle.read(i) for i in range(len(handle.values))]
    lengths = np.array([len(v) for v in values], np.int64)
    if not values:
        return xp.zeros((0,), handle.dtype), lengths
    return xp.concatenate(values), lengths


@op(
    "TensorArraySplitV3",
    "handle: resource, value: T, lengths: int64, flow_in: float32 -> flow_out: float32",
    "T: type",
    stateful=True,
)
def split_op(xp: Any, handle: TensorArrayState, value: Any, lengths: Any, flow: Any) -> Any:
    """Set elements to parts of a tensor, cut along its first dimension."""
    ends = np.cumsum(lengths).tolist()
    total = ends[-1] if ends else 0
    if total != len(value):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"TensorArray {handle.name}: the lengths add up to {total}, but the value has "
            f"{len(value)} rows",
        )
    for i, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
        handle.write(i, value[start:end])
    return _FLOW


@op(
    "TensorArraySizeV3",
    "handle: resource, flow_in: float32 -> size: int32",
    "",
    stateful=True,
    not_differentiable=True,
)
def _size(xp: Any, handle: TensorArrayState, flow: Any) -> Any:
    """Return how many elements there are."""
    return np.int32(len(handle.values))


@op("TensorArrayCloseV3", "handle: resource ->", "", stateful=True, not_differentiable=True)
def _close(xp: Any, handle: TensorArrayState) -> None:
    """Forget the elements."""
    handle.values.clear()
    handle.shapes.clear()
    handle.gradients.clear()


def _scalar(node: Operation) -> list[TensorShape]:
    return [TensorShape([])]


for _definition in (write_op, scatter_op, split_op, _size):
    _definition.shape(_scalar)
for _definition in (_tensor_array, _gradient):
    _definition.shape(lambda node: [TensorShape([2]), TensorShape([])])


@read_op.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape(None)]


@gather_op.shape
def _(node: Operation) -> list[TensorShape]:
    sizes = node.attrs["element_shape"].sizes
    return [TensorShape(None if sizes is None else [None, *sizes])]


@concat_op.shape
def _(node: Operation) -> list[TensorShape]:
    sizes = node.attrs["element_shape_except0"].sizes
    return [
        TensorShape(None if sizes is None else [None, *sizes]),
        TensorShape([None]),
    ]
