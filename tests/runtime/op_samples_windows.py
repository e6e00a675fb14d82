"""Samples of convolutions and pooling of volumes, and of pooling that names its places."""

from __future__ import annotations

import numpy as np
from op_samples import apart, floats, ints, sample

for steps, padding in (([1, 1, 1, 1, 1], "VALID"), ([1, 2, 1, 2, 1], "SAME")):
    volumes, filters = floats(2, 3, 4, 5, 2), floats(2, 3, 2, 2, 3)
    sample("Conv3D", volumes, filters, strides=steps, padding=padding, smooth=[0, 1])
    sizes = (2, 2, 4, 3, 3) if padding == "SAME" else (2, 2, 2, 4, 3)
    attrs = {"strides": steps, "padding": padding}
    grads = floats(*sizes)
    sample(
        "Conv3DBackpropInputV2", ints(2, 3, 4, 5, 2), filters, grads, fixed=[0], smooth=[1, 2],
        **attrs,
    )  # fmt: skip
    sample(
        "Conv3DBackpropFilterV2", volumes, ints(2, 3, 2, 2, 3), grads, fixed=[1], smooth=[0, 2],
        **attrs,
    )  # fmt: skip
sample(
    "Conv3D", floats(1, 4, 5, 4, 2), floats(2, 2, 2, 2, 1), strides=[1] * 5, padding="VALID",
    dilations=[1, 2, 1, 2, 1],
)  # fmt: skip
sample(
    "Conv3D", floats(1, 2, 3, 3, 3), floats(2, 1, 2, 2, 2), strides=[1] * 5, padding="SAME",
    data_format="NCDHW",
)  # fmt: skip
sample(
    "Conv3DBackpropInputV2", np.array([1, 2, 3, 3, 3]), floats(2, 1, 2, 2, 2),
    floats(1, 2, 3, 3, 3), strides=[1] * 5, padding="SAME", data_format="NCDHW", fixed=[0],
)  # fmt: skip

VOLUME_POOLS = [
    {"ksize": [1, 2, 2, 2, 1], "strides": [1, 2, 2, 2, 1], "padding": "SAME"},
    {"ksize": [1, 2, 1, 3, 1], "strides": [1, 1, 2, 1, 1], "padding": "VALID"},
]
for attrs in VOLUME_POOLS:
    volumes = apart(2, 3, 3, 4, 2)
    sample("MaxPool3D", volumes, smooth=[0], **attrs)
    sample("AvgPool3D", volumes, smooth=[0], **attrs)
    grads = floats(2, 2, 2, 2, 2)
    sample("AvgPool3DGrad", ints(2, 3, 3, 4, 2), grads, fixed=[0], smooth=[1], **attrs)
small = {"ksize": [1, 2, 2, 2, 1], "strides": [1, 2, 2, 2, 1], "padding": "VALID"}
volumes = apart(1, 2, 4, 2, 2)
tops = volumes.reshape(2, 2, 2, 2, 2).max(axis=(0, 2, 3)).reshape(1, 1, 2, 1, 2)
sample("MaxPool3DGrad", volumes, tops, floats(1, 1, 2, 1, 2), smooth=[2], **small)
sample("MaxPool3DGradGrad", volumes, tops, floats(1, 2, 4, 2, 2), **small)
sample("MaxPool3D", apart(1, 2, 2, 3, 4), ksize=[1, 1, 2, 1, 2], strides=[1, 1, 1, 1, 2],
       padding="SAME", data_format="NCDHW")  # fmt: skip

for padding, whole in (("SAME", False), ("VALID", True)):
    attrs = {
        "ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": padding,
        "include_batch_in_index": whole,
    }  # fmt: skip
    images = apart(2, 4, 5, 2)
    sample("MaxPoolWithArgmax", images, smooth=[0], **attrs)
    width = 3 if padding == "SAME" else 2
    places = np.arange(2 * 2 * width * 2).reshape(2, 2, width, 2)
    sample("MaxPoolGradWithArgmax", images, floats(2, 2, width, 2), places, **attrs)
    sample("MaxPoolGradGradWithArgmax", images, floats(2, 4, 5, 2), places, **attrs)
sample("MaxPoolWithArgmax", ints(3, 1, 3, 2).reshape(1, 2, 2, 1), ksize=[1, 2, 2, 1],
       strides=[1, 1, 1, 1], padding="SAME", Targmax="int32")  # fmt: skip
sample("MaxPool", apart(1, 4, 5, 2), ksize=[1, 2, 3, 1], strides=[1, 1, 2, 1], padding="EXPLICIT",
       explicit_paddings=[0, 0, 1, 0, 1, 1, 0, 0])  # fmt: skip
