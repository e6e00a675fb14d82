"""Programs of loops, branches and arrays, one in another, made up from a seed.

The same seed makes the same program for opscope's runtime and for TensorFlow's version 1 interface.
Values stay between -1 and 1, so that rounding is all that two runtimes differ by.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

SIZE = 3
FEEDS = [
    {"x:0": [0.5, -0.25, 0.125], "y:0": [0.75, 0.5, -0.5]},
    {"x:0": [-0.75, 0.375, 0.25], "y:0": [-0.125, 0.625, 0.5]},
]

Pool = list[Any]


class _Maker:
    def __init__(self, tf: Any, seed: int) -> None:
        self.tf = tf
        self.random = random.Random(seed)
        self.left = 14  # how many more blocks and ops the program may have

    # -- values --------------------------------------------------------------------------------

    def value(self, pool: Pool, depth: int) -> Any:
        """A vector made of those in the pool; `depth` blocks may still nest."""
        self.left -= 1
        kinds = ["sum", "product", "tanh", "sin", "chosen", "reversed", "scaled"]
        if depth > 0 and self.left > 0:
            kinds = ["loop", "counted", "branch", "branch", "array", "fold", *kinds[:4]]
        return getattr(self, f"_{self.random.choice(kinds)}")(pool, depth)

    def values(self, pool: Pool, depth: int, count: int) -> Pool:
        """Some vectors, each of which may use those before it."""
        grown = list(pool)
        for _ in range(count):
            grown.append(self.value(grown, depth))
        return grown[len(pool) :]

    def some(self, pool: Pool) -> Any:
        return self.random.choice(pool)

    def _sum(self, pool: Pool, depth: int) -> Any:
        return (self.some(pool) + self.some(pool)) * 0.5

    def _product(self, pool: Pool, depth: int) -> Any:
        return self.some(pool) * self.some(pool)

    def _tanh(self, pool: Pool, depth: int) -> Any:
        return self.tf.tanh(self.some(pool) * 1.5)

    def _sin(self, pool: Pool, depth: int) -> Any:
        return self.tf.sin(self.some(pool) - 0.25)

    def _chosen(self, pool: Pool, depth: int) -> Any:
        a, b = self.some(pool), self.some(pool)
        return self.tf.where(a > b * 0.7 + 0.03, a, b * 0.9)

    def _reversed(self, pool: Pool, depth: int) -> Any:
        return self.tf.reverse(self.some(pool), [0])

    def _scaled(self, pool: Pool, depth: int) -> Any:
        return self.some(pool) * self.tf.reduce_mean(self.some(pool))

    # -- blocks --------------------------------------------------------------------------------

    def _test(self, pool: Pool) -> Any:
        bound = self.random.uniform(-0.6, 0.6)
        return self.tf.reduce_sum(self.some(pool)) > bound

    def _branch(self, pool: Pool, depth: int) -> Any:
        return self.tf.cond(
            self._test(pool),
            lambda: self.value(pool, depth - 1),
            lambda: self.value(pool, depth - 1),
        )

    def _counted(self, pool: Pool, depth: int) -> Any:
        """A loop of a fixed number of rounds, which may be none."""
        rounds = self.random.randrange(5)
        starts = [self.some(pool) for _ in range(self.random.randint(1, 3))]

        def body(i: Any, *variables: Any) -> Any:
            inside = [*pool, *variables] if self.random.random() < 0.7 else list(variables)
            return [i + 1, *self.values(inside, depth - 1, len(variables))]

        parallel = self.random.choice([1, 10])
        ended = self.tf.while_loop(
            lambda i, *_: i < rounds, body, [0, *starts], parallel_iterations=parallel
        )
        return self.some(ended[1:])

    def _loop(self, pool: Pool, depth: int) -> Any:
        """A loop that goes on as long as its values say, at most five rounds."""
        bound = self.random.uniform(-0.5, 0.5)
        starts = [self.some(pool), self.some(pool)]
        ended = self.tf.while_loop(
            lambda a, b: self.tf.reduce_sum(a) > bound,
            lambda a, b: self.values([*pool, a, b], depth - 1, 2),
            starts,
            maximum_iterations=self.random.randint(1, 5),
            swap_memory=self.random.random() < 0.3,
        )
        return ended[self.random.randrange(2)]

    def _array(self, pool: Pool, depth: int) -> Any:
        """Rows written in one loop; the mean of all, or one read again."""
        tf, count = self.tf, self.random.randint(1, 4)
        array = tf.TensorArray(tf.float32, size=count, clear_after_read=False)
        rest = [self.some(pool)]

        def body(i: Any, kept: Any, a: Any) -> Any:
            row = self.value([*pool, a], depth - 1)
            return i + 1, kept.write(i, row), row

        _, array, _ = tf.while_loop(lambda i, *_: i < count, body, (0, array, rest[0]))
        if self.random.random() < 0.5:
            return tf.reduce_mean(array.stack(), axis=0)
        return array.read(self.random.randrange(count)) * 0.5 + array.read(0) * 0.25

    def _fold(self, pool: Pool, depth: int) -> Any:
        """A functional op over rows."""
        tf = self.tf
        rows = tf.stack([self.some(pool) for _ in range(self.random.randint(1, 3))])
        kind = self.random.choice(["map", "scan", "fold"])
        if kind == "map":
            return tf.reduce_mean(
                tf.map_fn(lambda row: self.value([*pool, row], depth - 1), rows), axis=0
            )

        def step(before: Any, row: Any) -> Any:
            return self.value([before, row], depth - 1)

        function: Callable[..., Any] = tf.scan if kind == "scan" else tf.foldl
        found = function(step, rows, initializer=self.some(pool))
        return found[-1] if kind == "scan" else found


def build(tf: Any, seed: int) -> list[Any]:
    """The results of a made-up program of the placeholders x and y, and their gradients."""
    x = tf.placeholder(tf.float32, [SIZE], name="x")
    y = tf.placeholder(tf.float32, [SIZE], name="y")
    results = _Maker(tf, seed).values([x, y], 3, 3)
    grads = tf.gradients(results, [x, y])
    return [*results, *(g for g in grads if g is not None)]
