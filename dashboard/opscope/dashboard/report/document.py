"""The report as one HTML document: data, pictures, and the pages' own scripts and styles in it."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import orjson

from opscope.dashboard.app import ASSETS
from opscope.dashboard.pages import PAGES as ALL_PAGES
from opscope.dashboard.report import request as limits
from opscope.dashboard.report.collecting import PAGES
from opscope.dashboard.report.graph_drawing import drawing

BEFORE = ("theme.js", "opscope.js", "dom.js", "report.js")
STYLES = ("palette.css", "icons.css", "shell.css")
LEFT_OUT = ("alerts.js", "early_page.js")  # what asks a server
_ADDRESS = re.compile(r'url\("([^"]+)"\)')
_TYPES = {"woff2": "font/woff2", "svg": "image/svg+xml"}


def document(
    title: str,
    facts: Sequence[tuple[str, str]],
    notes: Iterable[str],
    rows: Sequence[dict[str, Any]],
    graphs: Sequence[dict[str, Any]],
    data: dict[str, Any],
) -> str:
    """The whole document.

    facts: words and what they say, for the head; notes: what was left out; rows: figures of the
    curves; graphs and data as `Collector` gives them.
    """
    pages = list(data["tags"])
    scripts, styles = _assets(pages)
    tabs = [("overview", "Overview", "files"), *([("graph", "Graph", "graph")] if graphs else [])]
    tabs += [(name, PAGES[name], name) for name in pages]
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )
    sections = [_overview(title, facts, notes, rows)]
    if graphs:
        sections.append(_graphs(graphs))
    sections += [_frame(name) for name in pages]
    # "<" could end the element, whatever a tag is called.
    embedded = orjson.dumps(data).decode().replace("<", "\\u003c")
    links = "".join(
        f'<a class="tab" href="#{name}"><span class="icon icon-{icon}"></span>{words}</a>'
        for name, words, icon in tabs
    )
    return f"""<!DOCTYPE html>
<html lang="en" data-base="" data-theme="light">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{styles}</style>
</head>
<body>
<div class="frame report">
<a class="skip" href="#page">Skip to the page</a>
<header class="top"><span class="brand"><span class="logo"></span><span class="name">{escape(title)}
</span></span><nav class="tabs" aria-label="Pages">{links}</nav>
<div class="status"><button id="theme" class="icon-button" title="Light or dark"
aria-label="Switch between light and dark"><span class="icon icon-theme"></span></button></div>
</header>
<main id="page" class="page" tabindex="-1">{"".join(sections)}</main>
</div>
<script type="application/json" id="report-data">{embedded}</script>
{"".join(f"<script>{script}</script>" for script in scripts)}
</body>
</html>
"""


def _assets(pages: Sequence[str]) -> tuple[list[str], str]:
    """The scripts, in their order, and the styles with their fonts and pictures in them."""
    wanted = [page for page in ALL_PAGES if page.path.strip("/") in pages]
    names = dict.fromkeys([*BEFORE, *(name for page in wanted for name in page.assets)])
    scripts = [
        (ASSETS / name).read_text("utf-8")
        for name in names
        if name.endswith(".js") and name not in LEFT_OUT
    ]
    sheets = [*STYLES, *(name for name in names if name.endswith(".css")), "report.css"]
    styles = "\n".join((ASSETS / name).read_text("utf-8") for name in sheets)
    assert not any("</script" in script.lower() for script in scripts)
    return scripts, _ADDRESS.sub(_inlined, styles)


def _inlined(found: re.Match[str]) -> str:
    address = found[1]
    if address.startswith(("data:", "#")):
        return found[0]
    encoded = base64.b64encode((ASSETS / address).read_bytes()).decode()
    return f'url("data:{_TYPES[address.rpartition(".")[2]]};base64,{encoded}")'


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _frame(name: str) -> str:
    """The empty frame that a page's script fills."""
    return (
        f'<div class="split" data-page="{name}" hidden>'
        f'<aside class="side" id="{name}-side" aria-label="Runs and settings"></aside>'
        f'<section class="body" id="{name}-body" aria-label="{PAGES[name]}"></section></div>'
    )


def _overview(
    title: str,
    facts: Sequence[tuple[str, str]],
    notes: Iterable[str],
    rows: Sequence[dict[str, Any]],
) -> str:
    told = "".join(f"<dt>{escape(word)}</dt><dd>{escape(value)}</dd>" for word, value in facts)
    left_out = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f'<section class="overview" data-page="overview" aria-label="Overview">'
        f"<h1>{escape(title)}</h1><dl>{told}</dl>"
        + (f"<h2>Left out</h2><ul>{left_out}</ul>" if left_out else "")
        + "<noscript><p>Charts need JavaScript; figures and graphs do not.</p></noscript>"
        + (_table(rows) if rows else "")
        + "</section>"
    )


def _table(rows: Sequence[dict[str, Any]]) -> str:
    heads = (
        "Run",
        "Tag",
        "Points",
        "Last finite",
        "Last step",
        "Lowest",
        "At step",
        "Highest",
        "At step",
    )
    head = "".join(f'<th scope="col">{word}</th>' for word in (*heads, "Not finite", "Written"))
    body = "".join(
        "<tr>"
        f"<td><bdi>{escape(row['run'])}</bdi></td><td><bdi>{escape(row['tag'])}</bdi></td>"
        + "".join(
            f"<td>{_number(row.get(name))}</td>"
            for name in ("count", "last", "last_step", "min", "min_step", "max", "max_step")
        )
        + f"<td class='{'bad' if row['bad'] else ''}'>{row['bad'] or ''}</td>"
        f"<td>{_moment(row['last_wall'])}</td></tr>"
        for row in rows[: limits.MOST_ROWS]
    )
    more = len(rows) - limits.MOST_ROWS
    told = f"<p>and {more} more</p>" if more > 0 else ""
    return (
        f'<h2>Curves</h2><div class="report-table"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{told}"
    )


def _number(value: float | int | None) -> str:
    if value is None:
        return ""
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else f"{value:.5g}"


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return ""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return f"{seconds:g} s"


def _graphs(graphs: Sequence[dict[str, Any]]) -> str:
    parts = []
    for graph in graphs:
        totals, names = graph["view"]["totals"], ", ".join(graph["runs"])
        label = f"Graph {graph['tag']} of {names}"
        is_aside = any(node.get("aside") for node in graph["view"]["nodes"])
        aside = " What stands aside is used by many, by edges not drawn." if is_aside else ""
        parts.append(
            f"<h2><bdi>{escape(names)}</bdi></h2><p>{totals['nodes']:,} ops, {totals['edges']:,} "
            f"edges, {totals['scopes']:,} scopes; the outermost ones are drawn.{aside}</p>"
            f'<div class="graph-frame" tabindex="0" role="group" aria-label="{escape(label)}">'
            f"{drawing(graph['view'], label)}</div>"
        )
    return (
        f'<section class="overview" data-page="graph" aria-label="Graph">{"".join(parts)}</section>'
    )
