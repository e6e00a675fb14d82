"""Programs of `tests/programs` give the same under TensorFlow and under opscope."""

from __future__ import annotations

import os
import runpy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")

pytestmark = pytest.mark.interop

PROGRAMS = sorted((Path(__file__).parents[1] / "programs").glob("*.py"))


@pytest.fixture(scope="module", autouse=True)
def _as_in_version_1() -> None:
    theirs.disable_v2_behavior()
    theirs.disable_resource_variables()


def run(program: Path, tf: Any) -> Any:
    with tf.Graph().as_default():
        return runpy.run_path(str(program))["main"](tf)


def same(a: Any, b: Any, where: str) -> None:
    """Compare two nested results: numbers within 1e-5 of the largest, all else exactly."""
    if isinstance(b, Mapping):
        assert list(a) == list(b), where
        for key in b:
            same(a[key], b[key], f"{where}/{key}")
    elif isinstance(b, (list, tuple)):
        assert len(a) == len(b), where
        for i, pair in enumerate(zip(a, b, strict=True)):
            same(*pair, f"{where}/{i}")
    elif isinstance(b, (np.ndarray, np.generic)) and b.dtype.kind in "fc":
        assert a.dtype == b.dtype, where
        scale = max(1.0, float(np.abs(b).max(initial=0)))
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5 * scale, err_msg=where)
    elif isinstance(b, np.ndarray):
        assert a.dtype == b.dtype, where
        np.testing.assert_array_equal(a, b, err_msg=where)
    elif isinstance(b, float):
        assert a == pytest.approx(b, rel=1e-5), where
    else:
        assert a == b, where


# They fetch a variable by the name of its tensor, which is then a handle.
OF_REFERENCES = {"checkpoints"}


@pytest.fixture(params=[False, True], ids=["references", "resources"])
def _variables(request: Any) -> Iterator[None]:
    if request.param:
        if request.node.callspec.params["program"].stem in OF_REFERENCES:
            pytest.skip("the program fetches the reference of a variable")
        ours.enable_resource_variables()
        theirs.enable_resource_variables()
    yield
    ours.disable_resource_variables()
    theirs.disable_resource_variables()


@pytest.mark.usefixtures("_variables")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_same_results(program: Path) -> None:
    same(run(program, ours), run(program, theirs), program.stem)
