"""Smoothing and re-binning against the functions of TensorBoard's own page, run in Chromium."""

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from opscope.dashboard.histogram_bins import rebinned
from opscope.dashboard.smoothing import smooth

pytestmark = pytest.mark.interop
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WEIGHTS = (0.0, 0.3, 0.6, 0.99)

# TensorBoard's code between the marks, called on the page's input; the answers become its text.
PAGE = """<!DOCTYPE html><meta charset="utf-8"><body><script>
const object = {{ {smooth} }};
{rebin}
{bounds}
{migrate}
const least = (all, of = (x) => x) => all.map(of).reduce((a, b) => (b < a ? b : a));
const most = (all, of = (x) => x) => all.map(of).reduce((a, b) => (b > a ? b : a));
const {least} = least, {most} = most;
const number = (x) => ({{ NaN, Infinity, "-Infinity": -Infinity }})[x] ?? x;
const input = {input};
const smooth = input.curves.map(({{ weight, values }}) => {{
  const points = values.map((y) => ({{ y: number(y) }}));
  const self = {{ smoothingWeight: weight, yValueAccessor: (point) => point.y }};
  object.resmoothDataset.call(self, {{ data: () => points }});
  return points.map((point) => String(point.smoothed));
}});
const rebin = (all) => {migrate_name}(all.map((own) => [0, 0, own]));
const bins = input.histograms.map((all) => rebin(all).map((one) => one.bins));
document.body.textContent = JSON.stringify({{ smooth, bins }});
</script></body>"""


def test_smoothing_and_bins_are_tensorboards(tmp_path):
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    noise = np.random.default_rng(0)
    curves = [_curve(noise, kind) for kind in range(12)]
    histograms = [_histograms(noise, kind) for kind in range(8)]
    asked = [(weight, values) for weight in WEIGHTS for values in curves]
    said = _tensorboard(tmp_path, asked, histograms)

    for (weight, values), theirs in zip(asked, said["smooth"], strict=True):
        ours = smooth(np.array(values), weight)
        np.testing.assert_allclose(ours, [float(y) for y in theirs], rtol=1e-12, atol=1e-15)
    for buckets, theirs in zip(histograms, said["bins"], strict=True):
        edges, counts = rebinned([np.array(own) for own in buckets])
        their_counts = [[one["y"] for one in row] for row in theirs]
        np.testing.assert_allclose(counts, their_counts, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(edges[:-1], [one["x"] for one in theirs[0]], atol=1e-9)


def _curve(noise, kind):
    values = noise.normal(0, 1, 40 if kind else 1)
    if kind == 1:
        values[:] = 3.25
    if kind > 5:
        values[noise.integers(0, 40, 5)] = [np.nan, np.inf, -np.inf, np.nan, 0.0]
    return values.tolist()


def _histograms(noise, kind):
    """Histograms [[left, right, count], ...] of several steps: wide, narrow, of one value."""
    if kind == 0:
        return [[[2.0, 2.0, 5.0]], [[2.0, 2.0, 7.0]]]
    found = []
    for step in range(5):
        edges = np.sort(noise.normal(step, 1 + kind, 12))
        if kind > 4:
            edges[5] = edges[6]  # a bucket without width
        counts = noise.integers(0, 50, 11)
        found.append(np.stack([edges[:-1], edges[1:], counts], axis=1).tolist())
    return found


def _tensorboard(folder, curves, histograms):
    """What TensorBoard's functions make of the same input."""
    import tensorboard

    with zipfile.ZipFile(Path(tensorboard.__file__).with_name("webfiles.zip")) as files:
        script = files.read("index.js").decode()
    rebin = _function(script, r"function \w+\(e,t,r,n=30\)")
    name = re.match(r"function (\w+)", rebin)[1]
    migrate = _function(script, r"function \w+\(e\)\{let t=e\.map\(\w+\),r=\w+\(t,i=>i\.min\)")
    bounds_name, least = re.search(r"e\.map\((\w+)\),r=(\w+)\(", migrate).groups()
    most = re.search(r"n=(\w+)\(t,i=>i\.max\)", migrate)[1]
    assert name in migrate
    bounds = _function(script, rf"function {bounds_name}\(e\)")
    spelt = [
        {"weight": weight, "values": [y if np.isfinite(y) else _spelt(y) for y in values]}
        for weight, values in curves
    ]
    page = folder / "page.html"
    page.write_text(
        PAGE.format(
            smooth=_function(script, r"resmoothDataset\(t\)"),
            rebin=rebin,
            bounds=bounds,
            migrate=migrate,
            migrate_name=re.match(r"function (\w+)", migrate)[1],
            least=least,
            most=most,
            input=json.dumps({"curves": spelt, "histograms": histograms}),
        )
    )
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
    dump = subprocess.run(
        [CHROMIUM, *flags, "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(re.search(r"<body>(.*)</body>", dump.stdout, re.DOTALL)[1])


def _spelt(value):
    return "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _function(script, head):
    """The source of the function that begins so, up to its closing brace."""
    start = re.search(head, script).start()
    at = script.index("{", start)
    depth = 0
    for place in range(at, at + 20_000):
        depth += {"{": 1, "}": -1}.get(script[place], 0)
        if depth == 0:
            return script[start : place + 1]
    raise AssertionError(f"{head} has no end")
