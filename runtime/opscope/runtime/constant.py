"""Constants: Python and NumPy values as tensors of the graph, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.conversions import converted, has_conversions
from opscope.runtime.graph import get_default_graph
from opscope.runtime.op_def import find_op, op
from opscope.runtime.operation import Tensor
from opscope.runtime.tensor_shape import TensorShape, as_shape

Array = np.ndarray[Any, np.dtype[Any]]


@op("Const", "-> output: dtype", "value: tensor, dtype: type")
def _const(xp: Any, *, value: Any) -> Any:
    """Return a constant value."""
    return xp.asarray(value)


@_const.shape
def _(node: Any) -> list[TensorShape]:
    return [TensorShape(node.attrs["value"].shape)]


def _first_leaf(value: Any) -> Any:
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return value


def as_array(value: Any, dtype: dtypes.DType | None = None) -> Array:
    """Return `value` as an array of a dtype TensorFlow would choose.

    Python floats become float32, Python ints int32 (int64 when they need it), str UTF-8 bytes;
    NumPy values keep their dtype. TypeError when the value does not fit `dtype`, ValueError when
    it is ragged.
    """
    if value is None:
        raise ValueError("None values not supported.")
    if dtype is not None:
        dtype = dtype.base_dtype
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"Can't convert non-rectangular Python sequence to Tensor: {error}"
        ) from None
    if array.dtype.kind in "SU" and not isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value, object)  # NumPy's own string types drop zero bytes at the end
    if array.dtype.kind in "SUO":
        return _string_array(value, array, dtype)
    if dtype is None:
        if isinstance(value, (np.ndarray, np.generic)):
            return array
        return _python_array(value, array)
    return _checked_cast(value, array, dtype)


def _python_array(value: Any, array: Array) -> Array:
    """Narrow what NumPy made of plain Python numbers to TensorFlow's defaults."""
    if isinstance(_first_leaf(value), (np.ndarray, np.generic)):
        return array
    if array.dtype == np.float64:
        return array.astype(np.float32)
    if array.dtype == np.complex128:
        return array
    if array.dtype == np.int64:
        limits = np.iinfo(np.int32)
        if array.size == 0 or (array.min() >= limits.min and array.max() <= limits.max):
            return array.astype(np.int32)
    return array


def _string_array(value: Any, array: Array, dtype: dtypes.DType | None) -> Array:
    if dtype is not None and dtype is not dtypes.string:
        raise TypeError(f"Expected {dtype.name}, got {value!r} of type {type(value).__name__}.")
    out = np.empty(array.shape, object)
    for index, item in np.ndenumerate(array):
        if isinstance(item, str):
            item = item.encode()
        if not isinstance(item, bytes):
            raise TypeError(
                f"Cannot make a tensor of {type(item).__name__} values; numbers, bool, str and "
                "bytes can be converted"
            )
        out[index] = bytes(item)
    return out


def _checked_cast(value: Any, array: Array, dtype: dtypes.DType) -> Array:
    if array.dtype == dtype.numpy_dtype:
        return array
    if isinstance(value, (np.ndarray, np.generic)):  # TensorFlow casts these without a question
        return array.astype(dtype.numpy_dtype)
    kind = array.dtype.kind
    fits = (
        array.size == 0
        or (dtype.is_floating and kind in "iuf")
        or (dtype.is_floating and array.dtype == dtypes.bfloat16.numpy_dtype)
        or (dtype.is_complex and kind in "iufc")
        or (dtype.is_integer and kind in "iu")
        or (dtype.is_bool and kind == "b")
    )
    if not fits:
        raise TypeError(
            f"Expected {dtype.name}, got {value!r} of type '{type(_first_leaf(value)).__name__}' "
            "instead."
        )
    if dtype.is_integer and array.size:
        limits = np.iinfo(dtype.as_numpy_dtype)
        if array.min() < limits.min or array.max() > limits.max:
            raise TypeError(f"{value!r} does not fit into {dtype.name}")
    return array.astype(dtype.numpy_dtype)


def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str = "Const",
    verify_shape: bool = False,
) -> Tensor:
    """Make a constant of the default graph.

    With `shape` the value is reshaped; a value with fewer elements is filled up with its last one,
    as TensorFlow 1 did. `verify_shape` refuses a value of another shape.
    """
    array = as_array(value, None if dtype is None else dtypes.as_dtype(dtype))
    if shape is not None:
        sizes = tuple(int(d) for d in as_shape(shape).known_rank() if d is not None)
        if verify_shape and array.shape != sizes:
            raise TypeError(f"Expected Tensor's shape: {sizes}, got {array.shape}.")
        array = _filled_up(array, sizes)
    array = np.array(array, order="C")  # the graph's own copy
    array.flags.writeable = False
    kept = dtypes.string if array.dtype == object else dtypes.as_dtype(array.dtype)
    node = get_default_graph().create_op(
        find_op("Const"), [], {"value": array, "dtype": kept}, name
    )
    return node.outputs[0]


def _filled_up(array: Array, sizes: tuple[int, ...]) -> Array:
    count = int(np.prod(sizes, dtype=np.int64))
    flat = array.reshape(-1)
    if flat.size == 1:
        return np.full(sizes, flat[0], flat.dtype)
    if flat.size > count or (flat.size == 0 and count):
        raise ValueError(f"{flat.size} values do not fit a constant of shape {sizes}")
    if flat.size < count:
        flat = np.concatenate([flat, np.full(count - flat.size, flat[-1], flat.dtype)])
    return flat.reshape(sizes)


