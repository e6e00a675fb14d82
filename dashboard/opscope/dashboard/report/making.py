"""Makes the report of a logdir."""

from __future__ import annotations

import time
from pathlib import Path

from opscope.dashboard.app import create_app
from opscope.dashboard.own_version import own_version
from opscope.dashboard.report.collecting import Collector
from opscope.dashboard.report.document import document
from opscope.dashboard.report.request import ReportRequest
from opscope.dashboard.store import Store

SHOWN = ("scalar", "histogram", "image", "text", "graph")


def make_report(logdir: str | Path, asked: ReportRequest) -> str:
    """One HTML document of what is asked for.

    Raises UnreadableError where the logdir cannot be read, ValueError where nothing in it matches.
    """
    with Store(logdir, reload_interval=0) as store:
        with store.reading() as opened:
            runs = [run for run in opened.runs() if asked.wants_run(run)]
            kinds = [
                opened.kind(run, tag)
                for run in runs
                for tag in opened.tags(run)
                if asked.wants(run, tag)
            ]
        collector = Collector(create_app(store).server.test_client(), asked)
        collector.collect()
        graphs = [] if asked.tag else collector.graphs()
        rows, data = collector.rows(), collector.data
        if not (data["tags"] or graphs):
            raise ValueError("no run and tag matches, or what does is nothing that a report shows")
        if store.problems:
            many = len(store.problems)
            collector.notes.append(f"Damaged places in the logdir: {many}, {store.problems[0]} ...")
        others = sorted({kind for kind in kinds if kind not in SHOWN})
        if others:
            collector.notes.append(f"Tags of other kinds ({', '.join(others)}): see the logdir.")
        title = asked.title or Path(str(logdir)).resolve().name or str(logdir)
        facts = [
            ("Logdir", str(logdir)),
            ("Runs", f"{len(runs)}"),
            ("Tags", f"{len(kinds)} in all runs together"),
            ("Made", f"{time.strftime('%Y-%m-%d %H:%M:%S')} by opscope {own_version()}"),
        ]
        return document(title, facts, collector.notes, rows, graphs, data)
