"""The columns of PR curves against what TensorBoard's plugin gives out."""

import numpy as np
import pytest

from opscope.dashboard.pr_curve import columns

pytestmark = pytest.mark.interop

NAMES = {
    "true_positives": "tp",
    "false_positives": "fp",
    "true_negatives": "tn",
    "false_negatives": "fn",
    "precision": "precision",
    "recall": "recall",
    "thresholds": "thresholds",
}


def made_up(noise, thresholds):
    """A curve of TensorBoard's own summary, float32[6, thresholds]."""
    from tensorboard.plugins.pr_curve import summary
    from tensorboard.util import tensor_util

    labels = noise.random(60) < noise.random()
    low, high = np.sort(noise.random(2))
    guesses = noise.uniform(low, high, 60)
    made = summary.pb("pr", labels, guesses, num_thresholds=thresholds)
    return tensor_util.make_ndarray(made.value[0].tensor)


@pytest.mark.parametrize("thresholds", [2, 11, 127])
def test_columns_are_tensorboards(thresholds):
    from tensorboard.plugins import base_plugin
    from tensorboard.plugins.pr_curve import pr_curves_plugin

    plugin = pr_curves_plugin.PrCurvesPlugin(base_plugin.TBContext())
    noise = np.random.default_rng(thresholds)
    for curve in [*(made_up(noise, thresholds) for _ in range(50)), np.zeros((6, thresholds))]:
        theirs = plugin._make_pr_entry(0, 0.0, curve)
        ours = columns(curve.astype(np.float64))
        assert {name: ours[own].tolist() for name, own in NAMES.items()} == {
            name: theirs[name] for name in NAMES
        }
