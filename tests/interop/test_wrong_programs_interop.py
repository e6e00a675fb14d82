"""A wrong program gets TensorFlow's exception type, and a message that leads to the mistake."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import opscope.runtime as ours

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")
sys.path.insert(0, str(Path(__file__).parent))

from wrong_programs import WRONG  # noqa: E402

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module", autouse=True)
def _as_in_version_1() -> None:
    theirs.disable_v2_behavior()
    theirs.disable_resource_variables()


def raised(tf: Any, program: Callable[[Any], Any]) -> BaseException:
    with tf.Graph().as_default(), pytest.raises(Exception) as caught:  # noqa: PT011 - any
        program(tf)
    return caught.value


@pytest.mark.parametrize("name", WRONG)
def test_same_exception(name: str) -> None:
    mine, reference = raised(ours, WRONG[name]), raised(theirs, WRONG[name])
    # TensorFlow raises a kind of TypeError that is its own where a tensor is taken for a number.
    theirs_or_base = {c.__name__ for c in type(reference).__mro__} - {"Exception", "object"}
    assert type(mine).__name__ in theirs_or_base, f"{mine!r}\n{reference!r}"
    assert str(mine)
    if isinstance(mine, ours.errors.OpError) and mine.op is not None:
        assert mine.op.name in str(mine)
        assert "wrong_programs.py" in str(mine), "the line that made the op"
