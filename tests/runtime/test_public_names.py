"""What of TensorFlow's public names is here: all but those that a list gives with a reason."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import opscope.runtime as tf

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from public_names import ABSENT, absent_names, is_here, places


def test_every_name_is_here_or_listed_as_absent() -> None:
    absent = absent_names()
    missing = [p for p in places() if p not in absent and not is_here(tf, p)]
    print(f"{len(places())} names, {len(absent)} of them absent")
    assert missing == []


def test_absent_names_are_absent_and_tensorflows() -> None:
    known = set(places())
    assert [p for p in absent_names() if p not in known] == []
    assert [p for p in absent_names() if is_here(tf, p)] == []


def test_no_name_is_listed_twice() -> None:
    counts = Counter(name for names in ABSENT.values() for name in names.split())
    assert [name for name, count in counts.items() if count > 1] == []


def test_dir_shows_the_names_of_a_module() -> None:
    for module in (tf, tf.dtypes, tf.initializers, tf.math):
        shown = set(dir(module))
        assert {"cast", "variables", "softmax", "abs"} & shown
