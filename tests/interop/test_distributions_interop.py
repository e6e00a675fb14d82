"""The percentiles of the distributions page against TensorBoard's own compressor."""

import numpy as np
import pytest

from opscope.dashboard.percentiles import BASIS_POINTS, percentiles

pytestmark = pytest.mark.interop

KINDS = ("even", "random edges", "exponential", "gaps", "lone", "no width", "tiny", "empty", "huge")


def _histogram(kind, noise):
    """Rows (left, right, count) of a made-up histogram."""
    size = int(noise.integers(1, 60))
    edges = np.sort(noise.normal(0, 10.0 ** noise.integers(-6, 6), size + 1))
    counts = noise.integers(0, 1000, size).astype(np.float64)
    if kind == "even":
        edges = np.linspace(edges[0], edges[-1], size + 1)
    elif kind == "exponential":
        edges = 1.1 ** np.arange(size + 1) * 1e-12
    elif kind == "gaps":
        counts[noise.random(size) < 0.7] = 0
    elif kind == "lone":
        counts[:] = 0
        counts[noise.integers(size)] = 3
    elif kind == "no width":
        edges[1:] = edges[0]
    elif kind == "tiny":
        counts *= 1e-9
    elif kind == "empty":
        counts[:] = 0
    elif kind == "huge":
        edges[0], edges[-1] = -1.5e308, 1.5e308
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_percentiles_are_tensorboards(kind):
    from tensorboard.plugins.distribution import compressor

    noise = np.random.default_rng(KINDS.index(kind))
    assert BASIS_POINTS == compressor.NORMAL_HISTOGRAM_BPS
    for _ in range(200):
        buckets = _histogram(kind, noise)
        expected = compressor.compress_histogram(buckets.tolist())
        np.testing.assert_array_equal(percentiles(buckets), [value for _, value in expected])
    assert compressor.compress_histogram([]) == list(
        zip(BASIS_POINTS, percentiles(np.zeros((0, 3))), strict=True)
    )
