"""A precision-recall curve as a chart needs it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from opscope.events import TensorProtoError, payload
from opscope.events.proto.summary_pb2 import Summary

Floats = npt.NDArray[np.float64]
ROWS = ("tp", "fp", "tn", "fn", "precision", "recall")


def pr_rows(value: Summary.Value) -> Floats:
    """The rows of a PR curve summary, float64[6, thresholds], in the order of `ROWS`."""
    rows = payload.tensor(value)
    if rows.ndim != 2 or len(rows) != len(ROWS) or rows.dtype.kind not in "fiu":
        raise TensorProtoError(
            f"a PR curve has 6 rows of numbers, this holds {rows.dtype} of shape {rows.shape}"
        )
    return rows.astype(np.float64)


def defined(rows: Floats) -> Floats:
    """A curve without its end where nothing is called positive: no precision is defined there.

    At least one threshold stays. (tensorboard, pr_curves_plugin: _make_pr_entry.)
    """
    with np.errstate(invalid="ignore"):
        positives = rows[:2].astype(np.int64).sum(axis=0)
    called = np.flatnonzero(positives)
    return rows[:, : max(called[-1] + 1 if len(called) else 1, 1)]


def columns(rows: Floats) -> dict[str, Any]:
    """Columns of a curve by name, with its `thresholds`, evenly from 0 to 1 as its writers do."""
    kept = defined(rows)
    thresholds = np.linspace(0.0, 1.0, rows.shape[1])[: kept.shape[1]]
    return {"thresholds": thresholds, **dict(zip(ROWS, kept, strict=True))}
