"""Samples of connectionist temporal classification."""

from __future__ import annotations

import numpy as np
from op_samples import floats, ints, sample

LABELS = (
    np.array([[0, 0], [0, 1], [0, 2], [1, 0], [2, 0], [2, 1]]),
    ints(1, 1, 2, 0, 3, 1),
)
for attrs in (
    {},
    {"ctc_merge_repeated": False},
    {"preprocess_collapse_repeated": True},
    {"preprocess_collapse_repeated": True, "ctc_merge_repeated": False},
):
    sample("CTCLoss", floats(6, 3, 5), *LABELS, ints(6, 5, 3), **attrs)
sample("CTCLoss", floats(4, 3, 5), *LABELS, ints(3, 4, 0), ignore_longer_outputs_than_inputs=True)
for attrs in ({}, {"merge_repeated": True}, {"blank_index": 0}):
    sample("CTCGreedyDecoder", floats(7, 3, 3), ints(7, 4, 0), **attrs)
for attrs in (
    {"beam_width": 4, "top_paths": 1, "merge_repeated": False},
    {"beam_width": 30, "top_paths": 3, "merge_repeated": False},
    {"beam_width": 10, "top_paths": 2},
):
    sample("CTCBeamSearchDecoder", floats(7, 3, 4), ints(7, 4, 2), **attrs)
