"""Every route of the server: the table that OpenAPI's document and docs/api.md are made from."""

from __future__ import annotations

from opscope.dashboard.http_api.cards import (
    DISTRIBUTIONS,
    FILES,
    HISTOGRAMS,
    IMAGES,
    PR_CURVES,
    TEXT,
)
from opscope.dashboard.http_api.custom_scalars import CUSTOM_SCALARS
from opscope.dashboard.http_api.graph import GRAPHS
from opscope.dashboard.http_api.hparams import HPARAMS
from opscope.dashboard.http_api.operation import Operation
from opscope.dashboard.http_api.scalars import SCALARS
from opscope.dashboard.http_api.shell import SHELL
from opscope.dashboard.http_api.tensorboard import TENSORBOARD

SECTIONS: dict[str, tuple[Operation, ...]] = {
    "The logdir": SHELL,
    "Scalars": SCALARS,
    "Custom scalars": CUSTOM_SCALARS,
    "Histograms": HISTOGRAMS,
    "Distributions": DISTRIBUTIONS,
    "Images": IMAGES,
    "Text": TEXT,
    "PR curves": PR_CURVES,
    "HParams": HPARAMS,
    "Files": FILES,
    "Graph": GRAPHS,
    "TensorBoard's endpoints": TENSORBOARD,
}
OPERATIONS: tuple[Operation, ...] = tuple(one for some in SECTIONS.values() for one in some)
