"""What ops on images do with shapes that do not fit, with axes of size 1, and with no images."""

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.make_op import make_node

F32 = np.float32
POOL = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}
POOL_3D = {"ksize": [1, 1, 2, 2, 1], "strides": [1, 1, 2, 2, 1], "padding": "VALID"}
STEPS = {"strides": [1, 1, 1, 1], "padding": "SAME"}
STEPS_3D = {"strides": [1, 1, 1, 1, 1], "padding": "SAME"}


@pytest.fixture(autouse=True)
def _in_graph(graph):
    """Every test builds in a graph of its own."""


def zeros(*shape):
    return np.zeros(shape, F32)


def fed(op_type, *values, **attrs):
    """The outputs of a node whose inputs have no known shapes."""
    places = [tf.placeholder(tf.as_dtype(np.asarray(v).dtype)) for v in values]
    node = make_node(op_type, *places, **attrs)
    with tf.Session() as session:
        return session.run(list(node.outputs), dict(zip(places, values, strict=True)))


SIZES = np.array([2, 4, 4, 3], np.int32)
NO_FIT = {
    "a filter without elements": ("Conv2D", [zeros(2, 4, 4, 3), zeros(0, 2, 3, 5)], STEPS),
    "a volume filter without elements": (
        "Conv3D", [zeros(2, 4, 4, 4, 3), zeros(2, 2, 2, 3, 0)], STEPS_3D,
    ),
    "grouped channels": ("Conv3D", [zeros(2, 4, 4, 4, 2), zeros(2, 2, 2, 1, 2)], STEPS_3D),
    "a depthwise filter without elements": (
        "DepthwiseConv2dNative", [zeros(2, 4, 4, 3), zeros(2, 0, 3, 1)], STEPS,
    ),
    "depthwise gradient of another batch": (
        "DepthwiseConv2dNativeBackpropInput", [SIZES, zeros(2, 2, 3, 1), zeros(1, 4, 4, 3)], STEPS,
    ),
    "depthwise filters of other channels": (
        "DepthwiseConv2dNativeBackpropFilter",
        [zeros(2, 4, 4, 1), np.array([2, 2, 3, 1], np.int32), zeros(2, 4, 4, 3)],
        STEPS,
    ),
    "gradient of mean pooling": ("AvgPoolGrad", [SIZES, zeros(2, 1, 2, 3)], POOL),
    "gradient of max pooling": (
        "MaxPoolGrad", [zeros(2, 4, 4, 3), zeros(2, 2, 2, 3), zeros(2, 1, 2, 3)], POOL,
    ),
    "outputs of max pooling": (
        "MaxPoolGradGrad", [zeros(2, 4, 4, 3), zeros(2, 2, 1, 3), zeros(2, 4, 4, 3)], POOL,
    ),
    "gradient of volumes": (
        "MaxPool3DGrad",
        [zeros(1, 1, 4, 4, 3), zeros(1, 1, 2, 2, 3), zeros(1, 1, 2, 2, 1)],
        POOL_3D,
    ),
    "places of max pooling": (
        "MaxPoolGradWithArgmax",
        [zeros(2, 4, 4, 3), zeros(2, 2, 2, 3), np.zeros((1, 2, 2, 3), np.int64)],
        {**POOL, "Targmax": "int64"},
    ),
    "no images to pool": ("MaxPoolWithArgmax", [zeros(0, 4, 4, 3)], POOL),
    "scales of other channels": (
        "FusedBatchNormV3", [zeros(2, 4, 4, 3), *[np.ones(1, F32)] * 2, *[zeros(0)] * 2], {},
    ),
    "gradient of a normalization": (
        "FusedBatchNormGrad", [zeros(1, 4, 4, 3), zeros(2, 4, 4, 3), *[np.ones(3, F32)] * 3], {},
    ),
    "boxes of another batch": ("DrawBoundingBoxes", [zeros(2, 4, 4, 3), zeros(1, 2, 4)], {}),
    "a picture of two channels": ("DrawBoundingBoxes", [zeros(1, 4, 4, 2), zeros(1, 2, 4)], {}),
    "offsets of another batch": (
        "ExtractGlimpseV2",
        [zeros(2, 4, 4, 3), np.array([2, 2], np.int32), zeros(1, 2)],
        {"normalized": False},
    ),
    "crops of other boxes": (
        "CropAndResizeGradBoxes",
        [zeros(1, 2, 2, 3), zeros(2, 4, 4, 3), zeros(2, 4), np.zeros(2, np.int32)],
        {},
    ),
    "scores of other boxes": (
        "NonMaxSuppressionWithOverlaps",
        [zeros(3, 3), zeros(2), np.int32(2), F32(0.5), F32(0)],
        {},
    ),
    "no height": (
        "ResizeNearestNeighborGrad", [zeros(1, 2, 2, 1), np.array([0, 2], np.int32)], {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NO_FIT)
def test_shapes_that_do_not_fit_are_refused_when_they_are_fed(case):
    op_type, values, attrs = NO_FIT[case]
    with pytest.raises(tf.errors.InvalidArgumentError):
        fed(op_type, *values, **attrs)


@pytest.mark.parametrize("op_type", ["MaxPool", "MaxPoolWithArgmax"])
def test_max_pooling_of_no_channels_is_refused_in_the_graph(op_type):
    with pytest.raises(ValueError, match="Negative dimension size"):
        make_node(op_type, tf.placeholder(tf.float32, [1, 4, 4, 0]), **POOL)


def test_one_row_with_aligned_corners_is_repeated():
    row = np.arange(6, dtype=F32).reshape(1, 1, 6, 1)
    found = fed("ResizeArea", row, np.array([2, 3], np.int32), align_corners=True)[0]
    np.testing.assert_allclose(found[0, :, :, 0], [[0.8, 3.2, 5]] * 2, rtol=1e-6)


def test_the_statistics_of_no_images_are_not_numbers():
    numbers = [np.ones(3, F32)] * 4
    y, mean, variance, *_ = fed("FusedBatchNorm", zeros(0, 4, 4, 3), *numbers, is_training=False)
    assert y.shape == (0, 4, 4, 3)
    assert np.isnan(mean).all()
    assert np.isnan(variance).all()


def test_a_glimpse_from_the_corner_is_not_moved_by_half_its_size():
    picture = np.arange(16, dtype=F32).reshape(1, 4, 4, 1)
    found = fed(
        "ExtractGlimpseV2", picture, np.array([2, 2], np.int32), np.array([[0.5, 0.25]], F32),
        centered=False, uniform_noise=False, noise="zero",
    )[0]  # fmt: skip
    np.testing.assert_array_equal(found[0, :, :, 0], [[9, 10], [13, 14]])


def test_boxes_on_a_grey_picture_have_the_colours_given():
    whole, grey = np.array([[[0, 0, 1, 1]]], F32), np.array([[0.25]], F32)
    found = fed("DrawBoundingBoxesV2", zeros(1, 2, 2, 1), whole, grey)[0]
    assert (found == 0.25).all()


def test_no_boxes_have_a_gradient_without_rows():
    none = [zeros(0, 4), np.zeros(0, np.int32)]
    by_boxes = fed("CropAndResizeGradBoxes", zeros(0, 2, 2, 3), zeros(2, 4, 4, 3), *none)[0]
    assert by_boxes.shape == (0, 4)
    sizes = np.array([2, 4, 4, 3], np.int32)
    by_image = fed("CropAndResizeGradImage", zeros(0, 2, 2, 3), *none, sizes, T=tf.float32)[0]
    np.testing.assert_array_equal(by_image, zeros(2, 4, 4, 3))


def test_patches_of_no_images_have_an_empty_gradient():
    images = tf.placeholder(tf.float32, [None, 4, 4, 1])
    patches = tf.image.extract_image_patches(
        images, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"
    )
    (grad,) = tf.gradients(patches, images)
    with tf.Session() as session:
        assert session.run(grad, {images: zeros(0, 4, 4, 1)}).shape == (0, 4, 4, 1)
