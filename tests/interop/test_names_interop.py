"""Every public name of TensorFlow 1 is here, or in the list of those that are not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from public_names import PATH, names_of, read_names  # noqa: E402

pytestmark = pytest.mark.interop


def test_the_table_of_names_is_tensorflows() -> None:
    found = names_of(theirs)
    written = "".join(
        " ".join([f"tf.{module}" if module else "tf", *names]) + "\n"
        for module, names in sorted(found.items())
    )
    if os.environ.get("OPSCOPE_WRITE_NAMES"):
        PATH.write_text(written)
    assert read_names() == found
