"""Text: strings in a tensor."""

from typing import Any

import numpy as np

from opscope.events.proto.summary_pb2 import Summary
from opscope.events.summaries.plugin_value import plugin_value


def text_value(tag: str, text: Any) -> Summary.Value:
    """A value of tag `TAG/text_summary`: one string as shape [1], or an array of `str`, Markdown.

    PyTorch adds the suffix, so do we.
    """
    strings = np.asarray(text, dtype=object).reshape(-1)
    if not all(isinstance(each, str) for each in strings):
        raise TypeError(f"tag {tag!r}: text is a str or an array of them")
    encoded = np.array([each.encode() for each in strings] + [b""], dtype=object)[:-1]
    shape = np.shape(np.asarray(text, dtype=object)) or (1,)
    return plugin_value(f"{tag}/text_summary", "text", array=encoded.reshape(shape))
