"""Samples of the op types of tf.image."""

from __future__ import annotations

import numpy as np
from op_samples import floats, ints, positive, sample

F32 = np.float32


def pixels(*shape: int, dtype: str = "uint8") -> np.ndarray:
    return np.random.default_rng(7).integers(0, 200, shape).astype(dtype)


def image(*shape: int) -> np.ndarray:
    return np.random.default_rng(9).uniform(0.02, 0.98, shape).astype(F32)


def shuffled(*shape: int) -> np.ndarray:
    count = int(np.prod(shape))
    values = np.random.default_rng(9).permutation(count)
    return ((values + 1) / (count + 2)).reshape(shape).astype(F32)


for name in ("ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor"):
    for corners in ({}, {"align_corners": True}, {"half_pixel_centers": True}):
        sample(name, floats(2, 3, 4, 2), ints(5, 6), fixed=[1], smooth=[0], **corners)
        sample(name, floats(1, 5, 6, 1), ints(2, 3), fixed=[1], smooth=[0], **corners)
        sample(name, pixels(1, 4, 4, 3), ints(7, 1), fixed=[1], **corners)
    sample(name, floats(1, 3, 4, 2), ints(3, 4), fixed=[1], smooth=[0])
    sample(name, pixels(1, 3, 3, 1, dtype="int32"), ints(5, 5), fixed=[1])
    sample(name, floats(1, 3, 3, 1).astype(np.float16), ints(5, 5), fixed=[1])
for corners in ({}, {"align_corners": True}):
    sample("ResizeArea", floats(2, 4, 6, 2), ints(2, 3), fixed=[1], **corners)
    sample("ResizeArea", floats(1, 5, 7, 1), ints(3, 4), fixed=[1], **corners)
    sample("ResizeArea", pixels(1, 3, 3, 3), ints(5, 7), fixed=[1], **corners)
for name in ("ResizeBilinearGrad", "ResizeBicubicGrad"):
    sample(name, floats(2, 5, 6, 1), floats(2, 3, 4, 1))
    sample(name, floats(1, 2, 3, 1), floats(1, 5, 5, 1), half_pixel_centers=True)
    sample(name, floats(1, 2, 3, 1), floats(1, 5, 5, 1).astype(np.float64), align_corners=True)
sample("ResizeNearestNeighborGrad", floats(2, 5, 6, 1), ints(3, 4), fixed=[1])
sample("ResizeNearestNeighborGrad", pixels(1, 4, 4, 1, dtype="int32"), ints(3, 2), fixed=[1])

sample("RGBToHSV", shuffled(2, 3, 3), smooth=[0])
sample("RGBToHSV", np.array([[0, 0, 0], [1, 1, 1], [1, 0, 1], [0.5, 0.2, 0.5]], F32))
sample("RGBToHSV", image(4, 3).astype(np.float64))
sample("HSVToRGB", image(2, 3, 3))
sample("HSVToRGB", image(2, 3).astype(np.float64))
sample("AdjustContrastv2", image(2, 4, 4, 3), F32(1.5))
sample("AdjustContrastv2", image(4, 4, 3), F32(0.25))
for delta in (0.3, -0.7):
    sample("AdjustHue", image(2, 3, 3), F32(delta))
for scale in (0.4, 2.0):
    sample("AdjustSaturation", image(2, 3, 3), F32(scale))

BOXES = np.array(
    [[0.1, 0.2, 0.8, 0.9], [0.7, 0.1, 0.2, 0.6], [-0.3, 0.1, 1.4, 1.1], [0.5, 0.5, 0.6, 0.6]], F32
)
for method in ("bilinear", "nearest"):
    for size in ((3, 4), (1, 1)):
        sample(
            "CropAndResize", floats(2, 5, 6, 2), BOXES, ints(0, 1, 1, 0), ints(*size),
            fixed=[3], method=method, extrapolation_value=0.5,
        )  # fmt: skip
    sample(
        "CropAndResizeGradImage", floats(4, 3, 2, 1), BOXES, ints(0, 1, 1, 0), ints(2, 5, 6, 1),
        fixed=[3], T="float32", method=method,
    )  # fmt: skip
