"""The table of acceptance cases is true: each id stands in the file that it names."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TABLE = re.findall(r"^\| ([A-G].*?) \| (\S+\.py) \|$", (HERE / "acceptance.md").read_text(), re.M)


@pytest.mark.parametrize(("ids", "file"), TABLE, ids=lambda text: text)
def test_the_file_pins_the_ids(ids: str, file: str) -> None:
    text = (HERE / file).read_text()
    for case in ids.split():
        spelling = case.replace("-", "[-_]?").replace("D[", "[Dd][")
        pattern = rf"(?i)(?<![a-z0-9]){spelling}(?![0-9])"
        assert re.search(pattern, text), f"{case} is not in {file}"


def test_every_case_of_these_groups_is_there() -> None:
    listed = {case for ids, _ in TABLE for case in ids.split()}
    groups = {"B": 13, "C": 17, "D-": 22, "E": 8, "F": 18}
    wanted = {f"{name}{n}" for name, count in groups.items() for n in range(1, count + 1)}
    assert wanted <= listed
