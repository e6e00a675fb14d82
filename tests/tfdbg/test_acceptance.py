"""Every acceptance case and defect of tfdbg's has its tests, and the table of them is true."""

import re
from pathlib import Path

import pytest
from acceptance_ids import ALL, NOT_TOUCHED, held, ids_in_name, ids_in_parameter

ROWS = re.findall(
    r"^\| ([A-G]\S*) \| (.*) \|$", (Path(__file__).parent / "acceptance.md").read_text(), re.M
)
AGAIN = "`python tests/support/acceptance_ids.py` prints the table of acceptance.md anew"


@pytest.mark.parametrize("case", ALL)
def test_a_test_holds_it(case: str) -> None:
    tests = held()[case]
    assert bool(tests) != (case in NOT_TOUCHED), (case, tests)


def test_no_test_names_an_id_that_is_none() -> None:
    assert sorted(held()) == sorted(ALL)


def test_the_table_has_a_row_for_each() -> None:
    assert [case for case, _ in ROWS] == ALL
    for case, text in ROWS:
        listed = set(text.split("<br>"))
        told = {NOT_TOUCHED[case]} if case in NOT_TOUCHED else set(held()[case])
        assert listed <= told, f"{case}: {AGAIN}"
        assert listed, case


def test_ids_are_found() -> None:
    assert ids_in_name("test_b13_d8_debug_ops") == ["B13", "D8"]
    assert ids_in_name("test_d_3_d6_ranges") == ["D-3", "D6"]
    assert ids_in_name("test_g6b_values") == ["G6b"]
    assert ids_in_name("test_b_filters_of_a_1d_value") == []
    assert ids_in_parameter("D-18 D4 complex") == ["D-18", "D4"]
    assert ids_in_parameter("A16-D1") == ["A16", "D1"]
    assert ids_in_parameter("A9-op-type") == ["A9"]
