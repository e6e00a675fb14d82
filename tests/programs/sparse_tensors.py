"""Sparse tensors: fed, made whole, multiplied."""

from typing import Any


def main(tf: Any) -> Any:
    sparse = tf.SparseTensor([[0, 1], [2, 0]], [2.0, 3.0], [3, 4])
    fed = tf.sparse_placeholder(tf.float32)
    b = tf.constant([[float(i + j) for j in range(2)] for i in range(4)])
    product = tf.sparse_tensor_dense_matmul(sparse, b)
    with tf.Session() as sess:
        value = tf.SparseTensorValue([[1, 1]], [5.0], [2, 2])
        return [
            sess.run([tf.sparse_tensor_to_dense(sparse), product, tf.gradients(product, b)[0]]),
            sess.run(tf.sparse_tensor_to_dense(fed, -1.0), {fed: value}),
            list(sess.run(sparse)),
        ]
