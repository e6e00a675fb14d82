"""tf.image in opscope and in TensorFlow: the same values, static shapes and nodes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")

pytestmark = pytest.mark.interop

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 255, (1, 8, 10, 3)).astype(np.uint8)
WORDS = RNG.integers(0, 60000, (8, 10, 3)).astype(np.uint16)
FLOATS = RNG.random((2, 8, 10, 3)).astype(np.float32)
ONE = FLOATS[0]
BOX = np.float32([[[0.1, 0.1, 0.7, 0.8]]] * 2)
# What is drawn by lot is multiplied by zero: the draws are not TensorFlow's, the nodes are.
CASES = {
    "resize": lambda tf: tf.image.resize_images(FLOATS, [4, 5]),
    "resize same": lambda tf: tf.image.resize_images(ONE, [8, 10]),
    "resize one nn": lambda tf: tf.image.resize_images(
        BYTES[0], [4, 5], method=tf.image.ResizeMethod.NEAREST_NEIGHBOR, align_corners=True
    ),
    "resize ratio": lambda tf: tf.image.resize_images(FLOATS, [4, 9], preserve_aspect_ratio=True),
    "resize bic": lambda tf: tf.image.resize_images(BYTES, [4, 5], tf.image.ResizeMethod.BICUBIC),
    "resize area": lambda tf: tf.image.resize_images(
        BYTES, tf.constant([4, 5]), tf.image.ResizeMethod.AREA
    ),
    "cropad": lambda tf: tf.image.resize_image_with_crop_or_pad(FLOATS, 4, 13),
    "cropad1": lambda tf: tf.image.resize_image_with_crop_or_pad(BYTES[0], 12, 4),
    "cropad dyn": lambda tf: tf.image.resize_image_with_crop_or_pad(
        tf.placeholder_with_default(ONE, [None, None, 3]), 12, 4
    ),
    "pad": lambda tf: tf.image.resize_image_with_pad(ONE, 12, 7),
    "crop": lambda tf: tf.image.crop_to_bounding_box(ONE, 1, 2, 3, 4),
    "crop dyn": lambda tf: tf.image.crop_to_bounding_box(
        tf.placeholder_with_default(ONE, [None, None, None]), 1, tf.constant(2), 3, 4
    ),
    "crop unk": lambda tf: tf.image.crop_to_bounding_box(
        tf.placeholder_with_default(ONE, None), 1, 2, 3, 4
    ),
    "padbb": lambda tf: tf.image.pad_to_bounding_box(ONE, 1, 2, 13, 14),
    "central": lambda tf: tf.image.central_crop(FLOATS, 0.5),
    "central1": lambda tf: tf.image.central_crop(ONE, 0.6),
    "central dyn": lambda tf: tf.image.central_crop(
        tf.placeholder_with_default(ONE, [None, None, 3]), 0.6
    ),
    "flr": lambda tf: tf.image.flip_left_right(ONE),
    "fud": lambda tf: tf.image.flip_up_down(FLOATS),
    "fud unk": lambda tf: tf.image.flip_up_down(tf.placeholder_with_default(FLOATS, None)),
    "rflr": lambda tf: tf.identity(tf.image.random_flip_left_right(ONE, seed=3)) * 0,
    "rfud4": lambda tf: tf.image.random_flip_up_down(FLOATS, seed=3) * 0,
    "rot": lambda tf: tf.image.rot90(ONE),
    "rot3": lambda tf: tf.image.rot90(FLOATS, 3),
    "trans": lambda tf: tf.image.transpose_image(ONE),
    "trans4": lambda tf: tf.image.transpose_image(FLOATS, name="t"),
    "bri": lambda tf: tf.image.adjust_brightness(BYTES, 0.3),
    "brif": lambda tf: tf.image.adjust_brightness(ONE, 0.3),
    "con": lambda tf: tf.image.adjust_contrast(BYTES, 1.7),
    "conf": lambda tf: tf.image.adjust_contrast(FLOATS, 0.7),
    "gam": lambda tf: tf.image.adjust_gamma(BYTES, 2, 0.9),
    "gamf": lambda tf: tf.image.adjust_gamma(FLOATS, 0.5),
    "hue": lambda tf: tf.image.adjust_hue(BYTES, 0.3),
    "sat": lambda tf: tf.image.adjust_saturation(FLOATS, 0.3),
    "std": lambda tf: tf.image.per_image_standardization(BYTES),
    "std1": lambda tf: tf.image.per_image_standardization(ONE),
    "cid1": lambda tf: tf.image.convert_image_dtype(BYTES, tf.float32),
    "cid2": lambda tf: tf.image.convert_image_dtype(FLOATS, tf.uint8),
    "cid3": lambda tf: tf.image.convert_image_dtype(FLOATS * 1.5, tf.uint8, saturate=True),
    "cid4": lambda tf: tf.image.convert_image_dtype(WORDS, tf.uint8),
    "cid5": lambda tf: tf.image.convert_image_dtype(BYTES, tf.uint16, saturate=True),
    "cid6": lambda tf: tf.image.convert_image_dtype(FLOATS, tf.float64),
    "cid7": lambda tf: tf.image.convert_image_dtype(FLOATS, tf.int32, saturate=True),
    "cid8": lambda tf: tf.image.convert_image_dtype(FLOATS, tf.float32),
    "gray": lambda tf: tf.image.rgb_to_grayscale(BYTES),
    "grayf": lambda tf: tf.image.rgb_to_grayscale(FLOATS),
    "gray2d": lambda tf: tf.image.grayscale_to_rgb(
        tf.placeholder_with_default(FLOATS[..., :1], [None, None, None, 1])
    ),
    "hsv": lambda tf: tf.image.hsv_to_rgb(tf.image.rgb_to_hsv(FLOATS)),
    "yiq": lambda tf: tf.image.yiq_to_rgb(tf.image.rgb_to_yiq(FLOATS)),
    "yuv": lambda tf: tf.image.yuv_to_rgb(tf.image.rgb_to_yuv(FLOATS)),
    "car": lambda tf: tf.image.crop_and_resize(FLOATS, [[0.0, 0.0, 0.5, 0.5]], [1], [3, 3]),
    "car2": lambda tf: tf.image.crop_and_resize(
        BYTES, [[0.0, 0.0, 0.5, 0.5]], box_indices=[0], crop_size=[3, 3], method="nearest"
    ),
    "nms": lambda tf: tf.image.non_max_suppression(
        [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.9, 1.0]], [0.3, 0.7], 2
    ),
    "nmss": lambda tf: tf.image.non_max_suppression_with_scores(
        [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.9, 1.0]], [0.3, 0.7], 2, soft_nms_sigma=0.5
    ),
    "nmso": lambda tf: tf.image.non_max_suppression_overlaps(
        [[0.0, 1.0], [1.0, 0.0]], [0.3, 0.7], 2
    ),
    "cnms": lambda tf: tf.image.combined_non_max_suppression(
        np.float32([[[[0.0, 0.0, 1.0, 1.0]], [[0.0, 0.0, 0.9, 1.0]]]]),
        np.float32([[[0.3], [0.7]]]),
        2,
        2,
    ),
    "draw": lambda tf: tf.image.draw_bounding_boxes(FLOATS, BOX),
    "drawc": lambda tf: tf.image.draw_bounding_boxes(FLOATS, BOX, colors=np.float32([[1, 0, 0]])),
    "samp": lambda tf: tf.image.sample_distorted_bounding_box(
        [8, 10, 3],
        np.float32([[[0, 0, 1, 1]]]),
        seed=3,
        seed2=4,
        area_range=(1.0, 1.0),
        aspect_ratio_range=(1.25, 1.25),
    )[1],
    "glimpse": lambda tf: tf.image.extract_glimpse(FLOATS, [3, 3], np.float32([[0, 0]] * 2)),
    "patches": lambda tf: tf.image.extract_image_patches(
        FLOATS, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"
    ),
    "patchesn": lambda tf: tf.image.extract_patches(
        FLOATS, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "SAME"
    ),
    "tv": lambda tf: tf.image.total_variation(tf.constant(FLOATS)),
    "tv3": lambda tf: tf.image.total_variation(tf.constant(ONE)),
    "psnr": lambda tf: tf.image.psnr(tf.constant(FLOATS), tf.constant(FLOATS * 0.9), 1.0),
    "psnr8": lambda tf: tf.image.psnr(tf.constant(BYTES), tf.constant(BYTES // 2), 255),
    "ssim": lambda tf: tf.image.ssim(
        tf.constant(FLOATS), tf.constant(FLOATS * 0.9), 1.0, filter_size=5
    ),
    "msssim": lambda tf: tf.image.ssim_multiscale(
        tf.constant(FLOATS), tf.constant(FLOATS * 0.9), 1.0, power_factors=(0.4, 0.6), filter_size=3
    ),
    "sobel": lambda tf: tf.image.sobel_edges(tf.constant(FLOATS)),
    "grads": lambda tf: tf.image.image_gradients(tf.constant(FLOATS)),
    "isjpeg": lambda tf: tf.image.is_jpeg(b"\xff\xd8\xffabc"),
    "png": lambda tf: tf.image.decode_image(tf.image.encode_png(BYTES[0])),
    "pngf": lambda tf: tf.image.decode_image(tf.image.encode_png(BYTES[0]), dtype=tf.float32),
    "png16": lambda tf: tf.image.decode_image(
        tf.image.encode_png(BYTES[0]), dtype=tf.uint16, expand_animations=False
    ),
    "pngi": lambda tf: tf.image.decode_image(tf.image.encode_png(BYTES[0]), dtype=tf.int32),
    "jpegshape": lambda tf: tf.image.extract_jpeg_shape(tf.image.encode_jpeg(BYTES[0])),
    "rb": lambda tf: tf.image.random_brightness(ONE, 0.3, seed=1) * 0,
    "rc": lambda tf: tf.image.random_contrast(ONE, 0.3, 0.5, seed=1) * 0,
    "rh": lambda tf: tf.image.random_hue(ONE, 0.3, seed=1) * 0,
    "rs": lambda tf: tf.image.random_saturation(ONE, 0.3, 0.6, seed=1) * 0,
    "rjq": lambda tf: tf.cast(tf.image.random_jpeg_quality(BYTES[0], 50, 70, seed=1), tf.int32) * 0,
    "rcrop": lambda tf: tf.image.random_crop(ONE, [3, 3, 3], seed=1) * 0,
    "satcast": lambda tf: tf.saturate_cast(np.float32([-5, 300, 7e9]), tf.uint8),
}
# TensorFlow infers the shape of what a similarity smooths, and writes it as a constant.
OTHER_NODES = {"ssim", "msssim"}


@pytest.fixture(scope="module", autouse=True)
def _as_in_version_1() -> None:
    theirs.disable_v2_behavior()
    theirs.disable_resource_variables()


def nodes(graph: Any) -> list[tuple[Any, ...]]:
    found = []
    for node in graph.as_graph_def().node:
        attrs = {
            k: v.SerializeToString(deterministic=True)
            for k, v in node.attr.items()
            if v.WhichOneof("value") != "tensor" and not k.startswith("_")
        }
        found.append((node.name, node.op, tuple(node.input), attrs))
    return sorted(found, key=lambda n: n[0])


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("name", CASES)
def test_same_pictures(name: str) -> None:
    results = []
    for tf in (ours, theirs):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            tf.set_random_seed(1)
            tensors = listed(CASES[name](tf))
            shapes = [t.shape.as_list() if t.shape.ndims is not None else None for t in tensors]
            results.append((nodes(graph), shapes, session.run(tensors)))
    mine, reference = results
    if name not in OTHER_NODES:
        assert mine[0] == reference[0]
        assert mine[1] == reference[1]
    for a, b in zip(mine[2], reference[2], strict=True):
        found, wanted = np.asarray(a), np.asarray(b)
        assert found.dtype == wanted.dtype
        assert found.shape == wanted.shape
        if wanted.dtype.kind == "f":
            np.testing.assert_allclose(found, wanted, 1e-5, 1e-5)
        else:
            np.testing.assert_array_equal(found, wanted)
