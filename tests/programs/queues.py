"""A queue filled and emptied, closed, and empty."""

from typing import Any


def main(tf: Any) -> Any:
    queue = tf.FIFOQueue(5, [tf.float32], shapes=[[]])
    fill = queue.enqueue_many([[1.0, 2.0, 3.0]])
    one, two = queue.dequeue(), queue.dequeue_many(2)
    found = []
    with tf.Session() as sess:
        sess.run(fill)
        found += [sess.run(queue.size()), sess.run(one), sess.run(two)]
        sess.run(queue.close())
        try:
            sess.run(one)
        except tf.errors.OutOfRangeError as error:
            found.append(type(error).__name__)
    return found
