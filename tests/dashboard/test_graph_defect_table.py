"""Each defect of TensorBoard's graph page has a test that names it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from graph_defects import DEFECTS, NOT_BUILT, Defect

TESTS = Path(__file__).parents[1]


def words(text: str) -> str:
    """An id or a name as words with `_` between: `#6430` is 6430, `tf#458` is tf458."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower().replace("#", ""))


@cache
def names(file: str) -> dict[str, list[str]]:
    """The tests of a file, with the ids of their parameters."""
    found = {}
    for node in ast.parse((TESTS / file).read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            constants = [each for d in node.decorator_list for each in ast.walk(d)]
            texts = [each.value for each in constants if isinstance(each, ast.Constant)]
            found[node.name] = [text for text in texts if isinstance(text, str)]
    return found


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda each: each.id)
def test_a_test_holds_it(defect: Defect) -> None:
    file, _, name = defect.test.partition("::")
    assert name in names(file), f"{defect.id}: {file} has no {name}"
    named = [words(text) for text in (name, *names(file)[name])]
    assert any(f"_{words(defect.id)}_" in f"_{text}_" for text in named), defect.test


def test_no_id_stands_twice() -> None:
    ids = [each.id for each in DEFECTS] + list(NOT_BUILT)
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"([\w-]*#\d+ ?)*", each.threads) for each in DEFECTS)
