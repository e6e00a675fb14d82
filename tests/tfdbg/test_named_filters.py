"""The built-in filters by name: found by `lt -f` and `origin -f`, listed nowhere."""

import numpy as np
import pytest
from tfdbg_data import CPU0, graph, memory_dump

from opscope.events import HasNan
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import execute
from opscope.tfdbg.filters import add_tensor_filter, default_filters


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("has_inf_or_nan", ["a:0", "b:0"]),
        ("has_nan", ["b:0"]),
        ("all_zero", ["c:0"]),
        ("out_of_range(-1,5)", ["a:0", "b:0", "d:0"]),
        ("abs_above(7)", ["a:0", "b:0", "d:0"]),
        ("abs_above(1e3)", ["a:0", "b:0"]),
    ],
)
def test_lt_knows_them(name: str, found: list[str]) -> None:
    values = {"a": [np.inf, 1], "b": [0, np.nan], "c": [0, 0], "d": [1, -8]}
    graphs = {CPU0: graph(**dict.fromkeys(values, "Const"))}
    dump = memory_dump(graphs, *((CPU0, n, 0, np.array(value)) for n, value in values.items()))
    screen = execute(Analysis(dump), f"lt -f {name}")
    assert screen.ok
    shown = str(screen)
    assert [name for name in ("a:0", "b:0", "c:0", "d:0") if name in shown] == found


def test_they_are_not_listed_and_give_way_to_a_users() -> None:
    filters = default_filters()
    assert list(filters) == ["has_inf_or_nan"]
    assert filters["has_nan"] == HasNan()
    for wrong in ("abs_above", "no_such", 3):
        assert wrong not in filters
    add_tensor_filter(filters, "has_nan", lambda datum, tensor: True)
    assert filters["has_nan"] != HasNan()
