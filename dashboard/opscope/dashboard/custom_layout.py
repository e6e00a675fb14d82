"""Which curves the layouts in a logdir show together: the layouts of all runs as one."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError

from opscope.events import Logdir, LogdirError, TensorProtoError, payload
from opscope.events import kind as kinds
from opscope.events.proto.layout_pb2 import Category, Chart, Layout

TAG = "custom_scalars__config__"


def merged_layout(logdir: Logdir) -> tuple[Layout | None, list[str]]:
    """The layout of a logdir, None where no run has any; and what is wrong with the rest.

    Categories of one title become one, and a chart stands in it once. Of a run, the last layout
    written counts. (tensorboard, custom_scalars_plugin: layout_impl.)
    """
    merged, wrong = None, []
    by_title: dict[str, Category] = {}
    for run in sorted(logdir.runs()):
        if TAG not in logdir.tags(run, kinds.LAYOUT):
            continue
        try:
            layout = _last(logdir, run)
        except (LogdirError, TensorProtoError, DecodeError) as error:
            wrong.append(f"the layout of run {run!r} is damaged: {error}")
            continue
        merged = merged or Layout(version=layout.version)
        for category in layout.category:
            known = by_title.get(category.title)
            if known is None:
                known = by_title[category.title] = merged.category.add()
                known.title, known.closed = category.title, category.closed
            known.chart.extend(chart for chart in category.chart if chart not in known.chart)
    return merged, wrong


def told(layout: Layout | None) -> list[dict[str, Any]]:
    """Categories as JSON: `{title, closed, charts: [{title, kind, tags or series}]}`."""
    return [
        {
            "title": category.title,
            "closed": category.closed,
            "charts": [_chart(chart) for chart in category.chart],
        }
        for category in ([] if layout is None else layout.category)
    ]


def _last(logdir: Logdir, run: str) -> Layout:
    points = logdir.points(run, TAG, kinds.LAYOUT)
    if not len(points.index):
        return Layout()
    value = logdir.point(run, TAG, kinds.LAYOUT, int(points.index[-1]))
    content = payload.tensor(value)
    if content.size != 1 or not isinstance(content.item(), bytes):
        raise TensorProtoError(f"a layout is one string, this is {content.dtype} {content.shape}")
    return Layout.FromString(content.item())


def _chart(chart: Chart) -> dict[str, Any]:
    if chart.WhichOneof("content") == "margin":
        series = [
            {"value": each.value, "lower": each.lower, "upper": each.upper}
            for each in chart.margin.series
        ]
        return {"title": chart.title, "kind": "margin", "series": series}
    return {"title": chart.title, "kind": "multiline", "tags": list(chart.multiline.tag)}
