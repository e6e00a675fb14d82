"""Records of images through queues into two towers that share variables; averaged gradients."""

import os
import tempfile
from typing import Any

import numpy as np

SIDE, CLASSES, BATCH = 6, 3, 4


def write_records(folder: str) -> list[str]:
    """Two files of records: a byte of the label, then the channels of the image."""
    rng = np.random.default_rng(3)
    paths = []
    for number in range(2):
        labels = rng.integers(0, CLASSES, (8, 1))
        images = rng.integers(0, 256, (8, 3 * SIDE * SIDE))
        path = os.path.join(folder, f"batch_{number}.bin")
        np.concatenate([labels, images], 1).astype(np.uint8).tofile(path)
        paths.append(path)
    return paths


def inputs(tf: Any, paths: list[str]) -> Any:
    with tf.name_scope("input"):
        names = tf.train.string_input_producer(paths, shuffle=False)
        reader = tf.FixedLengthRecordReader(record_bytes=1 + 3 * SIDE * SIDE)
        _, value = reader.read(names)
        record = tf.decode_raw(value, tf.uint8)
        label = tf.cast(tf.strided_slice(record, [0], [1]), tf.int32)
        planes = tf.reshape(tf.strided_slice(record, [1], [1 + 3 * SIDE * SIDE]), [3, SIDE, SIDE])
        image = tf.cast(tf.transpose(planes, [1, 2, 0]), tf.float32)
        image = tf.image.per_image_standardization(
            tf.image.resize_image_with_crop_or_pad(image, 5, 5)
        )
        label.set_shape([1])
        image.set_shape([5, 5, 3])
        images, labels = tf.train.batch([image, label], batch_size=BATCH, num_threads=1)
        return images, tf.reshape(labels, [BATCH])


def variable(tf: Any, name: str, shape: list[int], decay: float | None, seed: int) -> Any:
    start = np.random.default_rng(seed).normal(0, 0.2, shape).astype(np.float32)
    with tf.device("/cpu:0"):
        made = tf.get_variable(name, initializer=start)
    if decay is not None:
        tf.add_to_collection("losses", tf.multiply(tf.nn.l2_loss(made), decay, name="weight_loss"))
    return made


def logits_of(tf: Any, images: Any) -> Any:
    with tf.variable_scope("conv1") as scope:
        kernel = variable(tf, "weights", [3, 3, 3, 4], None, 1)
        biases = variable(tf, "biases", [4], None, 2)
        conv = tf.nn.conv2d(images, kernel, [1, 1, 1, 1], padding="SAME")
        conv1 = tf.nn.relu(tf.nn.bias_add(conv, biases), name=scope.name)
    pool1 = tf.nn.max_pool(conv1, [1, 3, 3, 1], [1, 2, 2, 1], padding="SAME", name="pool1")
    norm1 = tf.nn.lrn(pool1, 2, bias=1.0, alpha=0.001 / 9.0, beta=0.75, name="norm1")
    with tf.variable_scope("local2") as scope:
        flat = tf.reshape(norm1, [BATCH, -1])
        weights = variable(tf, "weights", [flat.get_shape()[1].value, 8], 0.004, 3)
        local = tf.nn.relu(tf.matmul(flat, weights) + variable(tf, "biases", [8], None, 4))
    with tf.variable_scope("softmax_linear"):
        weights = variable(tf, "weights", [8, CLASSES], 0.0, 5)
        return tf.add(tf.matmul(local, weights), variable(tf, "biases", [CLASSES], None, 6))


def tower_loss(tf: Any, scope: str, images: Any, labels: Any) -> Any:
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=labels, logits=logits_of(tf, images), name="per_example"
    )
    tf.add_to_collection("losses", tf.reduce_mean(losses, name="cross_entropy"))
    return tf.add_n(tf.get_collection("losses", scope), name="total_loss")


def average_gradients(tf: Any, towers: Any) -> Any:
    averaged = []
    for pairs in zip(*towers, strict=True):
        grads = [tf.expand_dims(g, 0) for g, _ in pairs]
        averaged.append((tf.reduce_mean(tf.concat(axis=0, values=grads), 0), pairs[0][1]))
    return averaged


def main(tf: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder, tf.device("/cpu:0"):
        step = tf.get_variable(
            "global_step", [], initializer=tf.constant_initializer(0), trainable=False
        )
        rate = tf.train.exponential_decay(0.1, step, 2, 0.5, staircase=True)
        optimizer = tf.train.GradientDescentOptimizer(rate)
        images, labels = inputs(tf, write_records(folder))
        queue = tf.FIFOQueue(
            4, [tf.float32, tf.int32], [[BATCH, 5, 5, 3], [BATCH]], name="prefetch"
        )
        tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue([images, labels])]))
        towers = []
        with tf.variable_scope(tf.get_variable_scope()):
            for i in range(2):
                with tf.device(f"/cpu:{0}"), tf.name_scope(f"tower_{i}") as scope:
                    loss = tower_loss(tf, scope, *queue.dequeue())
                    tf.get_variable_scope().reuse_variables()
                    summaries = tf.get_collection(tf.GraphKeys.SUMMARIES, scope)
                    towers.append(optimizer.compute_gradients(loss))
        grads = average_gradients(tf, towers)
        summaries.append(tf.summary.scalar("learning_rate", rate))
        summaries.extend(tf.summary.histogram(f"{v.op.name}/gradients", g) for g, v in grads)
        apply = optimizer.apply_gradients(grads, global_step=step)
        averages = tf.train.ExponentialMovingAverage(0.9, step)
        train = tf.group(apply, averages.apply(tf.trainable_variables()))
        saver = tf.train.Saver(tf.global_variables())
        merged = tf.summary.merge(summaries)
        found = []
        with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
            sess.run(tf.global_variables_initializer())
            coord = tf.train.Coordinator()
            threads = tf.train.start_queue_runners(sess=sess, coord=coord)
            for _ in range(3):
                # Both towers take a batch, in an order of their own.
                sess.run(train)
                found.append(int(sess.run(step)))
            data = sess.run(merged)
            path = saver.save(sess, os.path.join(folder, "model.ckpt"), global_step=step)
            coord.request_stop()
            coord.join(threads)
            tags = sorted(v.tag for v in tf.Summary.FromString(data).value)
            saved = sorted(tf.train.list_variables(path))
        return {
            "steps": found,
            "tags": tags,
            "saved": [(name, list(shape)) for name, shape in saved],
            "variables": [v.op.name for v in tf.trainable_variables()],
            "losses": [t.op.name for t in tf.get_collection("losses")],
            "file": os.path.basename(path),
        }
