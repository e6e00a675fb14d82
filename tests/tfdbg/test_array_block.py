"""Whole large arrays: rows made when they are looked at, as NumPy would lay them out."""

import time

import ml_dtypes
import numpy as np
import pytest

from opscope.tfdbg.app.element import line_of_element
from opscope.tfdbg.app.view import View
from opscope.tfdbg.array_block import LARGE, ArrayBlock
from opscope.tfdbg.array_text import array_lines
from opscope.tfdbg.screen import Line, Screen, joined, line


def text_of(value: np.ndarray, columns: int = 80) -> list[str]:
    lines = array_lines(value, columns, whole=True)
    assert isinstance(lines, ArrayBlock)
    return [row.text for row in lines]


@pytest.mark.parametrize("shape", [(LARGE + 1,), (3, 7001), (30, 40, 20)])
@pytest.mark.parametrize("kind", ["int32", "bool", "whole floats"])
def test_rows_are_numpys(shape: tuple[int, ...], kind: str) -> None:
    numbers = np.random.RandomState(0).randint(-900, 900, shape)
    value = {"bool": numbers > 0, "int32": numbers.astype(np.int32)}.get(kind, numbers * 1.0)
    body = np.array2string(
        value, 80, separator=", ", prefix="array(", suffix=")", threshold=value.size + 1
    )
    rows = text_of(value)
    theirs = f"array({body}".split("\n")
    assert rows[: len(theirs) - 1] == theirs[:-1]
    assert "".join(rows[len(theirs) - 1 :]).startswith(theirs[-1])


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (np.linspace(-5, 5, LARGE + 1), ["-5.00000000", "5.00000000"]),
        (np.float32([1e-30, 3e30, *[1.0] * LARGE]), ["1.00000000e-30", "2.99999989e+30"]),
        (np.full(LARGE + 1, 1e200), ["1.00000000e+200"]),
        (np.full(LARGE + 1, 1 - 2j), ["1.00000000e+00-2.00000000e+00j"]),
        (np.full(LARGE + 1, 0.5, ml_dtypes.bfloat16), ["0.50000000", "dtype=bfloat16)"]),
        (np.float16([np.nan, np.inf, *[7] * LARGE]), ["nan", "inf", "7."]),
    ],
    ids=str,
)
def test_cells_have_one_width(value: np.ndarray, texts: list[str]) -> None:
    rows = text_of(value)
    assert all(len(row) <= 80 for row in rows)
    assert len({len(row) for row in rows[1:-2]}) == 1
    whole = " ".join(rows)
    assert all(text in whole for text in texts)


def test_bad_and_highlighted_elements_are_marked() -> None:
    value = np.zeros((100, 300), np.float32)
    value[0, 1], value[99, 299] = np.nan, 5
    lines = array_lines(value, 80, whole=True, highlighted=value == 5)
    assert [(s.text, s.style) for s in lines[0].spans if s.style] == [("nan", "bad")]
    assert [(s.text, s.style) for s in lines[-1].spans if s.style] == [("5.", "highlight")]


def test_ten_million_elements_are_shown_found_and_laid_out_anew_at_once() -> None:
    value = np.random.RandomState(0).rand(10_000, 1_000).astype(np.float32)
    start = time.process_time()
    lines = joined([line("head")], array_lines(value, 100, whole=True), [line("foot")])
    screen = Screen(lines, data={"shape": [10_000, 1_000]})
    view = View(screen, "pt -a big")
    view.fit(100, 20)
    for width in (100, 60, 141):
        view.fit(width, 20)
        view.scroll_to(view.rows.first_row(line_of_element(screen, view.lines, (5000, 500))))
        assert "[5000," in view.element_text
    view.scroll_to(view.last_top)
    assert view.lines[view.visible()[-1].line].text == "foot"
    assert time.process_time() - start < 5, "half a minute with NumPy's own text"


def test_the_element_at_the_top_stays_there() -> None:
    value = np.arange(100_000).reshape(100, 1000)
    screen = Screen(joined([line("head"), Line(())], array_lines(value, 100, whole=True)))
    view = View(screen, "pt")
    view.fit(100, 10)
    view.scroll_to(700)
    index = view.lines[view.visible()[0].line].index
    assert index is not None
    view.fit(50, 10)
    again = view.lines[view.visible()[0].line].index
    assert again is not None
    assert again[0] == index[0]
    assert 0 <= index[1] - again[1] < 10
