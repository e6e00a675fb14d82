"""Whole outputs kept in tests/gold; OPSCOPE_REWRITE_GOLD=1 writes them anew.

OPSCOPE_REWRITE_GOLD=1 python -m pytest tests/tfdbg
"""

from __future__ import annotations

import os
from pathlib import Path

GOLD = Path(__file__).parents[1] / "gold"
REWRITE = "OPSCOPE_REWRITE_GOLD"


def assert_gold(text: str, name: str) -> None:
    """Compare with tests/gold/NAME; what differs is saved beside it as NAME.actual."""
    path = GOLD / name
    actual = path.with_name(path.name + ".actual")
    if os.environ.get(REWRITE):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    expected = path.read_text() if path.exists() else ""
    if text == expected:
        actual.unlink(missing_ok=True)
        return
    actual.parent.mkdir(parents=True, exist_ok=True)
    actual.write_text(text)
    assert text == expected, f"{actual} differs from {path.name}; {REWRITE}=1 accepts it"
