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
        CombinedNonMaxSuppression: sizes
        Conv3D: sizes
        Conv3DBackpropFilterV2: sizes
        Conv3DBackpropInputV2: sizes
        CropAndResizeGradBoxes: sizes
        CropAndResizeGradImage: sizes
        DepthwiseConv2dNative: sizes
        DepthwiseConv2dNativeBackpropFilter: sizes
        Dilation2DBackpropInput: sizes
        DrawBoundingBoxes: sizes
        DrawBoundingBoxesV2: sizes
        ExtractGlimpseV2: sizes
        FusedBatchNorm: sizes
        FusedBatchNormGrad: sizes
        FusedBatchNormGradV2: sizes
        FusedBatchNormGradV3: sizes
        FusedBatchNormV2: sizes
        FusedBatchNormV3: sizes
        IRFFT: sizes
        IRFFT2D: sizes
        IRFFT3D: sizes
        MaxPool3DGrad: sizes
        MaxPool3DGradGrad: sizes
        MaxPoolGrad: sizes
        MaxPoolGradGrad: sizes
        MaxPoolGradWithArgmax: sizes
        MaxPoolWithArgmax: sizes
        NonMaxSuppressionWithOverlaps: sizes
        RFFT: sizes
        RFFT2D: sizes
        RFFT3D: sizes
        ResizeArea: sizes
        ResizeBicubicGrad: sizes
        ResizeBilinearGrad: sizes
        ResizeNearestNeighborGrad: sizes
        """
    ),
    "shapes": table("Conv3D: sizes"),
    "gradients": table("CropAndResize: sizes"),
}

# Element types that TensorFlow has a CPU kernel for and opscope has not.
LACKING = table("")
