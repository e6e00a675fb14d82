"""The pages of the dashboard, listed by hand: Dash's own registry is shared by all applications."""

from __future__ import annotations

from opscope.dashboard.page import Page
from opscope.dashboard.pages import (
    custom_scalars,
    distributions,
    files,
    graph,
    histograms,
    hparams,
    images,
    pr_curves,
    scalars,
    text,
)

PAGES: tuple[Page, ...] = (
    graph.PAGE,
    scalars.PAGE,
    custom_scalars.PAGE,
    histograms.PAGE,
    distributions.PAGE,
    images.PAGE,
    text.PAGE,
    pr_curves.PAGE,
    hparams.PAGE,
    files.PAGE,
)
