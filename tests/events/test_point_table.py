"""Columns of points: whole numbers come back as they were, however they are held."""

from __future__ import annotations

import numpy as np
import pytest

from opscope.events.point_table import PointTable, Restart

WIDEST = 2**31 - 1


@pytest.mark.parametrize(
    "steps", [[0, 1, 2], [-WIDEST, 0, WIDEST], [0, WIDEST + 1, 5], [-(2**63), 7, 2**63 - 1]]
)
def test_steps_are_kept_whatever_their_size(steps: list[int]) -> None:
    table = PointTable()
    for part in (steps, steps[::-1]):  # the second is merged into the first
        table.append(np.zeros(3, np.int32), [np.array(part, np.int64), np.zeros(3)])
        assert table.groups
    table.restart(Restart(6, 2**40, None))
    ((columns, obsolete),) = table.points(0)
    assert columns[0].dtype == np.int64
    assert columns[0].tolist() == [*steps, *steps[::-1]]
    assert obsolete.tolist() == [step >= 2**40 for step in [*steps, *steps[::-1]]]
