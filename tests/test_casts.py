"""The recorded sessions: whole, without the recorder's machine, and showing what they say."""

import json
from itertools import pairwise
from pathlib import Path

import pyte

CAST = Path(__file__).parents[1] / "docs/casts/demo.cast"


def test_the_demo_is_recorded() -> None:
    header, *events = map(json.loads, CAST.read_text().splitlines())
    assert header["version"] == 2
    times = [at for at, _, _ in events]
    assert times == sorted(times)
    assert max(after - before for before, after in pairwise(times)) < 10
    screen = pyte.Screen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    seen = set()
    for _, kind, text in events:
        assert kind == "o"
        stream.feed(text)
        seen.update(row.strip() for row in screen.display)
    assert any(row.startswith("First bad tensor, step") for row in seen)
    assert any('passing filter "has_inf_or_nan":' in row for row in seen)
    assert any(row.startswith("Made at: ~/opscope/") for row in seen)
    assert not any(row.startswith("ERROR") for row in seen)
