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
    Difference(r"TopKV2", r"TopKV2 \[3, 0\]", r"ValueError, expected Inv", "refused when it runs"),
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
    Difference(
        r"CTC(Loss|BeamSearchDecoder)",
        r".*float64",
        r"output \d+: .*np\.float",
        "logarithms are added in float32, whatever the type",
    ),
    Difference(
        r"CTCLoss",
        r"CTCLoss \[\d+, \d+, 1\]",
        r"output 0",
        "with no class but the blank the one path counts twice",
    ),
    Difference(r"CTC.*", NAN, r"", "NaN wins or loses each comparison"),
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
        AdjustContrastv2 AdjustHue AdjustSaturation AllCandidateSampler Angle AsString AvgPool
        AvgPool3D AvgPool3DGrad AvgPoolGrad BatchToSpace BatchToSpaceND BesselI0 BesselI0e BesselI1
        BesselI1e BesselJ0 BesselJ1 BesselK0 BesselK0e BesselK1 BesselK1e BesselY0 BesselY1 Betainc
        Bitcast BitwiseAnd BitwiseOr BitwiseXor ClipByValue CombinedNonMaxSuppression ComplexAbs
        ComputeAccidentalHits Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D
        Conv3DBackpropFilterV2 Conv3DBackpropInputV2 CropAndResize CropAndResizeGradBoxes
        CropAndResizeGradImage Cross CumulativeLogsumexp Dawsn DebugNumericSummary DenseBincount
        DepthToSpace DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter
        DepthwiseConv2dNativeBackpropInput DeserializeManySparse DeserializeSparse Diag DiagPart
        Digamma Div DrawBoundingBoxes DrawBoundingBoxesV2 Einsum EnsureShape Erf Erfinv
        EuclideanNorm Expint ExtractGlimpse ExtractGlimpseV2 ExtractImagePatches FresnelCos
        FresnelSin FusedBatchNorm FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3
        FusedBatchNormV2 FusedBatchNormV3 GatherNd GuaranteeConst HSVToRGB HistogramFixedWidth
        IdentityN Igamma IgammaGradA Igammac Invert LRN LeftShift Lgamma LowerBound MaxPool
        MaxPool3D MaxPool3DGrad MaxPool3DGradGrad MaxPoolGrad MaxPoolGradGrad
        MaxPoolGradGradWithArgmax MaxPoolGradWithArgmax MaxPoolWithArgmax Mean MirrorPad
        MirrorPadGrad MulNoNan Ndtri NextAfter NonMaxSuppression NonMaxSuppressionV2
        NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 NonMaxSuppressionWithOverlaps
        Pad PadV2 ParallelConcat ParallelDynamicStitch Polygamma PopulationCount Pow RGBToHSV
        RandomGammaGrad Range RealDiv Relu6Grad ResizeArea ResizeBicubic ResizeBicubicGrad
        ResizeBilinear ResizeBilinearGrad ResizeNearestNeighbor ResizeNearestNeighborGrad
        ReverseSequence RightShift Roll Round Rsqrt ScatterNd SegmentMax SegmentMean SegmentMin
        Select SerializeManySparse SerializeSparse Slice Softmax SoftmaxCrossEntropyWithLogits
        SpaceToBatch SpaceToBatchND SpaceToDepth SparseSoftmaxCrossEntropyWithLogits
        SparseTensorDenseMatMul SparseToDense Spence SplitV SqrtGrad StridedSlice StridedSliceGrad
        Substr TensorScatterAdd TensorScatterMax TensorScatterMin TensorScatterSub
        TensorScatterUpdate Tile TopKV2 Transpose TruncateDiv TruncateMod UnravelIndex
        UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum UpperBound
        Where Xdivy Xlog1py Zeta
        """
    ),
    "shapes": names(
        """
        AdjustContrastv2 AdjustHue AdjustSaturation AllCandidateSampler Angle AvgPool3D
        AvgPool3DGrad BatchToSpace BatchToSpaceND BesselI0 BesselI0e BesselI1 BesselI1e BesselJ0
        BesselJ1 BesselK0 BesselK0e BesselK1 BesselK1e BesselY0 BesselY1 Betainc Bitcast BitwiseAnd
        BitwiseOr BitwiseXor ClipByValue CombinedNonMaxSuppression ComputeAccidentalHits Conv2D
        Conv2DBackpropInput Conv3D Conv3DBackpropFilterV2 Conv3DBackpropInputV2 CropAndResize
        CropAndResizeGradBoxes CropAndResizeGradImage Cross CumulativeLogsumexp Dawsn
        DebugNumericSummary DenseBincount DepthToSpace DepthwiseConv2dNative DeserializeManySparse
        DeserializeSparse Diag DiagPart Digamma DrawBoundingBoxes DrawBoundingBoxesV2 EnsureShape
        Erfinv EuclideanNorm Expint ExtractGlimpse ExtractGlimpseV2 ExtractImagePatches FresnelCos
        FresnelSin FusedBatchNorm FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3
        FusedBatchNormV2 FusedBatchNormV3 GuaranteeConst HSVToRGB HistogramFixedWidth IdentityN
        Igamma IgammaGradA Igammac Invert InvertPermutation LeftShift LowerBound MatrixDiagV3
        MaxPool MaxPool3D MaxPool3DGrad MaxPool3DGradGrad MaxPoolGrad MaxPoolGradGrad
        MaxPoolGradGradWithArgmax MaxPoolGradWithArgmax MaxPoolWithArgmax MirrorPad MirrorPadGrad
        MulNoNan Ndtri NextAfter NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3
        NonMaxSuppressionV4 NonMaxSuppressionV5 NonMaxSuppressionWithOverlaps Pad PadV2
        ParallelConcat ParallelDynamicStitch Polygamma PopulationCount RGBToHSV RandomGammaGrad
        ResizeArea ResizeBicubic ResizeBicubicGrad ResizeBilinear ResizeBilinearGrad
        ResizeNearestNeighbor ResizeNearestNeighborGrad ReverseSequence RightShift Roll ScatterNd
        Select SerializeManySparse SerializeSparse Slice SpaceToBatch SpaceToBatchND SpaceToDepth
        SparseTensorDenseMatMul Spence SplitV StridedSlice Substr TensorScatterAdd TensorScatterMax
        TensorScatterMin TensorScatterSub TensorScatterUpdate Tile TopKV2 Transpose TruncateMod
        UnravelIndex UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum
        UpperBound Xdivy Xlog1py Zeta
        """
    ),
    "gradients": names(
        """
        AdjustContrastv2 AdjustHue AdjustSaturation AllCandidateSampler Angle AvgPool AvgPool3D
        AvgPool3DGrad AvgPoolGrad BatchToSpace BatchToSpaceND BesselI0 BesselI0e BesselI1 BesselI1e
        BesselJ0 BesselJ1 BesselK0 BesselK0e BesselK1 BesselK1e BesselY0 BesselY1 Betainc
        BiasAddGrad Bitcast BitwiseAnd BitwiseOr BitwiseXor ClipByValue CombinedNonMaxSuppression
        ComputeAccidentalHits Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D
        Conv3DBackpropFilterV2 Conv3DBackpropInputV2 CropAndResize CropAndResizeGradBoxes
        CropAndResizeGradImage Cross CumulativeLogsumexp Dawsn DebugNumericSummary DenseBincount
        DepthToSpace DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter
        DepthwiseConv2dNativeBackpropInput DeserializeManySparse DeserializeSparse Diag DiagPart
        Digamma DrawBoundingBoxes DrawBoundingBoxesV2 Einsum EnsureShape Erfinv EuclideanNorm
        Expint ExtractGlimpse ExtractGlimpseV2 ExtractImagePatches FresnelCos FresnelSin
        FusedBatchNorm FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3
        FusedBatchNormV2 FusedBatchNormV3 GatherV2 GuaranteeConst HSVToRGB HistogramFixedWidth
        IdentityN Igamma IgammaGradA Igammac Imag Invert LeftShift Lgamma ListDiff LowerBound
        MaxPool3D MaxPool3DGrad MaxPool3DGradGrad MaxPoolGradGradWithArgmax MaxPoolGradWithArgmax
        MaxPoolWithArgmax MirrorPad MulNoNan Ndtri NextAfter NonMaxSuppression NonMaxSuppressionV2
        NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 NonMaxSuppressionWithOverlaps
        ParallelConcat ParallelDynamicStitch Polygamma PopulationCount RGBToHSV RandomGammaGrad
        ResizeArea ResizeBicubic ResizeBicubicGrad ResizeBilinear ResizeBilinearGrad
        ResizeNearestNeighbor ResizeNearestNeighborGrad RightShift Roll SegmentMean SegmentProd
        SerializeManySparse SerializeSparse SpaceToBatch SpaceToBatchND SpaceToDepth
        SparseTensorDenseMatMul Spence TensorScatterAdd TensorScatterMax TensorScatterMin
        TensorScatterSub TensorScatterUpdate TopKV2 TruncateMod Unique UniqueWithCounts
        UnravelIndex UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum
        UpperBound Xdivy Xlog1py Xlogy Zeta
        """
    ),
    "types": names(
        """
        Acos AdjustContrastv2 AdjustHue AdjustSaturation AllCandidateSampler Angle ArgMax AvgPool3D
        AvgPool3DGrad BatchToSpace BatchToSpaceND BesselI0 BesselI0e BesselI1 BesselI1e BesselJ0
        BesselJ1 BesselK0 BesselK0e BesselK1 BesselK1e BesselY0 BesselY1 Betainc Bitcast BitwiseAnd
        BitwiseOr BitwiseXor ClipByValue CombinedNonMaxSuppression ComputeAccidentalHits Conv3D
        Conv3DBackpropFilterV2 Conv3DBackpropInputV2 CropAndResize CropAndResizeGradBoxes
        CropAndResizeGradImage Cross CumulativeLogsumexp Dawsn DebugNumericSummary DenseBincount
        DepthToSpace DeserializeManySparse DeserializeSparse Diag DiagPart Digamma
        DrawBoundingBoxes DrawBoundingBoxesV2 EnsureShape Erfinv EuclideanNorm Expint
        ExtractGlimpse ExtractGlimpseV2 ExtractImagePatches FresnelCos FresnelSin GatherV2
        GuaranteeConst HSVToRGB HistogramFixedWidth IdentityN Igamma IgammaGradA Igammac Invert
        LeakyRelu LeakyReluGrad LeftShift LowerBound MatMul MaxPool MaxPool3D MaxPool3DGrad
        MaxPool3DGradGrad MaxPoolGrad MaxPoolGradGradWithArgmax MaxPoolGradWithArgmax
        MaxPoolWithArgmax MulNoNan Ndtri NextAfter NonMaxSuppression NonMaxSuppressionV2
        NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 NonMaxSuppressionWithOverlaps
        ParallelConcat ParallelDynamicStitch Polygamma PopulationCount RGBToHSV RandomGammaGrad
        ResizeArea ResizeBicubic ResizeBicubicGrad ResizeBilinear ResizeBilinearGrad
        ResizeNearestNeighbor ResizeNearestNeighborGrad RightShift Roll SerializeManySparse
        SerializeSparse SpaceToBatch SpaceToBatchND SpaceToDepth Spence TensorScatterAdd
        TensorScatterMax TensorScatterMin TensorScatterSub TensorScatterUpdate TopKV2 TruncateMod
        UnravelIndex UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum
        UpperBound Xdivy Xlog1py Zeta
        """
    ),
}


def crashes(op_type: str, variant: str) -> bool:
    return any(re.fullmatch(o, op_type) and re.match(v, variant) for o, v in CRASHES)


def gradient_crashes(op_type: str, variant: str) -> bool:
    return any(re.fullmatch(o, op_type) and re.match(v, variant) for o, v in GRADIENT_CRASHES)


def is_kept(op_type: str, variant: str, message: str) -> bool:
    return any(d.covers(op_type, variant, message) for d in KEPT)
