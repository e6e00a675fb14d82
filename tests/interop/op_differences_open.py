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
    "shapes": table(
        """
        AdjustHue: sizes
        AdjustSaturation: sizes
        BatchToSpace: plain sizes
        BatchToSpaceND: plain sizes
        Betainc: sizes
        CTCLoss: sizes
        Cholesky: sizes
        CombinedNonMaxSuppression: sizes
        ComputeAccidentalHits: sizes
        Conv3D: plain sizes
        CropAndResize: sizes
        CropAndResizeGradBoxes: sizes
        CropAndResizeGradImage: sizes
        DenseToDenseSetOperation: sizes
        DenseToSparseSetOperation: sizes
        DepthwiseConv2dNative: sizes
        DeserializeManySparse: sizes
        DeserializeSparse: sizes
        Dilation2D: sizes
        DrawBoundingBoxes: sizes
        EditDistance: sizes
        ExtractGlimpse: sizes
        ExtractGlimpseV2: sizes
        ExtractImagePatches: sizes
        FakeQuantWithMinMaxVarsPerChannel: sizes
        Fingerprint: plain sizes
        FusedBatchNorm: sizes
        FusedBatchNormGrad: plain sizes
        FusedBatchNormGradV2: plain sizes
        FusedBatchNormGradV3: plain sizes
        FusedBatchNormV2: sizes
        FusedBatchNormV3: sizes
        HistogramFixedWidth: sizes
        IRFFT: sizes
        IRFFT2D: sizes
        IRFFT3D: sizes
        LogMatrixDeterminant: sizes
        Lu: sizes
        MatrixSolveLs: sizes
        MatrixSquareRoot: sizes
        MatrixTriangularSolve: sizes
        MaxPool3DGradGrad: sizes
        MaxPoolGrad: plain sizes
        MaxPoolGradGrad: plain sizes
        MaxPoolWithArgmax: sizes
        NonMaxSuppression: sizes
        NonMaxSuppressionV2: sizes
        NonMaxSuppressionV3: sizes
        NonMaxSuppressionV4: sizes
        NonMaxSuppressionV5: sizes
        NonMaxSuppressionWithOverlaps: sizes
        ParallelConcat: plain sizes
        RFFT: sizes
        RFFT2D: sizes
        RFFT3D: sizes
        ReduceJoin: plain sizes
        ResizeArea: sizes
        ResizeBicubic: sizes
        ResizeBicubicGrad: sizes
        ResizeBilinear: sizes
        ResizeBilinearGrad: sizes
        ResizeNearestNeighbor: sizes
        ResizeNearestNeighborGrad: sizes
        SpaceToBatch: plain sizes
        SparseAdd: sizes
        SparseFillEmptyRows: plain sizes
        SparseReduceMax: sizes
        SparseReduceSum: sizes
        SparseReorder: plain sizes
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
        SparseSlice: plain sizes
        SparseSoftmax: plain sizes
        SparseSplit: sizes
        SparseToSparseSetOperation: sizes
        TensorScatterMax: sizes
        TensorScatterMin: sizes
        TensorScatterSub: sizes
        TensorScatterUpdate: sizes
        UnsortedSegmentJoin: sizes
        """
    ),
    "gradients": table(
        """
        Bitcast: types
        CTCLoss: sizes types
        CombinedNonMaxSuppression: plain sizes
        Conv3D: sizes
        Conv3DBackpropFilterV2: sizes
        Conv3DBackpropInputV2: sizes
        CropAndResize: sizes types
        CropAndResizeGradBoxes: plain sizes types
        CropAndResizeGradImage: plain sizes types
        DenseBincount: plain sizes types
        DepthwiseConv2dNative: sizes
        DepthwiseConv2dNativeBackpropFilter: sizes
        DepthwiseConv2dNativeBackpropInput: sizes
        Dilation2D: sizes
        Dilation2DBackpropFilter: plain sizes types
        Dilation2DBackpropInput: plain sizes types
        DrawBoundingBoxesV2: plain sizes types
        ExtractGlimpseV2: plain sizes
        ExtractImagePatches: plain sizes types
        FusedBatchNorm: sizes
        FusedBatchNormGrad: sizes
        FusedBatchNormGradV2: sizes types
        FusedBatchNormGradV3: sizes types
        FusedBatchNormV2: sizes
        FusedBatchNormV3: sizes types
        GuaranteeConst: plain sizes types
        IRFFT: sizes
        IgammaGradA: plain sizes types
        Lu: plain sizes types
        MatrixSolveLs: plain sizes types
        MatrixSquareRoot: sizes
        MaxPoolWithArgmax: plain sizes types
        MulNoNan: types
        NonMaxSuppressionV5: plain sizes types
        ParallelConcat: plain types
        Qr: plain sizes types
        RandomGammaGrad: plain sizes types
        ResizeArea: plain sizes types
        ResizeBicubic: types
        ResizeBicubicGrad: plain sizes types
        ResizeBilinear: types
        ResizeBilinearGrad: sizes
        ResizeNearestNeighborGrad: plain sizes types
        SegmentMean: plain sizes types
        SparseAdd: sizes types
        SparseDenseCwiseAdd: plain sizes types
        SparseFillEmptyRowsGrad: plain sizes types
        SparseReduceMax: plain sizes types
        SparseReduceMaxSparse: plain sizes types
        SparseReduceSumSparse: plain sizes types
        SparseSegmentMean: plain sizes types
        SparseSegmentMeanGrad: plain sizes types
        SparseSegmentMeanGradV2: plain sizes types
        SparseSegmentMeanWithNumSegments: sizes
        SparseSegmentSqrtN: plain sizes types
        SparseSegmentSqrtNGrad: plain sizes types
        SparseSegmentSqrtNGradV2: plain sizes types
        SparseSegmentSqrtNWithNumSegments: sizes
        SparseSegmentSum: plain sizes types
        SparseSegmentSumGrad: plain sizes types
        SparseSegmentSumGradV2: plain sizes types
        SparseSegmentSumWithNumSegments: sizes
        SparseSliceGrad: plain sizes types
        SparseSoftmax: sizes
        SparseSparseMaximum: plain sizes types
        SparseSparseMinimum: plain sizes types
        SparseSplit: plain sizes types
        TopKV2: sizes
        Xdivy: types
        """
    ),
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
