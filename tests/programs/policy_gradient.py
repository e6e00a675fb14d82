"""A policy trained by rewards on a falling pole: gradients of episodes gathered, then applied."""

from typing import Any

import numpy as np


class Pole:
    """A cart on a track with a pole on it; the step is Euler's."""

    def __init__(self) -> None:
        self.state = np.zeros(4)

    def reset(self, number: int) -> np.ndarray:
        self.state = np.array([0.01, -0.02, 0.03, 0.02]) * (number % 3 - 1)
        return self.state.copy()

    def step(self, action: int) -> tuple[np.ndarray, float, bool]:
        place, speed, angle, turn = self.state
        force = 10.0 if action else -10.0
        push = (force + 0.05 * turn**2 * np.sin(angle)) / 1.1
        bend = (9.8 * np.sin(angle) - np.cos(angle) * push) / (
            0.5 * (4 / 3 - 0.1 * np.cos(angle) ** 2 / 1.1)
        )
        pull = push - 0.05 * bend * np.cos(angle) / 1.1
        self.state = np.array(
            [place + 0.02 * speed, speed + 0.02 * pull, angle + 0.02 * turn, turn + 0.02 * bend]
        )
        fell = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 0.2
        return self.state.copy(), 1.0, bool(fell)


def discounted(rewards: list[float], rate: float = 0.95) -> np.ndarray:
    total, found = 0.0, np.zeros(len(rewards))
    for i in range(len(rewards) - 1, -1, -1):
        found[i] = total = total * rate + rewards[i]
    return (found - found.mean()) / (found.std() + 1e-6)


def main(tf: Any) -> Any:
    rng = np.random.default_rng(21)
    seen = tf.placeholder(tf.float32, [None, 4], name="observations")
    done = tf.placeholder(tf.int32, [None], name="actions")
    worth = tf.placeholder(tf.float32, [None], name="advantages")
    w1 = tf.get_variable("w1", initializer=rng.normal(0, 0.5, (4, 8)).astype(np.float32))
    w2 = tf.get_variable("w2", initializer=rng.normal(0, 0.5, (8, 2)).astype(np.float32))
    layer = tf.nn.relu(tf.matmul(seen, w1))
    chances = tf.nn.softmax(tf.matmul(layer, w2), name="chances")
    rows = tf.range(tf.shape(chances)[0]) * tf.shape(chances)[1] + done
    taken = tf.gather(tf.reshape(chances, [-1]), rows)
    loss = -tf.reduce_mean(tf.log(taken) * worth)
    variables = tf.trainable_variables()
    grads = tf.gradients(loss, variables)
    holders = [
        tf.placeholder(tf.float32, v.get_shape(), f"grad_{i}") for i, v in enumerate(variables)
    ]
    adam = tf.train.AdamOptimizer(learning_rate=1e-2)
    update = adam.apply_gradients(zip(holders, variables, strict=True))
    pole, buffer, lengths = Pole(), None, []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        buffer = [np.zeros_like(v) for v in sess.run(variables)]
        for episode in range(6):
            state, history = pole.reset(episode), []
            for _ in range(40):
                (chance,) = sess.run(chances, {seen: [state]})
                # One draw decides; both modules draw the same, and choose the same.
                action = int(rng.uniform() > round(float(chance[0]), 4))
                after, reward, fell = pole.step(action)
                history.append((state, action, reward))
                state = after
                if fell:
                    break
            states, actions, rewards = zip(*history, strict=True)
            feed = {seen: np.array(states), done: actions, worth: discounted(list(rewards))}
            for i, grad in enumerate(sess.run(grads, feed)):
                buffer[i] += grad
            lengths.append(len(history))
            if episode % 2 == 1:
                sess.run(update, dict(zip(holders, buffer, strict=True)))
                buffer = [np.zeros_like(b) for b in buffer]
        return {"lengths": lengths, "weights": sess.run(variables)}