sample("CropAndResize", pixels(2, 5, 6, 1), BOXES, ints(0, 1, 1, 0), ints(3, 2), fixed=[3])
# No pixel of a crop lies on one of the image, where the gradient has a step.
BETWEEN = np.array([[0.13, 0.23, 0.83, 0.91], [0.72, 0.13, 0.21, 0.64]], F32)
sample(
    "CropAndResize", floats(2, 5, 6, 2), BETWEEN, ints(1, 0), ints(3, 4),
    fixed=[3], smooth=[0, 1],
)  # fmt: skip
sample("CropAndResizeGradBoxes", floats(4, 3, 2, 1), floats(2, 5, 6, 1), BOXES, ints(0, 1, 1, 0))
sample("CropAndResizeGradBoxes", floats(4, 1, 1, 1), floats(2, 5, 6, 1), BOXES, ints(0, 1, 1, 0))

CORNERS = np.array(
    [
        [0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9],
        [0, 10, 1, 11], [0, 10.1, 1, 11.1], [0, 100, 1, 101],
    ],
    F32,
)  # fmt: skip
SCORES = np.array([0.9, 0.75, 0.6, 0.95, 0.5, 0.3], F32)
I3, HALF, LEAST = np.int32(3), F32(0.5), F32(0.4)
sample("NonMaxSuppression", CORNERS, SCORES, I3, fixed=[2])
sample("NonMaxSuppressionV2", CORNERS, SCORES, np.int32(30), HALF, fixed=[2])
sample("NonMaxSuppressionV3", CORNERS, SCORES, I3, HALF, LEAST, fixed=[2])
sample("NonMaxSuppressionV3", CORNERS[:, [2, 3, 0, 1]], SCORES[::-1], I3, F32(0.9), LEAST)
for pads in (False, True):
    sample(
        "NonMaxSuppressionV4", CORNERS, SCORES, np.int32(5), HALF, LEAST,
        fixed=[2], pad_to_max_output_size=pads,
    )  # fmt: skip
    for sigma in (0, 0.5):
        sample(
            "NonMaxSuppressionV5", CORNERS, SCORES, np.int32(6), HALF, F32(0.1), F32(sigma),
            fixed=[2], pad_to_max_output_size=pads,
        )  # fmt: skip
sample("NonMaxSuppressionWithOverlaps", positive(4, 4) / 3, floats(4), I3, HALF, F32(-1), fixed=[2])
for pads, clips in ((False, True), (True, False)):
    for kinds in (1, 2):
        sample(
            "CombinedNonMaxSuppression",
            np.repeat(CORNERS[None, :, None], kinds, 2),
            np.stack([SCORES, SCORES[::-1] * F32(0.9)], 1)[None],
            I3, np.int32(5), HALF, F32(0.2),
            fixed=[2, 3], pad_per_class=pads, clip_boxes=clips,
        )  # fmt: skip

OUTLINES = np.array(
    [[[0.1, 0.2, 0.8, 0.9], [-0.5, 0.3, 0.4, 1.5], [0.5, 0.5, 0.4, 0.4], [2, 2, 3, 3]]], F32
)
for depth in (1, 3, 4):
    sample("DrawBoundingBoxes", image(1, 6, 7, depth), OUTLINES)
sample("DrawBoundingBoxesV2", image(1, 6, 7, 3), OUTLINES, image(2, 3))

for padding in ("SAME", "VALID"):
    windows = {"ksizes": (1, 2, 3, 1), "strides": (1, 2, 1, 1), "rates": (1, 1, 1, 1)}
    sample("ExtractImagePatches", floats(2, 5, 6, 2), smooth=[0], padding=padding, **windows)
    windows["rates"] = (1, 2, 1, 1)
    sample("ExtractImagePatches", pixels(1, 5, 6, 1), padding=padding, **windows)
OFFSETS = np.array([[0.3, -0.4], [-1.2, 0.9]], F32)
WITHIN = np.array([[0.1, 0.35], [0.4, 0.05]], F32)
for centered, normalized in ((True, True), (True, False), (False, True), (False, False)):
    for version in ("ExtractGlimpse", "ExtractGlimpseV2"):
        sample(
            version, floats(2, 6, 7, 1), ints(3, 2), OFFSETS if normalized else OFFSETS * 3,
            fixed=[1], centered=centered, normalized=normalized,
            uniform_noise=False, noise="zero",
        )  # fmt: skip
        sample(
            version, floats(2, 6, 7, 1), ints(3, 2), WITHIN if normalized else WITHIN * 8,
            fixed=[1], centered=centered, normalized=normalized,
            uniform_noise=False, noise="zero",
        )  # fmt: skip

sample("ClipByValue", floats(2, 3), F32(-0.7), F32(0.9), smooth=[0, 1, 2])
sample("ClipByValue", floats(2, 3), np.full((2, 3), -0.7, F32), F32(0.9), smooth=[0, 1, 2])
sample("ClipByValue", ints(-9, 3, 12), np.int32(0), np.int32(5))
