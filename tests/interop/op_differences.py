"""Where opscope does not do what TensorFlow does with a variant of a sample, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """op_type, variant, message: regular expressions that must match from the start."""

    op_type: str
    variant: str
    message: str
    reason: str

    def covers(self, op_type: str, variant: str, message: str) -> bool:
        return bool(
            re.fullmatch(self.op_type, op_type)
            and re.match(self.variant, variant)
            and re.match(self.message, message)
        )


# Where the process of TensorFlow ends, by a failed check or a bad memory access: by op type
# and variant; and those in whose gradients it does.
CRASHES = (
    (r"AvgPoolGrad|(DepthwiseConv2dNative|Conv2D)BackpropInput", r"\S+ \[[01]\],"),
    (r"SplitV", r".*Tlen=int8"),
)
GRADIENT_CRASHES = ((r"MaxPool", r"MaxPool \[[^\]]*\b0\b"),)

NAN = r".* \[special values of b?float"

# Kept on purpose; the reasons say what TensorFlow does.
KEPT: tuple[Difference, ...] = (
    Difference(
        r".*", r".*", r"values .*, expected (Unimplemented|NotFound)Error", "no kernel there"
    ),
    Difference(r"Range", r".*=float16", r".* expected ValueError", "no float16 in its shape rule"),
    Difference(
        r"TopKV2", r".*index_type=", r"values, expected TypeError", "its gradient adds int32"
    ),
    Difference(
        r"Div|Pow|RealDiv|Rsqrt|SqrtGrad",
        r".* \[special values of complex",
        r"",
        "C++ and NumPy disagree about the infinities of complex numbers",
    ),
    Difference(r"Erf", r".* \[special values of float64", r"", "NaN at infinity; ours is 1"),
    Difference(
        r"Round", r"", r"output 0: .*np\.int", "0 for every integer; tf.round makes no op for them"
    ),
    Difference(r"LRN", NAN, r"", "a running sum: an infinity leaves NaN behind"),
    Difference(r"Softmax", NAN, r"", "0 in a row with NaN, depending on the place"),
    Difference(r"TopKV2", NAN, r"", "the place of NaN depends on the algorithm"),
    Difference(r"(Unsorted)?Segment(Max|Min)", NAN, r"", "a comparison loses NaN, or not"),
    Difference(
        r"StridedSlice",
        r"StridedSlice \[0",
        r"ValueError, expected \[None\]",
        "a bound of an empty axis that is not known is refused at once",
    ),
    Difference(
        r"MatrixDiagV3",
        r"",
        r"\[\[None, None\]\], expected ValueError",
        "its shape rule takes an unknown size for -1",
    ),
)


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Still to be mended: op types by what is compared.
NOT_YET: dict[str, frozenset[str]] = {
    "values": names(
        """
        AsString AvgPool AvgPoolGrad ComplexAbs Conv2D Conv2DBackpropFilter Conv2DBackpropInput
        DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter
        DepthwiseConv2dNativeBackpropInput Div Einsum Erf FusedBatchNorm FusedBatchNormGrad
        FusedBatchNormGradV2 FusedBatchNormGradV3 FusedBatchNormV2 FusedBatchNormV3 GatherNd LRN
        Lgamma MaxPool MaxPoolGrad MaxPoolGradGrad Mean MirrorPad MirrorPadGrad Pad PadV2 Pow Range
        RealDiv Relu6Grad ReverseSequence Round Rsqrt ScatterNd SegmentMax SegmentMean SegmentMin
        Select Slice Softmax SoftmaxCrossEntropyWithLogits SparseSoftmaxCrossEntropyWithLogits
        SparseTensorDenseMatMul SparseToDense SplitV SqrtGrad StridedSlice StridedSliceGrad Substr
        Tile TopKV2 Transpose TruncateDiv UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd
        UnsortedSegmentSum Where
        """
    ),
    "shapes": names(
        """
        Conv2D Conv2DBackpropInput DepthwiseConv2dNative FusedBatchNorm FusedBatchNormGrad
        FusedBatchNormGradV2 FusedBatchNormGradV3 FusedBatchNormV2 FusedBatchNormV3
        InvertPermutation MatrixDiagV3 MaxPool MaxPoolGrad MaxPoolGradGrad MirrorPad MirrorPadGrad
        Pad PadV2 ReverseSequence ScatterNd Select Slice SparseTensorDenseMatMul SplitV
        StridedSlice Substr Tile TopKV2 Transpose UnsortedSegmentMax UnsortedSegmentMin
        UnsortedSegmentProd UnsortedSegmentSum
        """
    ),
    "gradients": names(
        """
        AvgPool AvgPoolGrad BiasAddGrad Conv2D Conv2DBackpropFilter Conv2DBackpropInput
        DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter
        DepthwiseConv2dNativeBackpropInput Einsum FusedBatchNorm FusedBatchNormGrad
        FusedBatchNormGradV2 FusedBatchNormGradV3 FusedBatchNormV2 FusedBatchNormV3 GatherV2 Imag
        Lgamma ListDiff MirrorPad SegmentMean SegmentProd SparseTensorDenseMatMul TopKV2 Unique
        UniqueWithCounts UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd
        UnsortedSegmentSum Xlogy
        """
    ),
    "types": names(
        """
        Acos ArgMax GatherV2 LeakyRelu LeakyReluGrad MatMul MaxPool MaxPoolGrad TopKV2
        UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum
        """
    ),
}


def crashes(op_type: str, variant: str) -> bool:
    return any(re.fullmatch(o, op_type) and re.match(v, variant) for o, v in CRASHES)


def gradient_crashes(op_type: str, variant: str) -> bool:
    return any(re.fullmatch(o, op_type) and re.match(v, variant) for o, v in GRADIENT_CRASHES)


def is_kept(op_type: str, variant: str, message: str) -> bool:
    return any(d.covers(op_type, variant, message) for d in KEPT)
