"""What the op sweep found and nobody has mended yet: op types and kinds of variants that differ.

The kinds are those of `op_variants.py`: plain, types, sizes, special. Other kinds of an op type
listed here are held to TensorFlow. `OPSCOPE_SWEEP_FOUND=file pytest tests/interop/test_op_sweep.py`
writes what differs to the file.
"""

from __future__ import annotations

from op_differences import table

OPEN = {
    "values": table(
        """
        AdjustHue: sizes special
        AdjustSaturation: sizes special
        AvgPool3DGrad: sizes
        AvgPoolGrad: sizes
        BatchToSpaceND: sizes
        BesselK0: special
        BesselK0e: special
        BesselK1: special
        BesselK1e: special
        BesselY0: special
        BesselY1: special
        Betainc: sizes special
        CTCBeamSearchDecoder: sizes special types
        CTCGreedyDecoder: sizes special
        CTCLoss: sizes special types
        Cholesky: sizes special
        ClipByValue: sizes special types
        CombinedNonMaxSuppression: sizes
        ComplexAbs: special types
        ComputeAccidentalHits: sizes
        ConjugateTranspose: special types
        Conv3D: sizes special types
        Conv3DBackpropFilterV2: sizes
        Conv3DBackpropInputV2: sizes special types
        CropAndResize: sizes
        CropAndResizeGradBoxes: sizes special
        CropAndResizeGradImage: sizes types
        CumulativeLogsumexp: special
        DenseBincount: sizes
        DenseToDenseSetOperation: sizes
        DenseToSparseSetOperation: sizes
        DepthwiseConv2dNative: sizes special
        DepthwiseConv2dNativeBackpropFilter: sizes special
        DepthwiseConv2dNativeBackpropInput: sizes
        DeserializeManySparse: sizes types
        DeserializeSparse: sizes types
        Digamma: special
        Dilation2D: sizes special
        Dilation2DBackpropFilter: sizes special
        Dilation2DBackpropInput: sizes special
        DrawBoundingBoxes: sizes
        DrawBoundingBoxesV2: sizes
        EditDistance: sizes
        Expint: special
        ExtractGlimpse: sizes
        ExtractGlimpseV2: sizes
        ExtractImagePatches: sizes
        FakeQuantWithMinMaxArgsGradient: sizes
        FakeQuantWithMinMaxVarsGradient: sizes
        FakeQuantWithMinMaxVarsPerChannel: sizes
        FakeQuantWithMinMaxVarsPerChannelGradient: sizes
        Fingerprint: sizes
        FusedBatchNorm: sizes
        FusedBatchNormGrad: sizes
        FusedBatchNormGradV2: sizes special types
        FusedBatchNormGradV3: sizes special types
        FusedBatchNormV2: sizes special types
        FusedBatchNormV3: sizes special types
        HSVToRGB: sizes special types
        HistogramFixedWidth: sizes
        IRFFT: sizes types
        IRFFT2D: sizes types
        IRFFT3D: sizes types
        Igamma: special
        Igammac: special
        Lgamma: special
        LogMatrixDeterminant: sizes special
        LowerBound: special
        Lu: sizes types
        MatrixSolveLs: sizes special
        MatrixSquareRoot: sizes special
        MatrixTriangularSolve: sizes special
        MaxPool3DGrad: sizes
        MaxPool3DGradGrad: sizes
        MaxPoolGrad: sizes special types
        MaxPoolGradGrad: sizes special
        MaxPoolGradWithArgmax: sizes
        MaxPoolWithArgmax: sizes
        MulNoNan: types
        NonMaxSuppression: sizes
        NonMaxSuppressionV2: sizes special
        NonMaxSuppressionV3: sizes special
        NonMaxSuppressionV4: sizes special
        NonMaxSuppressionV5: sizes
        NonMaxSuppressionWithOverlaps: sizes
        ParallelConcat: sizes
        Qr: special
        RFFT: sizes types
        RFFT2D: sizes types
        RFFT3D: sizes types
        RGBToHSV: sizes special
        RandomGammaGrad: special
        ReduceJoin: sizes
        ResizeArea: sizes special
        ResizeBicubic: sizes special
        ResizeBicubicGrad: sizes special types
        ResizeBilinear: sizes
        ResizeBilinearGrad: sizes special types
        ResizeNearestNeighbor: sizes
        ResizeNearestNeighborGrad: sizes special
        SerializeManySparse: sizes types
        SerializeSparse: types
        SetSize: sizes
        SparseAdd: sizes special types
        SparseAddGrad: sizes
        SparseConcat: sizes
        SparseDenseCwiseAdd: sizes
        SparseDenseCwiseDiv: sizes special
        SparseDenseCwiseMul: sizes
        SparseFillEmptyRows: sizes
        SparseReduceMax: sizes special
        SparseReduceMaxSparse: sizes special
        SparseReduceSum: sizes
        SparseReduceSumSparse: sizes
        SparseReorder: sizes
        SparseReshape: sizes
        SparseSegmentMean: sizes
        SparseSegmentMeanGrad: sizes
        SparseSegmentMeanGradV2: sizes
        SparseSegmentMeanWithNumSegments: sizes
        SparseSegmentSqrtN: sizes
        SparseSegmentSqrtNGrad: sizes
        SparseSegmentSqrtNGradV2: sizes
        SparseSegmentSqrtNWithNumSegments: sizes
        SparseSegmentSum: sizes
        SparseSegmentSumGrad: sizes
        SparseSegmentSumGradV2: sizes
        SparseSegmentSumWithNumSegments: sizes
        SparseSlice: sizes
        SparseSliceGrad: sizes
        SparseSoftmax: sizes
        SparseSparseMaximum: sizes
        SparseSparseMinimum: sizes
        SparseSplit: sizes
        SparseTensorDenseAdd: sizes
        SparseToSparseSetOperation: sizes
        TensorScatterMax: sizes
        TensorScatterMin: sizes
        TensorScatterSub: sizes
        TensorScatterUpdate: sizes
        ToBool: special types
        UnravelIndex: sizes
        UnsortedSegmentJoin: sizes
        Xdivy: special types
        """
    ),
    "shapes": table("Conv3D: sizes"),
    "gradients": table(""),
}

# Element types that TensorFlow has a CPU kernel for and opscope has not.
LACKING = table(
    """
    Acos: int16 int32 int64 int8
    ArgMax: int16 uint16
    CropAndResize: bfloat16 uint32 uint64
    CropAndResizeGradBoxes: bfloat16 uint32 uint64
    DenseBincount: bfloat16 complex128 complex64 float16 int16 int8 uint16 uint32 uint64 uint8
    GatherV2: int16
    HistogramFixedWidth: bfloat16 float16 int16 int8 uint16 uint32 uint64 uint8
    LeakyRelu: int16 int32 int64 int8 uint16 uint32 uint64 uint8
    LeakyReluGrad: int16 int32 int64 int8 uint16 uint32 uint64 uint8
    MatMul: int16
    MaxPool: uint32 uint64
    MaxPoolGrad: uint32 uint64
    ResizeArea: uint32 uint64
    ResizeBicubic: uint32 uint64
    ResizeBilinear: uint32 uint64
    ResizeNearestNeighbor: uint32 uint64
    ResizeNearestNeighborGrad: int16 int64 uint16 uint32 uint64
    UnsortedSegmentMax: int16
    UnsortedSegmentMin: int16
    UnsortedSegmentProd: int16
    UnsortedSegmentSum: int16
    """
)
