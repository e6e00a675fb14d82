"""Pictures read from PNG strings, cropped, flipped, resized, recoloured and batched."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    rng = np.random.default_rng(3)
    pictures = tf.placeholder(tf.uint8, [None, None, 3])
    png = tf.image.encode_png(pictures)
    texts = tf.placeholder(tf.string, [None])

    def prepared(text: Any, label: Any) -> Any:
        image = tf.image.decode_png(text, channels=3)
        image = tf.image.convert_image_dtype(image, tf.float32)
        image = tf.image.resize_image_with_crop_or_pad(image, 10, 12)
        image = tf.image.flip_left_right(image)
        image = tf.image.resize_images(image, [6, 6], align_corners=True)
        image = tf.image.adjust_brightness(image, 0.1)
        image = tf.image.adjust_saturation(image, 0.5)
        return tf.image.per_image_standardization(image), tf.one_hot(label, 3)

    data = tf.data.Dataset.from_tensor_slices((texts, [0, 1, 2])).map(prepared).batch(2)
    iterator = data.make_initializable_iterator()
    images, labels = iterator.get_next()
    gray = tf.image.rgb_to_grayscale(images)
    weight = tf.get_variable("weight", [], initializer=tf.constant_initializer(0.5))
    shrunk = tf.image.resize_bilinear(images * weight, [3, 3])
    slope = tf.gradients(tf.reduce_sum(tf.square(shrunk)), weight)[0]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        raw = [
            sess.run(png, {pictures: rng.integers(0, 255, (h, w, 3)).astype(np.uint8)})
            for h, w in ((8, 20), (15, 9), (10, 12))
        ]
        sess.run(iterator.initializer, {texts: raw})
        return [sess.run([images, labels, gray, slope]) for _ in range(2)]
