"""Ridge regression by Cholesky, whitening by eigenvalues, a spectrum filtered and taken back."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(20, 4)).astype(np.float32)
    y = (x @ np.array([[1.0], [-2.0], [0.5], [3.0]]) + 0.1).astype(np.float32)
    penalty = tf.Variable(0.5)
    design = tf.constant(x)
    gram = tf.matmul(design, design, transpose_a=True) + penalty * tf.eye(4)
    weights = tf.cholesky_solve(tf.cholesky(gram), tf.matmul(design, y, transpose_a=True))
    loss = tf.reduce_mean(tf.square(tf.matmul(design, weights) - y))
    slope = tf.gradients(loss, penalty)[0]
    direct = tf.matrix_solve_ls(design, y, l2_regularizer=0.5)

    centered = design - tf.reduce_mean(design, axis=0)
    covariance = tf.tensordot(centered, centered, [[0], [0]]) / 20.0
    values, vectors = tf.self_adjoint_eig(covariance)
    scaled = tf.matmul(vectors / tf.sqrt(values), vectors, transpose_b=True)
    white = tf.matmul(centered, scaled)
    identity = tf.matmul(white, white, transpose_a=True) / 20.0

    wave = tf.sin(tf.cast(tf.range(16), tf.float32)) + tf.constant(0.25)
    spectrum = tf.spectral.rfft(wave)
    kept = tf.where(tf.abs(spectrum) > 2.0, spectrum, tf.zeros_like(spectrum))
    smooth = tf.spectral.irfft(kept)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(
            {
                "weights": weights, "direct": direct, "slope": slope,
                "singular": tf.svd(design, compute_uv=False), "identity": identity,
                "logdet": tf.linalg.logdet(gram), "smooth": smooth, "power": tf.abs(spectrum),
                "triangle": tf.abs(tf.qr(design)[1]), "shifted": tf.signal.fftshift(wave),
            }
        )  # fmt: skip