def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
    as_ref: bool = False,
) -> Tensor:
    """Return `value` as a tensor: a tensor itself, a variable's value, or a new constant.

    preferred_dtype: the dtype of a Python value where it fits; dtype_hint is its newer name.
    as_ref: a variable gives its reference instead of its value. ValueError when a tensor has
    another dtype than asked for, TypeError when a Python value does not fit.
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    if preferred_dtype is None:
        preferred_dtype = dtype_hint
    convert = getattr(value, "_as_tensor", None)
    if convert is not None:
        value = convert(as_ref)
    if isinstance(value, Tensor):
        if wanted is not None and value.dtype.base_dtype is not wanted:
            raise ValueError(
                f"Tensor conversion requested dtype {wanted.name} for Tensor with dtype "
                f"{value.dtype.name}: {value}"
            )
        return value
    if has_conversions():
        made = converted(value, wanted, name, preferred_dtype, as_ref)
        if made is not None:
            return made
    if isinstance(value, (list, tuple)) and _holds_tensor(value):
        return _packed(value, wanted or _tensor_dtype(value), name or "packed")
    if isinstance(value, TensorShape):
        if not value.is_fully_defined():
            raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {value}")
        value, wanted = value.as_list(), wanted or dtypes.int32
    if wanted is None and preferred_dtype is not None:
        try:
            return constant(value, preferred_dtype, name=name or "Const")
        except (TypeError, ValueError):
            pass
    return constant(value, wanted, name=name or "Const")


def _packed(items: Any, dtype: dtypes.DType | None, name: str) -> Tensor:
    """A list of tensors and numbers as one tensor; a number becomes a constant named by its place.

    The name of an inner list is its place too: `packed/1/0`.
    """
    from opscope.runtime.make_op import make_tensor

    with get_default_graph().name_scope(name) as scope:
        parts = [
            _packed(item, dtype, str(i))
            if isinstance(item, (list, tuple)) and _holds_tensor(item)
            else convert_to_tensor(item, dtype, name=str(i))
            for i, item in enumerate(items)
        ]
        return make_tensor("Pack", parts, axis=0, name=scope)


def _tensor_dtype(value: Any) -> dtypes.DType | None:
    """The dtype of the first tensor in a nested list."""
    if isinstance(value, (list, tuple)):
        return next((d for d in map(_tensor_dtype, value) if d is not None), None)
    is_tensor = isinstance(value, Tensor) or hasattr(value, "_as_tensor")
    return value.dtype.base_dtype if is_tensor else None


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_holds_tensor(v) for v in value)
    return isinstance(value, Tensor) or hasattr(value, "_as_tensor")


def constant_value(tensor: Any) -> Array | None:
    """The value of `tensor` as far as it is known while the graph is built, else None.

    Constants, and Shape, Size, Rank and Identity of what is known.
    """
    if not isinstance(tensor, Tensor):
        return None if tensor is None else as_array(tensor)
    node = tensor.op
    if node.type == "Const":
        value: Array = node.attrs["value"]
        return value
    if node.type == "Identity":
        return constant_value(node.inputs[0])
    if node.type in ("Shape", "Size", "Rank"):
        shape = node.inputs[0].shape
        out = node.outputs[0].dtype.as_numpy_dtype
        if node.type == "Rank":
            return None if shape.ndims is None else np.asarray(shape.ndims, out)
        if not shape.is_fully_defined():
            return None
        return np.asarray(shape.as_list() if node.type == "Shape" else shape.num_elements(), out)
    if node.type in _FOLLOWED:
        parts = [constant_value(t) for t in node.inputs]
        if all(p is not None for p in parts):
            return _FOLLOWED[node.type](node.attrs, [p for p in parts if p is not None])
    return None


# How the value of a node follows from those of its inputs, for the few types where TensorFlow looks
# for it too: gradients are built from other nodes where it does.
_FOLLOWED: dict[str, Callable[[dict[str, Any], list[Array]], Array]] = {
    "Pack": lambda attrs, parts: np.stack(parts, axis=attrs["axis"]),
    "Range": lambda attrs, ends: np.arange(*[e.item() for e in ends]).astype(ends[0].dtype),
    "Cast": lambda attrs, value: value[0].astype(attrs["DstT"].as_numpy_dtype),
    "ConcatV2": lambda attrs, parts: np.concatenate(parts[:-1], axis=int(parts[-1])),
    "Fill": lambda attrs, given: np.full(tuple(given[0].tolist()), given[1], given[1].dtype),
}


def constant_value_as_shape(tensor: Tensor) -> TensorShape:
    """The shape that a 1-D integer tensor stands for, with unknown sizes where needed."""
    node = tensor.op
    if node.type == "Shape":
        return node.inputs[0].shape
    if node.type == "Pack" and node.attrs["axis"] == 0:
        sizes: list[int | None] = []
        for part in node.inputs:
            known = constant_value(part)
            sizes.append(None if known is None or known < 0 else int(known))
        return TensorShape(sizes)
    known = constant_value(tensor)
    if known is not None:
        return TensorShape([None if int(d) < 0 else int(d) for d in known])
    length = tensor.shape.sizes
    rank = length[0] if length else None
    return TensorShape(None if rank is None else [None] * rank)
