"""Samples of special functions, guarded arithmetic, running sums, and gradients of many cases."""

from __future__ import annotations

import numpy as np
from op_samples import apart, floats, ints, positive, sample

F32 = np.float32
I32 = np.int32

for name in (
    "BesselI0", "BesselI0e", "BesselI1", "BesselI1e", "BesselJ0", "BesselJ1", "Dawsn",
    "FresnelCos", "FresnelSin",
):  # fmt: skip
    sample(name, apart(2, 3), smooth=[0])
    sample(name, F32(0.4), smooth=[0])
for name in (
    "BesselK0", "BesselK0e", "BesselK1", "BesselK1e", "BesselY0", "BesselY1", "Digamma", "Expint",
    "Lgamma", "Spence",
):  # fmt: skip
    sample(name, positive(2, 3), smooth=[0])
    sample(name, F32(0.4), smooth=[0])
sample("Digamma", np.array([-0.5, -2.3, 10], F32))
for name in ("Erfinv", "Ndtri"):
    sample(name, floats(2, 3, low=0.05, high=0.95), smooth=[0])
    sample(name, np.array([0, 1], F32))
sample("Erfinv", np.array([-1, -0.3], F32))

for name in ("Igamma", "Igammac"):
    sample(name, positive(2, 3), positive(2, 3), smooth=[0, 1])
    sample(name, positive(3), positive(2, 1), smooth=[0, 1])
    sample(name, np.array([0.5, 20, 3], F32), np.array([0, 12, 50], F32))
sample("IgammaGradA", positive(2, 3), positive(2, 3))
sample("IgammaGradA", np.array([0.1, 30, 4], F32), np.array([5, 20, 4], F32))
sample("Zeta", 1 + positive(2, 3), positive(2, 3), smooth=[1])
sample("Zeta", F32(2), positive(3), smooth=[1])
sample("Polygamma", np.array([0, 1, 2], F32), positive(3), smooth=[1])
sample("Polygamma", F32(1), positive(2, 2), smooth=[1])
sample("Betainc", positive(3), positive(3), floats(3, low=0.1, high=0.9), smooth=[2])
sample("Betainc", F32(2), F32(3), F32(0.4), smooth=[2])

for name in ("MulNoNan", "Xdivy"):
    sample(name, floats(2, 3), positive(3), smooth=[0, 1])
    sample(name, floats(2, 3), positive(2, 3), smooth=[0, 1])
    sample(name, np.array([0, np.inf, 2], F32), np.array([0, 0, 4], F32))
sample("Xlog1py", positive(2, 3), positive(3), smooth=[0, 1])
sample("Xlog1py", np.array([0, 2], F32), np.array([-1, -1], F32))
sample("TruncateMod", ints(7, -7, -6), ints(2, 2, -4))
sample("TruncateMod", floats(2, 3), positive(3))
sample("NextAfter", floats(3), floats(3))
sample("NextAfter", F32(1), F32(2))
sample("Angle", np.array([1 + 2j, -1 - 1j, 3j], np.complex64))

for keep in (False, True):
    sample("EuclideanNorm", apart(2, 3, 2), ints(0, -1), fixed=[1], smooth=[0], keep_dims=keep)
    sample("EuclideanNorm", apart(2, 3), I32(1), fixed=[1], smooth=[0], keep_dims=keep)
sample("EuclideanNorm", ints(3, 4), I32(0), fixed=[1])
for exclusive in (False, True):
    for reverse in (False, True):
        sample(
            "CumulativeLogsumexp", apart(3, 2), I32(0), fixed=[1],
            smooth=[] if exclusive else [0], exclusive=exclusive, reverse=reverse,
        )  # fmt: skip

# -- gradients of many cases ---------------------------------------------------------------

IDS = ints(0, 0, 1, 1, 1)
ZEROS = np.array([2, 3, 0, 5, -1], F32)
sample("SegmentProd", apart(5, 2), IDS, smooth=[0])
sample("SegmentProd", ZEROS, IDS, smooth=[0])
sample("SegmentProd", np.array([0, 0, 2, 1, 3], F32), IDS, smooth=[0])
sample("UnsortedSegmentProd", apart(5, 2), ints(1, 0, 1, 2, 0), I32(4), fixed=[1, 2], smooth=[0])
sample("UnsortedSegmentProd", apart(5), ints(1, -1, 1, 2, 0), I32(3), fixed=[1, 2], smooth=[0])
for name in ("UnsortedSegmentMax", "UnsortedSegmentMin"):
    sample(name, apart(5, 2), ints(1, -1, 1, 2, 0), I32(3), fixed=[1, 2], smooth=[0])
    sample(name, apart(2, 2), np.array([[1, 0], [2, 0]], I32), I32(3), fixed=[1, 2], smooth=[0])

PICKED = np.array([[0, 2], [1, 1]], I32)
sample("GatherV2", apart(2, 3, 2), PICKED, I32(1), fixed=[1, 2], smooth=[0], batch_dims=1)
sample("GatherV2", apart(2, 2, 3), PICKED, I32(2), fixed=[1, 2], smooth=[0], batch_dims=1)
sample("GatherV2", apart(2, 2, 3), np.array([[[0, 2], [1, 1]]] * 2, I32), I32(2), fixed=[1, 2],
       smooth=[0], batch_dims=2)  # fmt: skip
sample("GatherV2", apart(2, 3, 2), PICKED, I32(-1 + 2), fixed=[1, 2], smooth=[0])

for equation, sizes in (
    ("ij->ji", [(2, 3)]),
    ("ij->", [(2, 3)]),
    ("ii->", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("ij,jk->", [(2, 3), (3, 2)]),
    ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]),
    ("...ij,...jk->...ik", [(2, 2, 3), (2, 3, 2)]),
    ("...ij,jk->...ik", [(2, 2, 3), (3, 2)]),
    ("...i,...i->...", [(2, 1, 3), (4, 3)]),
    ("i...->...", [(2, 3)]),
    ("ij,k->ik", [(2, 3), (2,)]),
    ("iij,j->i", [(2, 2, 3), (3,)]),
):
    sample("Einsum", [apart(*s) for s in sizes], smooth=[0], equation=equation)

for kind in ("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3"):
    for training in (True, False):
        rest = [np.zeros(0, F32)] if kind.endswith("V3") else []
        sample(
            kind, floats(2, 3, 2, 2), floats(2, 3, 2, 2), positive(2), floats(2), positive(2),
            *rest,
            epsilon=0.01, is_training=training,
        )  # fmt: skip
