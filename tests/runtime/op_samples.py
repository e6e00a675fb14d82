"""One or more samples for every op type: what the registry's promises are tested on.

The samples of an area may stand in a file of their own, `op_samples_<area>.py`, which takes
`sample` from here; they are part of SAMPLES without more ado.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

RNG = np.random.default_rng(11)


@dataclass(frozen=True)
class Sample:
    """Inputs and attributes of one node.

    fixed: inputs that are constants in the graph (axes, shapes) in one test and fed in another.
    smooth: inputs whose gradient is compared with the numeric one.
    """

    op_type: str
    inputs: tuple[Any, ...]
    attrs: dict[str, Any] = field(default_factory=dict)
    fixed: tuple[int, ...] = ()
    smooth: tuple[int, ...] = ()

    def __str__(self) -> str:
        shapes = ",".join(
            f"{len(i)}*{list(i[0].shape)}" if isinstance(i, list) else str(list(i.shape))
            for i in self.inputs
        )
        return f"{self.op_type} {shapes} {self.attrs or ''}".strip()


def floats(*shape: int, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    return RNG.uniform(low, high, shape).astype(np.float32)


def positive(*shape: int) -> np.ndarray:
    return floats(*shape, low=0.3, high=2.5)


def apart(*shape: int) -> np.ndarray:
    """Values that all differ by more than the steps of a numeric gradient."""
    count = int(np.prod(shape))
    values = (np.arange(count) - count / 2 + 0.3) / 7
    return RNG.permutation(values).reshape(shape).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def flags(*shape: int) -> np.ndarray:
    return RNG.random(shape) > 0.5


SAMPLES: list[Sample] = []


def sample(op_type: str, *inputs: Any, fixed: Any = (), smooth: Any = (), **attrs: Any) -> None:
    converted = tuple(i if isinstance(i, list) else np.asarray(i)[()] for i in inputs)
    SAMPLES.append(Sample(op_type, converted, attrs, tuple(fixed), tuple(smooth)))


I32 = np.int32

for name in ("Neg", "Exp", "Expm1", "Square", "Sin", "Cos", "Tanh", "Sigmoid"):
    sample(name, floats(2, 3), smooth=[0])
    sample(name, np.float32(0.7), smooth=[0])
for name in ("Abs", "Sign"):
    sample(name, apart(2, 3), smooth=[0])
    sample(name, ints(-3, 0, 2))
for name in ("Log", "Log1p", "Sqrt", "Rsqrt", "Reciprocal"):
    sample(name, positive(2, 3), smooth=[0])
    sample(name, np.float32(0.9), smooth=[0])
for name in ("Floor", "Ceil", "Round"):
    sample(name, apart(2, 3))
sample("Round", ints(1, 2))
sample("Square", ints(1, -2))
for name in ("IsFinite", "IsInf", "IsNan"):
    sample(name, np.array([1, np.inf, -np.inf, np.nan], np.float32))
    sample(name, np.float32(np.nan))
sample("Conj", np.array([1 + 2j, -1j], np.complex64))
for name in ("TanhGrad", "SigmoidGrad", "SqrtGrad", "RsqrtGrad", "ReciprocalGrad"):
    sample(name, positive(2, 3), floats(2, 3), smooth=[0, 1])

for name in ("AddV2", "Add", "Sub", "Mul"):
    sample(name, floats(2, 3), floats(2, 3), smooth=[0, 1])
    sample(name, floats(2, 3), floats(3), smooth=[0, 1])
    sample(name, floats(2, 1), floats(1, 3), smooth=[0, 1])
    sample(name, np.float32(2.5), floats(4), smooth=[0, 1])
    sample(name, np.float32(2.5), np.float32(-1.5), smooth=[0, 1])
    sample(name, ints(7, -7), ints(2, 3))
    sample(name, I32(7), I32(2))
for name in ("RealDiv", "Div", "DivNoNan"):
    sample(name, floats(2, 3), positive(3), smooth=[0, 1])
    sample(name, np.float32(1), np.float32(4), smooth=[0, 1])
sample("DivNoNan", floats(3), np.array([0, 1, 2], np.float32))
for name in ("RealDiv", "Div", "TruncateDiv", "FloorDiv", "FloorMod"):
    sample(name, ints(7, -7, -6), ints(2, 2, -3))
    sample(name, I32(-7), I32(2))
for name in ("TruncateDiv", "FloorDiv", "FloorMod"):
    sample(name, floats(2, 3), positive(3))
sample("FloorMod", np.array([5.3, -4.2], np.float32), np.array([2.0, 3.0], np.float32), smooth=[0])
sample("Pow", positive(2, 3), floats(3), smooth=[0, 1])
sample("Pow", ints(2, 3), ints(3, 2))
for name in ("Maximum", "Minimum"):
    sample(name, apart(2, 3), apart(3) + np.float32(0.05), smooth=[0, 1])
    sample(name, ints(1, 5), ints(2, 2))
sample("SquaredDifference", floats(2, 3), floats(3), smooth=[0, 1])
sample("AddN", [floats(2, 3)], smooth=[0])
sample("AddN", [floats(2, 3), floats(2, 3), floats(2, 3)], smooth=[0])
sample("AddN", [np.float32(1), np.float32(2)], smooth=[0])
sample("BroadcastGradientArgs", ints(2, 1, 3), ints(4, 1), fixed=[0, 1])
sample("BroadcastArgs", ints(2, 1, 3), ints(4, 1), fixed=[0, 1])
sample("BroadcastTo", floats(1, 3), ints(2, 2, 3), fixed=[1], smooth=[0])
sample("BroadcastTo", floats(2, 3), ints(2, 3), fixed=[1], smooth=[0])

for name in ("Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual"):
    sample(name, floats(2, 3), floats(3))
    sample(name, np.float32(1), np.float32(1))
    sample(name, ints(1, 2), ints(2, 2))
for name in ("LogicalAnd", "LogicalOr"):
    sample(name, flags(2, 3), flags(3))
    sample(name, np.True_, np.False_)
sample("LogicalNot", flags(2, 3))
sample("LogicalNot", np.True_)
sample("Select", flags(2, 3), floats(2, 3), floats(2, 3), smooth=[1, 2])
sample("Select", flags(2), floats(2, 3), floats(2, 3), smooth=[1, 2])
sample("Select", np.True_, np.float32(1), np.float32(2), smooth=[1, 2])
sample("SelectV2", flags(2, 1), floats(3), floats(2, 3), smooth=[1, 2])
sample("SelectV2", np.False_, np.float32(1), np.float32(2), smooth=[1, 2])
sample("Where", flags(2, 3))
for source, target in (("float32", "int32"), ("int32", "float32"), ("bool", "float32")):
    sample("Cast", np.array([0, 1, 3]).astype(source), DstT=target)
    sample("Cast", np.dtype(source).type(1), DstT=target)
sample("Cast", floats(3), DstT="float64", smooth=[0])
sample("Cast", floats(3), DstT="bfloat16")
sample("Cast", floats(3), DstT="float32")
sample("Cast", np.array([1 + 2j], np.complex64), DstT="float32")

for name in ("Sum", "Mean", "Prod", "Max", "Min"):
    for keep in (False, True):
        sample(name, apart(2, 3, 2), I32(1), fixed=[1], smooth=[0], keep_dims=keep)
        sample(name, apart(2, 3, 2), ints(0, -1), fixed=[1], smooth=[0], keep_dims=keep)
        sample(name, apart(2, 3), ints(0, 1), fixed=[1], smooth=[0], keep_dims=keep)
    sample(name, floats(2, 3), np.zeros(0, I32), fixed=[1], keep_dims=False)
    sample(name, np.array([[5, -7], [-2, 1]], I32), I32(0), fixed=[1], keep_dims=False)
for name in ("Sum", "Max", "Min", "Prod"):
    sample(name, floats(0, 3), I32(0), fixed=[1], keep_dims=False)
for name in ("All", "Any"):
    sample(name, flags(2, 3), I32(1), fixed=[1], keep_dims=False)
    sample(name, flags(2, 3), ints(0, 1), fixed=[1], keep_dims=True)
for name in ("ArgMax", "ArgMin"):
    sample(name, apart(3, 4), I32(1), fixed=[1])
    sample(name, apart(4), I32(0), fixed=[1], output_type="int32")

sample("MatMul", floats(2, 3), floats(3, 4), smooth=[0, 1])
sample("MatMul", floats(3, 2), floats(3, 4), smooth=[0, 1], transpose_a=True)
sample("MatMul", floats(2, 3), floats(4, 3), smooth=[0, 1], transpose_b=True)
sample("MatMul", floats(3, 2), floats(4, 3), smooth=[0, 1], transpose_a=True, transpose_b=True)
sample("MatMul", np.ones((2, 3), I32), np.ones((3, 1), I32))
sample("BatchMatMulV2", floats(2, 2, 3), floats(2, 3, 4), smooth=[0, 1])
sample("BatchMatMulV2", floats(2, 3, 2), floats(3, 4), smooth=[0, 1], adj_x=True)
sample("BatchMatMulV2", floats(2, 2, 3), floats(1, 4, 3), smooth=[0, 1], adj_y=True)
sample("BatchMatMulV2", floats(2, 3, 2), floats(2, 4, 3), smooth=[0, 1], adj_x=True, adj_y=True)

sample("Range", I32(1), I32(8), I32(3), fixed=[0, 1, 2])
sample("Range", np.float32(1), np.float32(-1), np.float32(-0.5), fixed=[0, 1, 2])
sample("LinSpace", np.float32(0), np.float32(1), I32(5), fixed=[2])
for name in ("Cumsum", "Cumprod"):
    for exclusive in (False, True):
        for reverse in (False, True):
            sample(
                name, positive(3, 2), I32(0), fixed=[1], smooth=[0],
                exclusive=exclusive, reverse=reverse,
            )  # fmt: skip

sample("Shape", floats(2, 3))
sample("Shape", np.float32(1), out_type="int64")
sample("ShapeN", [floats(2, 3), floats(4)])
sample("ShapeN", [floats(2, 3)])
sample("Size", floats(2, 3))
sample("Rank", floats(2, 3))
sample("Reshape", floats(2, 3), ints(3, 2), fixed=[1], smooth=[0])
sample("Reshape", floats(2, 3), ints(-1), fixed=[1], smooth=[0])
sample("Reshape", floats(1), np.zeros(0, I32), fixed=[1], smooth=[0])
sample("ExpandDims", floats(2, 3), I32(-2), fixed=[1], smooth=[0])
sample("ExpandDims", np.float32(2), I32(0), fixed=[1], smooth=[0])
sample("Squeeze", floats(2, 1, 3, 1), smooth=[0])
sample("Squeeze", floats(2, 1, 3, 1), smooth=[0], squeeze_dims=[1])
sample("Squeeze", floats(1), smooth=[0])
sample("Transpose", floats(2, 3, 4), ints(2, 0, 1), fixed=[1], smooth=[0])
sample("InvertPermutation", ints(2, 0, 1), fixed=[0])
sample("Tile", floats(1, 3), ints(2, 1), fixed=[1], smooth=[0])
sample("Tile", floats(2, 3), ints(2, 2), fixed=[1], smooth=[0])
sample("Tile", floats(2, 3), ints(1, 1), fixed=[1], smooth=[0])
sample("Pad", floats(2, 3), np.array([[1, 0], [0, 2]], I32), fixed=[1], smooth=[0])
sample("PadV2", floats(2), np.array([[1, 1]], I32), np.float32(7), fixed=[1], smooth=[0])
sample("ReverseV2", floats(2, 3), ints(1), fixed=[1], smooth=[0])

sample("ConcatV2", [floats(2, 3), floats(1, 3)], I32(0), fixed=[1], smooth=[0])
sample("ConcatV2", [floats(2, 3), floats(2, 1)], I32(-1), fixed=[1], smooth=[0])
sample("ConcatOffset", I32(1), [ints(2, 3), ints(2, 5)], fixed=[0])
sample("Pack", [floats(2, 3), floats(2, 3)], smooth=[0], axis=1)
sample("Pack", [np.float32(1), np.float32(2)], smooth=[0])
sample("Unpack", floats(2, 3), smooth=[0], num=2)
sample("Unpack", floats(2, 3), smooth=[0], num=3, axis=-1)
sample("Unpack", floats(3), smooth=[0], num=3)
sample("Unpack", floats(1, 2), smooth=[0], num=1)
sample("Split", I32(1), floats(2, 4), fixed=[0], smooth=[1], num_split=2)
sample("SplitV", floats(5, 2), ints(1, 4), I32(0), fixed=[1, 2], smooth=[0], num_split=2)
sample("Split", I32(0), floats(2, 4), fixed=[0], smooth=[1], num_split=1)
sample("SplitV", floats(2, 2), ints(2), I32(0), fixed=[1, 2], smooth=[0], num_split=1)
sample("SplitV", floats(5, 2), ints(2, -1), I32(0), fixed=[1, 2], num_split=2)
sample("GatherV2", floats(4, 3), ints(2, 0, 2), I32(0), fixed=[2], smooth=[0])
sample("GatherV2", floats(2, 4), ints(3, 1), I32(1), fixed=[2], smooth=[0])
sample("GatherV2", floats(4), I32(2), I32(0), fixed=[2], smooth=[0])
sample("GatherV2", floats(2, 4), np.array([[3], [1]], I32), I32(1), fixed=[2], batch_dims=1)
sample("UnsortedSegmentSum", floats(4, 2), ints(2, 0, 2, 1), I32(3), fixed=[2], smooth=[0])
sample("DynamicStitch", [ints(0, 2), ints(1)], [floats(2, 3), floats(1, 3)])
sample("ListDiff", ints(1, 2, 3, 4), ints(2, 4))
sample("Slice", floats(3, 4), ints(1, 0), ints(2, -1), fixed=[1, 2], smooth=[0])
one, two = ints(0, 1), ints(3, 4)
sample("StridedSlice", floats(3, 4), one, two, ints(2, 1), fixed=[1, 2, 3], smooth=[0])
sample(
    "StridedSlice", floats(3, 4), one, two, ints(1, 1), fixed=[1, 2, 3], smooth=[0],
    shrink_axis_mask=1, end_mask=2,
)  # fmt: skip
sample(
    "StridedSlice", floats(3), ints(1), ints(2), ints(1), fixed=[1, 2, 3], smooth=[0],
    shrink_axis_mask=1,
)  # fmt: skip
sample(
    "StridedSlice", floats(3, 4), ints(0, 0), ints(0, 0), ints(1, -1), fixed=[1, 2, 3], smooth=[0],
    ellipsis_mask=1, begin_mask=2, end_mask=2,
)  # fmt: skip
sample(
    "StridedSliceGrad", ints(3, 4), one, two, ints(2, 1), floats(2, 3), fixed=[0, 1, 2, 3],
    smooth=[4],
)  # fmt: skip
sample("Fill", ints(2, 3), np.float32(1.5), fixed=[0], smooth=[1])
sample("Fill", np.zeros(0, I32), np.float32(1.5), fixed=[0], smooth=[1])
sample("ZerosLike", floats(2, 3))
sample("OnesLike", np.float32(3))
sample("OneHot", ints(0, 2, -1), I32(3), np.float32(1), np.float32(0), fixed=[1, 2, 3])
sample("OneHot", ints(0, 2), I32(3), np.float32(5), np.float32(1), fixed=[1, 2, 3], axis=0)
sample("OneHot", I32(1), I32(3), np.True_, np.False_, fixed=[1, 2, 3])

for name in ("Identity", "StopGradient", "PreventGradient"):
    sample(name, floats(2, 3), smooth=[0] if name == "Identity" else [])
sample("CheckNumerics", floats(2, 3), smooth=[0], message="x")
sample("DebugNumericSummary", floats(2, 3))
sample("DebugNumericSummary", ints(1, -2, 0), lower_bound=-1.0)

for name in ("Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign", "LeakyRelu"):
    sample(name, apart(4, 6), smooth=[0])
    sample(name, np.float32(-0.5), smooth=[0])
for name in ("ReluGrad", "Relu6Grad", "LeakyReluGrad", "EluGrad", "SeluGrad", "SoftplusGrad"):
    sample(name, floats(4, 6), apart(4, 6), smooth=[0, 1])
sample("SoftsignGrad", floats(4, 6), apart(4, 6))
sample("BiasAdd", floats(2, 3), floats(3), smooth=[0, 1])
sample("BiasAdd", floats(2, 3, 2, 2), floats(3), smooth=[0, 1], data_format="NCHW")
sample("BiasAddGrad", floats(2, 3, 4), smooth=[0])
sample("BiasAddGrad", floats(2, 3, 4), smooth=[0], data_format="NCHW")
sample("L2Loss", floats(2, 3), smooth=[0])
sample("Softmax", floats(2, 3), smooth=[0])
sample("LogSoftmax", floats(2, 3), smooth=[0])
rows = RNG.dirichlet(np.ones(3), 2).astype(np.float32)
sample("SoftmaxCrossEntropyWithLogits", floats(2, 3), rows, smooth=[0])
sample("SparseSoftmaxCrossEntropyWithLogits", floats(2, 3), ints(2, 0), smooth=[0])
sample("InTopKV2", apart(3, 4), ints(0, 3, 9), I32(2))
sample("TopKV2", apart(3, 4), I32(2), fixed=[1], smooth=[0])

IMAGES, FILTERS = floats(2, 5, 6, 2), floats(3, 2, 2, 3)
ONES, TWOS = [1, 1, 1, 1], [1, 2, 2, 1]
for padding in ("SAME", "VALID"):
    for strides in (ONES, TWOS):
        sample("Conv2D", IMAGES, FILTERS, smooth=[0, 1], strides=strides, padding=padding)
sample("Conv2D", IMAGES, FILTERS[:1, :1], smooth=[0, 1], strides=ONES, padding="SAME")
sample(
    "Conv2D", IMAGES, FILTERS, smooth=[0, 1], strides=ONES, padding="VALID", dilations=[1, 2, 1, 1]
)
sample(
    "Conv2D", floats(2, 2, 5, 6), FILTERS, smooth=[0, 1], strides=ONES, padding="SAME",
    data_format="NCHW",
)  # fmt: skip
sample(
    "Conv2D", IMAGES, FILTERS, smooth=[0, 1], strides=ONES, padding="EXPLICIT",
    explicit_paddings=[0, 0, 1, 2, 0, 1, 0, 0],
)  # fmt: skip
sample(
    "Conv2DBackpropInput", ints(2, 5, 6, 2), FILTERS, floats(2, 5, 6, 3), fixed=[0], smooth=[1, 2],
    strides=ONES, padding="SAME",
)  # fmt: skip
sample(
    "Conv2DBackpropInput", ints(2, 5, 6, 1), floats(3, 2, 1, 8), floats(2, 5, 6, 8), fixed=[0],
    smooth=[1, 2], strides=ONES, padding="SAME",
)  # fmt: skip
sample(
    "Conv2DBackpropFilter", IMAGES, ints(3, 2, 2, 3), floats(2, 5, 6, 3), fixed=[1], smooth=[0, 2],
    strides=ONES, padding="SAME",
)  # fmt: skip
for window, strides, padding in (
    ([1, 2, 2, 1], TWOS, "SAME"),
    ([1, 2, 2, 1], TWOS, "VALID"),
    ([1, 3, 2, 1], [1, 1, 2, 1], "SAME"),
):
    shape = {"ksize": window, "strides": strides, "padding": padding}
    sample("MaxPool", apart(2, 5, 6, 2), smooth=[0], **shape)
    sample("AvgPool", floats(2, 5, 6, 2), smooth=[0], **shape)
pooled = {"ksize": TWOS, "strides": TWOS, "padding": "VALID"}
image = apart(2, 4, 6, 2)
tops = image.reshape(2, 2, 2, 3, 2, 2).max(axis=(2, 4))
sample("MaxPoolGrad", image, tops, floats(2, 2, 3, 2), smooth=[2], **pooled)
sample("AvgPoolGrad", ints(2, 4, 6, 2), floats(2, 2, 3, 2), fixed=[0], smooth=[1], **pooled)

DEEP = floats(3, 2, 2, 2)
for padding in ("SAME", "VALID"):
    for strides in (ONES, TWOS):
        sample(
            "DepthwiseConv2dNative", IMAGES, DEEP, smooth=[0, 1], strides=strides, padding=padding
        )
sample(
    "DepthwiseConv2dNative", floats(2, 2, 5, 6), DEEP[..., :1], smooth=[0, 1], strides=ONES,
    padding="SAME", data_format="NCHW",
)  # fmt: skip
sample(
    "DepthwiseConv2dNativeBackpropInput", ints(2, 5, 6, 2), DEEP, floats(2, 5, 6, 4), fixed=[0],
    smooth=[1, 2], strides=ONES, padding="SAME",
)  # fmt: skip
sample(
    "DepthwiseConv2dNativeBackpropFilter", IMAGES, ints(3, 2, 2, 2), floats(2, 5, 6, 4), fixed=[1],
    smooth=[0, 2], strides=ONES, padding="SAME",
)  # fmt: skip
statistics = (floats(2), positive(2))
none = (np.zeros(0, np.float32), np.zeros(0, np.float32))
for version in ("", "V2", "V3"):
    # Their element types do not include float64, in which gradients are compared with numeric ones.
    for data_format, picture in (("NHWC", IMAGES), ("NCHW", floats(2, 2, 5, 6))):
        norm = {"data_format": data_format}
        parameters = (positive(2), floats(2))
        sample(f"FusedBatchNorm{version}", picture, *parameters, *none, **norm)
        sample(
            f"FusedBatchNorm{version}", picture, *parameters, *statistics, is_training=False, **norm
        )
        sample(
            f"FusedBatchNorm{version}", picture, *parameters, *statistics,
            exponential_avg_factor=0.25, **norm,
        )  # fmt: skip
        for training in (True, False):
            rest = (np.zeros(0, np.float32),) if version == "V3" else ()
            sample(
                f"FusedBatchNormGrad{version}", floats(*picture.shape), picture, positive(2),
                *statistics, *rest, is_training=training, **norm,
            )  # fmt: skip

for name in ("Tan", "Atan", "Sinh", "Cosh", "Asinh", "Erf", "Erfc"):
    sample(name, floats(2, 3, low=-1, high=1), smooth=[0])
    sample(name, np.float32(0.3), smooth=[0])
for name in ("Asin", "Acos", "Atanh"):
    sample(name, floats(2, 3, low=-0.9, high=0.9), smooth=[0])
sample("Acosh", positive(2, 3) + np.float32(1), smooth=[0])
sample("Lgamma", positive(2, 3))
sample("Rint", apart(2, 3))
sample("Atan2", floats(2, 3), positive(3), smooth=[0, 1])
sample("Xlogy", positive(2, 3), positive(3), smooth=[0, 1])
sample("Xlogy", np.zeros(2, np.float32), np.array([0, 3], np.float32))
sample("Complex", floats(2, 3), floats(3))
whole = (floats(2, 3) + 1j * floats(2, 3)).astype(np.complex64)
for name in ("Real", "Imag", "ComplexAbs"):
    sample(name, whole)

pairs = np.array([[0, 1], [2, 2], [0, 1]], I32)
sample("GatherNd", floats(3, 4), pairs, smooth=[0])
sample("GatherNd", floats(3, 4, 2), pairs[:, :1], smooth=[0])
sample("ScatterNd", pairs, floats(3), ints(3, 4), fixed=[2], smooth=[1])
sample("ScatterNd", pairs[:2], floats(2, 2), ints(3, 4, 2), fixed=[2], smooth=[1])
sample("DynamicPartition", floats(4, 2), ints(1, 0, 1, 1), smooth=[0], num_partitions=3)
sample("DynamicPartition", floats(4), ints(0, 0, 0, 0), smooth=[0], num_partitions=1)
sample("Unique", ints(3, 1, 3, 2))
sample("UniqueWithCounts", ints(3, 1, 3, 2), out_idx="int64")
lengths = np.array([2, 3], np.int64)
sample("ReverseSequence", floats(2, 4, 2), lengths, smooth=[0], seq_dim=1)
sample("ReverseSequence", floats(3, 2), lengths, smooth=[0], seq_dim=0, batch_dim=1)
for name in ("SegmentSum", "SegmentMean", "SegmentMax", "SegmentMin"):
    sample(name, apart(4, 2), ints(0, 0, 2, 2), smooth=[0])
    sample(name, ints(3, 1, 2), ints(0, 1, 1))
sample("SegmentProd", positive(4, 2), ints(0, 0, 2, 2))
for name in ("UnsortedSegmentMax", "UnsortedSegmentMin"):
    sample(name, apart(4, 2), ints(2, 0, 2, 1), I32(3), fixed=[2], smooth=[0])
    sample(name, ints(3, 1, 2), ints(0, -1, 2), I32(3), fixed=[2])
sample("UnsortedSegmentProd", positive(4, 2), ints(2, 0, 2, 0), I32(3), fixed=[2])

I64 = np.int64
sample("MatrixBandPart", floats(3, 4), I64(1), I64(0), fixed=[1, 2], smooth=[0])
sample("MatrixBandPart", floats(2, 3, 3), I64(-1), I64(0), fixed=[1, 2], smooth=[0])
zero = np.float32(0)
band = ints(-1, 1)
sample("MatrixDiagPartV3", floats(2, 3, 4), I32(0), zero, fixed=[1, 2], smooth=[0])
sample("MatrixDiagPartV3", floats(3, 4), band, zero, fixed=[1, 2], smooth=[0])
sample("MatrixDiagPartV3", floats(3, 4), band, zero, fixed=[1, 2], align="LEFT_RIGHT")
sample("MatrixDiagV3", floats(2, 3), I32(0), I32(-1), I32(-1), zero, fixed=[1, 2, 3, 4], smooth=[0])
sample(
    "MatrixDiagV3", floats(2), I32(1), I32(4), I32(3), np.float32(9), fixed=[1, 2, 3, 4],
    smooth=[0],
)  # fmt: skip
sample("MatrixSetDiagV3", floats(2, 3, 4), floats(2, 3), I32(0), fixed=[2], smooth=[0, 1])
square = floats(2, 3, 3) + 3 * np.eye(3, dtype=np.float32)
sample("MatrixInverse", square, smooth=[0])
sample("MatrixInverse", square, smooth=[0], adjoint=True)
sample("MatrixDeterminant", square, smooth=[0])
sample("MatrixSolve", square, floats(2, 3, 2), smooth=[0, 1])
sample("MatrixSolve", square, floats(2, 3, 2), smooth=[0, 1], adjoint=True)
sample("Einsum", [floats(2, 3), floats(3, 4)], smooth=[0], equation="ij,jk->ik")
sample("Einsum", [floats(2, 3, 4), floats(2, 4)], smooth=[0], equation="bij,bj->bi")
sample("Einsum", [floats(2, 3)], smooth=[0], equation="ij->j")

for mode in ("REFLECT", "SYMMETRIC"):
    sides = np.array([[1, 0], [2, 1]], I32)
    sample("MirrorPad", floats(3, 4), sides, fixed=[1], smooth=[0], mode=mode)
    sample("MirrorPadGrad", floats(4, 7), sides, fixed=[1], smooth=[0], mode=mode)
channels = floats(2, 2, 3, 6)
near = {"depth_radius": 2, "bias": 1.5, "alpha": 0.3, "beta": 0.7}
sample("LRN", channels, **near)
sample("LRNGrad", floats(2, 2, 3, 6), channels, floats(2, 2, 3, 6), **near)
sample("MaxPoolGradGrad", image, tops, floats(2, 4, 6, 2), smooth=[2], **pooled)

sample("SparseToDense", pairs[[0, 1]], ints(3, 4), floats(2), zero, fixed=[1], smooth=[2, 3])
places = np.array([[0, 1], [2, 0], [2, 1]], np.int64)
for flip in (False, True):
    sides = (floats(3), np.array([3, 2], np.int64), floats(3, 4) if flip else floats(2, 4))
    sample(
        "SparseTensorDenseMatMul", places, *sides, fixed=[2], smooth=[1, 3], adjoint_a=flip
    )  # fmt: skip


def texts(*values: str) -> np.ndarray:
    return np.array([v.encode() for v in values], object)


sample("AsString", floats(3), precision=2)
sample("AsString", ints(1, -20), width=5, fill="0")
sample("AsString", flags(3))
sample("AsString", floats(3), scientific=True)
sample("AsString", np.array([1.5, 2e10], np.float32), shortest=True)
sample("StringToNumber", texts("1.5", "-2e3"))
sample("StringToNumber", texts("15", "-2"), out_type="int64")
sample("Substr", texts("hello", "world"), I32(1), I32(3))
sample("Substr", texts("hello", "world"), ints(-2, 0), ints(3, 9))
sample("StringLength", texts("hello", "", "\u00e9"))
sample("StringLength", texts("\u00e9t\u00e9"), unit="UTF8_CHAR")
for name in ("StringStrip", "StringLower", "StringUpper"):
    sample(name, texts(" Ab ", "c"))
sample("RegexReplace", texts("a1b22", "c"), np.bytes_(b"[0-9]+"), np.bytes_(b"#"))
sample("StringSplit", texts("a b", "c  d e"), np.bytes_(b" "))
sample("StringSplit", texts("a,b", ",c"), np.bytes_(b","), skip_empty=False)
sample("StringSplitV2", texts("a b  c", " d "), np.bytes_(b""))

for path in sorted(Path(__file__).parent.glob("op_samples_*.py")):
    import_module(path.stem)
