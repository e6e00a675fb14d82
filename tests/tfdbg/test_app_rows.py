"""Lines cut to rows: widths, words, wide characters, and finding places again."""

import pytest

from opscope.tfdbg.app.rows import Rows, cut_points
from opscope.tfdbg.app.scroll_bar import Cell, ScrollBar
from opscope.tfdbg.screen import Span, line


def rows_of(text: str, width: int) -> list[str]:
    rows = Rows([line(text)], width)
    return ["".join(piece.text for piece in rows.row(n).pieces) for n in range(len(rows))]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [""]),
        ("abcdef", ["abcdef"]),
        ("abcdefgh", ["abcdef", "gh"]),
        ("abcd efgh", ["abcd ", "efgh"]),
        ("a bcdefgh", ["a bcde", "fgh"]),
        ("日本語日本", ["日本語", "日本"]),
        ("a日本語", ["a日本", "語"]),
        ("a\tb", ["a    b"]),
        ("a\u202eb\u200bc", ["a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"]),
        ("a\x1b[2J\x9b", ["a\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}"]),
    ],
)
def test_rows(text: str, rows: list[str]) -> None:
    assert rows_of(text, 6) == rows


def test_spans_keep_their_links_over_rows() -> None:
    rows = Rows([line("t ", Span("a/long/name", "tensor", "pt a"), " end"), line("x")], 6)
    links = [[(p.text, p.link) for p in rows.row(n).pieces] for n in range(len(rows))]
    assert links == [
        [("t ", None), ("a/lo", "pt a")],
        [("ng/nam", "pt a")],
        [("e", "pt a"), (" end", None)],
        [("x", None)],
    ]
    assert (rows.row_of(0, 9), rows.first_row(1), rows.line_of(2)) == (1, 3, 0)
    piece = rows.row(2).piece_at(0)
    assert piece is not None
    assert piece.link == "pt a"
    assert rows.row(2).piece_at(30) is None
    with pytest.raises(IndexError):
        rows.row(4)


def test_cut_points_of_one_column() -> None:
    assert cut_points("日本", 1) == [0, 1]


def test_f18_the_cells_of_the_scroll_bar() -> None:
    top, end = ScrollBar(10, 100, 0), ScrollBar(10, 100, 90)
    assert top.cells() == [Cell.UP, Cell.BLOCK, *[Cell.TRACK] * 7, Cell.DOWN]
    assert end.cells() == [Cell.UP, *[Cell.TRACK] * 7, Cell.BLOCK, Cell.DOWN]
    assert [top.click(row) for row in (0, 1, 2, 8, 9, 10)] == [-1, 0, 3, 3, 1, 0]
    assert end.click(3) == -3
    assert ScrollBar(10, 10, 0).cells() == []
    assert ScrollBar(2, 10, 0).cells() == []
