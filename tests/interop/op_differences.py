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

# Kept on purpose.
KEPT: tuple[Difference, ...] = ()

# Still to be mended: op types by what is compared.
NOT_YET: dict[str, frozenset[str]] = {
    "values": frozenset(
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
        """.split()
    ),
    "shapes": frozenset(
        """
        Conv2D Conv2DBackpropInput DepthwiseConv2dNative FusedBatchNorm FusedBatchNormGrad
        FusedBatchNormGradV2 FusedBatchNormGradV3 FusedBatchNormV2 FusedBatchNormV3
        InvertPermutation MatrixDiagV3 MaxPool MaxPoolGrad MaxPoolGradGrad MirrorPad MirrorPadGrad
        Pad PadV2 ReverseSequence ScatterNd Select Slice SparseTensorDenseMatMul SplitV
        StridedSlice Substr Tile TopKV2 Transpose UnsortedSegmentMax UnsortedSegmentMin
        UnsortedSegmentProd UnsortedSegmentSum
        """.split()
    ),
    "gradients": frozenset(
        """
        AvgPool AvgPoolGrad BiasAddGrad Conv2D Conv2DBackpropFilter Conv2DBackpropInput
        DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter
        DepthwiseConv2dNativeBackpropInput Einsum FusedBatchNorm FusedBatchNormGrad
        FusedBatchNormGradV2 FusedBatchNormGradV3 FusedBatchNormV2 FusedBatchNormV3 GatherV2 Imag
        Lgamma ListDiff MirrorPad SegmentMean SegmentProd SparseTensorDenseMatMul TopKV2 Unique
        UniqueWithCounts UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd
        UnsortedSegmentSum Xlogy
        """.split()
    ),
    "types": frozenset(
        """
        Acos ArgMax GatherV2 LeakyRelu LeakyReluGrad MatMul MaxPool MaxPoolGrad TopKV2
        UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum
        """.split()
    ),
}


def crashes(op_type: str, variant: str) -> bool:
    return any(re.fullmatch(o, op_type) and re.match(v, variant) for o, v in CRASHES)


def gradient_crashes(op_type: str, variant: str) -> bool:
    return any(re.fullmatch(o, op_type) and re.match(v, variant) for o, v in GRADIENT_CRASHES)


def is_kept(op_type: str, variant: str, message: str) -> bool:
    return any(d.covers(op_type, variant, message) for d in KEPT)
