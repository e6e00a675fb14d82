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
        AdjustSaturation: sizes
        BatchToSpaceND: sizes
        Cholesky: sizes
        CombinedNonMaxSuppression: sizes
        ComputeAccidentalHits: sizes
        Conv3D: sizes
        Conv3DBackpropFilterV2: sizes
        Conv3DBackpropInputV2: sizes
        CropAndResize: sizes
        CropAndResizeGradBoxes: sizes
        CropAndResizeGradImage: sizes
        DenseToDenseSetOperation: sizes
        DenseToSparseSetOperation: sizes
        DepthwiseConv2dNative: sizes
        DepthwiseConv2dNativeBackpropFilter: sizes
        DepthwiseConv2dNativeBackpropInput: sizes
        DeserializeManySparse: sizes
        DeserializeSparse: sizes
        Dilation2D: sizes
        Dilation2DBackpropInput: sizes
        DrawBoundingBoxes: sizes
        DrawBoundingBoxesV2: sizes
        EditDistance: sizes
        ExtractGlimpse: sizes
        ExtractGlimpseV2: sizes
        ExtractImagePatches: sizes
        Fingerprint: sizes
        FusedBatchNorm: sizes
        FusedBatchNormGrad: sizes
        FusedBatchNormGradV2: sizes
        FusedBatchNormGradV3: sizes
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
        MaxPool3DGrad: sizes
        MaxPool3DGradGrad: sizes
        MaxPoolGrad: sizes
        MaxPoolGradGrad: sizes
        MaxPoolGradWithArgmax: sizes
        MaxPoolWithArgmax: sizes
        NonMaxSuppression: sizes
        NonMaxSuppressionV2: sizes
        NonMaxSuppressionV3: sizes
        NonMaxSuppressionV4: sizes
        NonMaxSuppressionV5: sizes
        NonMaxSuppressionWithOverlaps: sizes
        ParallelConcat: sizes
        RFFT: sizes
        RFFT2D: sizes
        RFFT3D: sizes
        ResizeArea: sizes
        ResizeBicubicGrad: sizes
        ResizeBilinearGrad: sizes
        ResizeNearestNeighborGrad: sizes
        SerializeManySparse: sizes
        SparseAdd: sizes
        SparseAddGrad: sizes
        SparseConcat: sizes
        SparseFillEmptyRows: sizes
        SparseReduceMax: sizes
        SparseReduceMaxSparse: sizes
        SparseReduceSum: sizes
        SparseReduceSumSparse: sizes
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
        SparseSparseMaximum: sizes
        SparseSparseMinimum: sizes
        SparseSplit: sizes
        SparseToSparseSetOperation: sizes
        UnsortedSegmentJoin: sizes
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
LACKING = table("")
