import ml_dtypes
import numpy as np
import pytest

from opscope.events import TensorProtoError, data_type, make_ndarray, make_tensor_proto, numpy_dtype
from opscope.events.proto import types_pb2
from opscope.events.proto.tensor_pb2 import TensorProto

NUMBERS = [
    value.number
    for value in types_pb2.DataType.DESCRIPTOR.values
    if value.number < 100 and value.name not in ("DT_INVALID", "DT_RESOURCE", "DT_VARIANT")
]


def proto(dtype: int, shape: tuple[int, ...] = (), **fields: object) -> TensorProto:
    made = TensorProto(dtype=dtype, **fields)  # type: ignore[arg-type]
    for size in shape:
        made.tensor_shape.dim.add(size=size)
    return made


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 4)], ids=str)
def test_arrays_of_every_type_read_back(number: int, shape: tuple[int, ...]) -> None:
    dtype = numpy_dtype(number)
    if number == types_pb2.DT_STRING:
        array = np.full(shape, b"\xff\x00text", dtype=object)
    else:
        array = np.ones(shape).astype(dtype)
    made = make_tensor_proto(array, number)
    assert made.dtype == number
    back = make_ndarray(TensorProto.FromString(made.SerializeToString()))
    assert (back.dtype, back.shape) == (dtype, shape)
    np.testing.assert_array_equal(back, array)
    assert back.flags.writeable


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_and_dtypes_are_inverse_except_for_quantized_types(number: int) -> None:
    quantized = "Q" in types_pb2.DataType.Name(number)
    assert (data_type(numpy_dtype(number)) == number) != quantized
    if number < types_pb2.DT_FLOAT8_E5M2:
        assert numpy_dtype(number + 100) == numpy_dtype(number)


@pytest.mark.parametrize("dtype", ["U3", "S3", object, str])
def test_text_is_a_string_tensor(dtype: object) -> None:
    assert data_type(dtype) == types_pb2.DT_STRING  # type: ignore[arg-type]
    made = make_tensor_proto(np.array(["a", "é"], dtype="U3"))
    assert list(made.string_val) == [b"a", "é".encode()]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (proto(types_pb2.DT_FLOAT, (2, 2), float_val=[1.5]), np.full((2, 2), 1.5, np.float32)),
        (proto(types_pb2.DT_INT32, (3,), int_val=[7, 8]), np.array([7, 8, 8], np.int32)),
        (proto(types_pb2.DT_INT8, (2,)), np.zeros(2, np.int8)),
        (proto(types_pb2.DT_HALF, (), half_val=[0x3C00]), np.array(1, np.float16)),
        (proto(types_pb2.DT_BFLOAT16, (1,), half_val=[0x7F80]), np.array([np.inf])),
        (proto(types_pb2.DT_COMPLEX64, (2,), scomplex_val=[1, 2]), np.array([1 + 2j, 1 + 2j])),
        (proto(types_pb2.DT_BOOL, (2,), bool_val=[True]), np.array([True, True])),
        (proto(types_pb2.DT_UINT64, (), uint64_val=[2**64 - 1]), np.array(2**64 - 1, np.uint64)),
        (proto(types_pb2.DT_UINT8, (1,), int_val=[-1]), np.array([255], np.uint8)),
        (proto(types_pb2.DT_STRING, (2,), string_val=[b"x"]), np.array([b"x", b"x"], object)),
        (proto(types_pb2.DT_FLOAT8_E5M2, (2,), float8_val=b"\x3c"), np.array([1.0, 1.0])),
        (proto(types_pb2.DT_INT4, (2,), int_val=[-8]), np.array([-8, -8])),
    ],
)
def test_typed_lists_repeat_their_last_value(
    made: TensorProto, expected: np.ndarray[tuple[int, ...], np.dtype[np.generic]]
) -> None:
    back = make_ndarray(made)
    assert back.shape == expected.shape
    assert back.dtype == numpy_dtype(made.dtype)
    np.testing.assert_array_equal(back, expected.astype(back.dtype))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (proto(types_pb2.DT_FLOAT, (3,), tensor_content=b"\x00" * 8), "needs 12 bytes"),
        (proto(types_pb2.DT_FLOAT, (1 << 40, 1 << 20)), "claims"),
        (proto(types_pb2.DT_STRING, (1 << 40,), string_val=[b"x"]), "claims"),
        (proto(types_pb2.DT_INT32, (2,), int_val=[1, 2, 3]), "list has 3"),
        (proto(types_pb2.DT_INT32, (-1,), int_val=[1]), "known shape"),
        (proto(types_pb2.DT_COMPLEX64, (1,), scomplex_val=[1]), "pairs"),
        (proto(types_pb2.DT_RESOURCE, ()), "DT_RESOURCE has no NumPy dtype"),
        (proto(77, ()), "data type 77"),
    ],
)
def test_a_proto_that_contradicts_itself_is_refused(made: TensorProto, message: str) -> None:
    with pytest.raises(TensorProtoError, match=message) as caught:
        make_ndarray(made)
    assert isinstance(caught.value, ValueError)


def test_big_endian_and_strided_arrays_are_written_as_their_values() -> None:
    array = np.arange(12, dtype=">i4").reshape(3, 4).T[::2]
    np.testing.assert_array_equal(make_ndarray(make_tensor_proto(array)), array)


def test_values_without_a_tensor_type_are_refused() -> None:
    with pytest.raises(TensorProtoError, match="datetime64"):
        make_tensor_proto(np.array(["2026-01-01"], dtype="M8[D]"))
    with pytest.raises(TensorProtoError, match="neither str nor bytes"):
        make_tensor_proto(np.array([object()], dtype=object))


def test_bfloat16_is_known_by_its_number() -> None:
    assert data_type(ml_dtypes.bfloat16) == types_pb2.DT_BFLOAT16
