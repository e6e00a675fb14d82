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
    "shapes": table("Conv3D: sizes"),
    "gradients": table(""),
}

# Element types that TensorFlow has a CPU kernel for and opscope has not.
LACKING = table("")
