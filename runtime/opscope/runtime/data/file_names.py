"""The names of files that match patterns, in the graph."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.assertion import Assert
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.joined_text import reduce_join
from opscope.runtime.ops.shape import shape as shape_of


def matched_files(file_pattern: Any) -> Tensor:
    """The names of the files that match a pattern; InvalidArgumentError at the run for none."""
    pattern = convert_to_tensor(file_pattern, dtypes.string, name="file_pattern")
    names = make_tensor("MatchingFiles", pattern)
    found = make_tensor("Greater", shape_of(names)[0], 0, name="match_not_empty")
    joined = reduce_join(pattern, separator=", ")
    message = make_tensor("Add", "No files matched pattern: ", joined, name="message")
    check = Assert(found, [message], summarize=1, name="assert_not_empty")
    with get_default_graph().control_dependencies([check]):
        return identity(names)
