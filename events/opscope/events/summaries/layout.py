"""Which curves the custom scalars page shows together."""

from collections.abc import Mapping, Sequence

import numpy as np

from opscope.events.proto.layout_pb2 import Layout
from opscope.events.proto.summary_pb2 import Summary
from opscope.events.summaries.plugin_value import plugin_value

CONFIG_TAG = "custom_scalars__config__"
Charts = Mapping[str, Sequence[str | Sequence[str]]]


def layout_value(layout: Mapping[str, Charts]) -> Summary.Value:
    """The layout `{category: {chart: [kind, tags]}}`.

    A chart is `["Multiline", tags]`, or `["Margin", [value, lower, upper]]` of three tags.
    """
    message = Layout()
    for title, charts in layout.items():
        category = message.category.add(title=title)
        for name, (kind, tags) in charts.items():
            chart = category.chart.add(title=name)
            if kind == "Multiline":
                chart.multiline.tag.extend(tags)
            elif kind == "Margin" and len(tags) == 3:
                chart.margin.series.add(value=tags[0], lower=tags[1], upper=tags[2])
            else:
                raise ValueError(
                    f"chart {name!r} of {title!r}: a chart is ['Multiline', tags] or "
                    "['Margin', [value, lower, upper]]"
                )
    content = np.array(message.SerializeToString(), dtype=object)
    return plugin_value(CONFIG_TAG, "custom_scalars", array=content)
