"""Every page on the logs of three writers: all they hold is there, and axe finds no fault in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import watched_context
from event_oracle import oracle, unpack_logs

from opscope.dashboard.pages import PAGES
from opscope.dashboard.server import Server

playwright = pytest.importorskip("playwright.sync_api")
axe_playwright_python = pytest.importorskip("axe_playwright_python")
expect = playwright.expect

pytestmark = pytest.mark.browser

RUNS = ("tf1/test", "tf2/main", "torch/all")
KINDS = {
    "scalars": ("simple_value", "scalars"),
    "histograms": ("histo", "histograms"),
    "distributions": ("histo", "histograms"),
    "images": ("image", "images"),
    "text": (None, "text"),
}
AXE = (Path(axe_playwright_python.__file__).with_name("axe.min.js")).read_text()
# What is looked for in each theme: in the dark one, what may be otherwise than in the light one.
RULES = {"light": ["wcag2a", "wcag2aa"], "dark": ["color-contrast"]}
# Of cards that are made alike, the first two of each group.
AXE_RUN = """(rules) => axe.run({ exclude: [".grid > .card:nth-child(n+3)"] },
    { resultTypes: ["violations"], runOnly: rules })"""
# The cards of a page with what they fetched, whether they are in view or not.
CARDS = """async (name) => {
    const { page } = opscope[name];
    await page.ready;
    const cards = [...page.grid.cards.values()];
    await Promise.all(cards.map((card) => card.data ? 0 : card.load()));
    return cards.map(({ run, tag, data }) => ({ run, tag, data }));
}"""


def test_every_page_shows_what_three_writers_wrote(
    browser: Any, served: Callable[..., Server], tmp_path: Path
) -> None:
    logs = unpack_logs(tmp_path)
    said = {run: by_kind(oracle(logs, run)) for run in RUNS}
    server, runs = served(logs), "&".join(f"run={run}" for run in RUNS)
    still = {"reduced_motion": "reduce", "viewport": {"width": 1280, "height": 800}}
    with watched_context(browser, bypass_csp=True, **still) as tab:
        page = tab.new_page()
        for one in PAGES:
            name = one.path.strip("/")
            query = "run=tf1/train" if name == "graph" else f"{runs}&bins=written&smoothing=0"
            page.goto(f"{server.url}{name}?{query}", wait_until="domcontentloaded")
            expect(page.locator(f"#tab-{name}.current")).to_have_count(1)
            expect(page.locator("#early")).to_have_count(0)
            if name in KINDS:
                compare(name, page.evaluate(CARDS, name), said)
            faults(page, name)
        page.goto(f"{server.url}scalars?tags=^accuracy$&run=tf2/hparams/run-0")
        page.get_by_label("All runs").check()
        page.get_by_text("Colours and groups").click()
        page.get_by_label("Groups", exact=True).select_option("hparam")
        page.get_by_label("Hyperparameter").select_option("lr")
        page.get_by_label("Colours", exact=True).select_option("group")
        expect(page.locator(".group-key")).to_contain_text("lr 0.04")
        colours = page.locator(".curve").evaluate_all(
            "all => new Set(all.map((one) => one.getAttribute('stroke'))).size"
        )
        assert colours == 4
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.locator("dialog.keys kbd").first).to_be_visible()
        faults(page, "keys")


def by_kind(values: dict[tuple[str, int], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """For each page its tags, and of each the values by step, as the other reader found them."""
    found: dict[str, dict[str, Any]] = {page: {} for page in KINDS}
    plugins: dict[str, str] = {}  # told with the first value of a tag alone
    for (tag, step), value in values.items():
        plugin = plugins.setdefault(tag, value.get("metadata", {}).get("plugin_name", ""))
        for page, (kind, of_plugin) in KINDS.items():
            if value["kind"] == kind or plugin == of_plugin:
                found[page].setdefault(tag, {})[step] = value
    return found


def compare(name: str, cards: list[dict[str, Any]], said: dict[str, Any]) -> None:
    """The cards of a page have every run, tag, step and value of its kind."""
    if name == "scalars":
        shown = {
            (series["run"], card["tag"]): series
            for card in cards
            for series in card["data"]["series"]
        }
    else:
        shown = {(card["run"], card["tag"]): card["data"] for card in cards}
    written = {(run, tag): of for run in RUNS for tag, of in said[run][name].items()}
    assert set(shown) == set(written), name
    for key, data in shown.items():
        values = written[key]
        if name == "histograms":
            (data,) = data["series"]
        assert data["step"] == sorted(values), (name, key)
        for place, step in enumerate(data["step"]):
            value = values[step]
            if name == "scalars":
                written_here = value.get("value", value.get("tensor", {}).get("values", [None])[0])
                assert np.float32(data["value"][place]) == np.float32(written_here) or (
                    data["value"][place] == written_here == "NaN"
                )
            elif name == "histograms" and "tensor" in value:
                total = sum(sum(column) for column in data["buckets"][place])
                assert total == pytest.approx(value["tensor"]["mean"] * 90)
            elif "histo" in value and value["histo"]["num"]:
                histo = value["histo"]
                if name == "histograms":
                    lefts, rights, counts = data["buckets"][place]
                    ends = (min(lefts), max(rights), sum(counts))
                    assert ends == (histo["min"], histo["max"], histo["num"])
                else:
                    ends = data["values"][place][0], data["values"][place][-1]
                    assert ends == (histo["min"], histo["max"])


def faults(page: Any, name: str) -> None:
    """Nothing on the page, light and dark, with its folds open, is serious or critical to axe."""
    page.evaluate("for (const box of document.querySelectorAll('details.more')) box.open = true")
    page.locator("#live").evaluate("(box) => { box.open = true; }")
    page.evaluate(f"window.axe || (() => {{ {AXE} }})()")
    found = []
    for theme, rules in RULES.items():
        page.evaluate(
            "(theme) => document.documentElement.setAttribute('data-theme', theme)",
            theme,
        )
        found += [
            f"{name}, {theme}: {fault['id']}: {' '.join(node['html'].split())[:200]}"
            for fault in page.evaluate(AXE_RUN, rules)["violations"]
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]
    assert not found, "\n".join(found)
