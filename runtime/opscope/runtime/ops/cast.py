"""Changing the element type."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.scope import op_scope


def _unchanged(node: Operation) -> str | None:
    return "{0}" if node.attrs["SrcT"] is node.attrs["DstT"] else None


@op(
    "Cast",
    "x: SrcT -> y: DstT",
    "SrcT: type, DstT: type, Truncate: bool = false",
    view_of=0,
    template=_unchanged,
)
def _cast(xp: Any, x: Any, *, DstT: dtypes.DType) -> Any:  # noqa: N803 - the attribute's name
    """Convert to another element type; floats are cut off to integers."""
    if not hasattr(x, "dtype") or x.dtype.kind == "O":
        return x
    if x.dtype.kind == "c" and not DstT.is_complex:
        x = x.real
    return x.astype(DstT.as_numpy_dtype)


@_cast.bind
def _(binding: Any) -> Any:
    source, target = binding.attrs["SrcT"], binding.attrs["DstT"]
    scalar_type = target.as_numpy_dtype
    if source is target:
        return lambda x: x
    if not (source.is_numpy_compatible and target.is_numpy_compatible) or dtypes.string in (
        source,
        target,
    ):
        raise errors.UnimplementedError(
            None, None, f"Cast {source.name} to {target.name} is not supported"
        )
    if source.is_complex and not target.is_complex:
        return lambda x: x.real.astype(scalar_type)
    return lambda x: x.astype(scalar_type)


_cast.shape(same_shape)


@_cast.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    source = node.attrs["SrcT"]
    target = grad.dtype.base_dtype
    if all(t.is_floating or t.is_complex for t in (source, target)):
        return [cast(grad, source)]
    return [None]


def cast(x: Any, dtype: Any, name: str | None = None) -> Tensor:
    """`x` with element type `dtype`; `x` itself when it has that already."""
    wanted = dtypes.as_dtype(dtype).base_dtype
    if (isinstance(x, Tensor) or hasattr(x, "handle")) and x.dtype is wanted:
        same: Tensor = x  # or a resource variable, which is read where it is used
        return same
    with op_scope(name, "Cast", x) as scope:
        tensor = convert_to_tensor(x, name="x")
        if tensor.dtype.base_dtype is wanted:
            return tensor
        return make_tensor("Cast", tensor, DstT=wanted, name=scope)


def to_float(x: Any, name: str = "ToFloat") -> Tensor:
    """`x` as float32."""
    return cast(x, dtypes.float32, name)


def to_double(x: Any, name: str = "ToDouble") -> Tensor:
    """`x` as float64."""
    return cast(x, dtypes.float64, name)


def to_int32(x: Any, name: str = "ToInt32") -> Tensor:
    """`x` as int32."""
    return cast(x, dtypes.int32, name)


def to_int64(x: Any, name: str = "ToInt64") -> Tensor:
    """`x` as int64."""
    return cast(x, dtypes.int64, name)


def to_bfloat16(x: Any, name: str = "ToBFloat16") -> Tensor:
    """`x` as bfloat16."""
    return cast(x, dtypes.bfloat16, name)


def to_complex64(x: Any, name: str = "ToComplex64") -> Tensor:
    """`x` as complex64."""
    return cast(x, dtypes.complex64, name)


def to_complex128(x: Any, name: str = "ToComplex128") -> Tensor:
    """`x` as complex128."""
    return cast(x, dtypes.complex128, name)
