"""Markdown of a log as HTML that can do nothing: no script, no style, nothing fetched."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MOST_CHARACTERS = 200_000  # of one text; the rest is cut, and that is said
MOST_MARKDOWN = 20_000  # parsing takes time by the square of some texts: 0.2 s for these at worst
MOST_CELLS = 10_000
_TAGS = {
    *("a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2"),
    *("h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "s", "span", "strong", "sub"),
    *("sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "td": {"align"}, "th": {"align"}}


def safe_html(markdown: str) -> str:
    """HTML of a Markdown text (CommonMark with tables), cleaned by an allow list.

    HTML inside the text is kept as far as the list goes. A picture becomes a link to it: drawing
    it would fetch it. A text longer than MOST_MARKDOWN stands as it was written.
    """
    import nh3

    if len(markdown) > MOST_MARKDOWN:
        return f"<pre>{escape(cut(markdown))}</pre>"

    return nh3.clean(
        _parser().render(markdown),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def safe_cells(rows: list[list[str]]) -> list[list[str]]:
    """The same of every cell of a table, whose texts count together."""
    size = sum(len(cell) for row in rows for cell in row)
    if size > MOST_MARKDOWN:
        return [[f"<pre>{escape(cut(cell))}</pre>" for cell in row] for row in rows]
    return [[safe_html(cell) for cell in row] for row in rows]


def cut(text: str) -> str:
    """The text, its end replaced by a remark where it is too long."""
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]}\n\n[{len(text) - MOST_CHARACTERS} more characters]"


def raw_cells(rows: list[list[str]]) -> list[list[str]]:
    """Every cell as it was written, long ones cut."""
    return [[cut(cell) for cell in row] for row in rows]


def text_table(texts: npt.NDArray[np.object_]) -> tuple[list[list[str]], str]:
    """Rows of cells of an array of strings, and what was left out of them ("" where nothing was).

    A single string is one cell, a vector a column; of more than two dimensions the first matrix.
    """
    told = []
    if texts.ndim > 2:
        told.append(f"The first matrix of a tensor of shape {list(texts.shape)}.")
        texts = texts[(0,) * (texts.ndim - 2)] if texts.size else texts.reshape(0, 0)
    matrix = texts.reshape(1, 1) if texts.ndim == 0 else texts
    if matrix.ndim == 1:
        matrix = matrix.reshape(-1, 1)
    if matrix.size > MOST_CELLS:
        rows = max(1, MOST_CELLS // matrix.shape[1])
        told.append(f"The first {rows} of {len(matrix)} rows.")
        matrix = matrix[:rows, :MOST_CELLS]
    cells: list[list[str]] = matrix.tolist()
    return cells, " ".join(told)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.add_render_rule("image", _picture_as_link)
    return parser


def _picture_as_link(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    from markdown_it.common.utils import escapeHtml

    address = escapeHtml(str(tokens[index].attrs.get("src", "")))
    return f'<a href="{address}">{escapeHtml(tokens[index].content or address)}</a>'
