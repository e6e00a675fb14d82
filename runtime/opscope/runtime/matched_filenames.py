"""The names of files that match a pattern, found once."""

from __future__ import annotations

from typing import Any

from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.make_op import make_tensor
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.variables import Variable


def match_filenames_once(pattern: Any, name: str | None = None) -> Variable:
    """A local variable that is initialized to the names of the files that match."""
    with op_scope(name, "matching_filenames", pattern) as scope:
        return Variable(
            make_tensor("MatchingFiles", pattern),
            trainable=False,
            validate_shape=False,
            collections=[GraphKeys.LOCAL_VARIABLES],
            name=scope,
        )
