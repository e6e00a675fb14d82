"""What the documents say is so: commands exist, dependencies are explained, flags are listed."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DOCUMENTS = [
    path
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("*/**/*.md")]
    if not any(part.startswith((".", "node_modules")) for part in path.relative_to(ROOT).parts)
]


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~ \[;]", requirement, maxsplit=1)[0]


def documented(heading: str) -> list[str]:
    """The names in the list below a heading of docs/dependencies.md."""
    text = (ROOT / "docs/dependencies.md").read_text()
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^- `([^`]+)`: \S", section, flags=re.MULTILINE)


def test_the_set_up_commands_are_the_two_of_the_readme() -> None:
    section = README.split("## Two commands", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^ {4}(make \w+)", section, flags=re.MULTILINE) == ["make demo", "make test"]


def test_every_make_target_that_is_named_exists_and_every_target_is_named() -> None:
    targets = set(re.findall(r"^(\w+):", MAKEFILE, flags=re.MULTILINE))
    named = set(re.findall(r"\bmake (\w+)\b {2,}#", README))
    assert named == targets


@pytest.mark.parametrize(
    ("heading", "requirements"),
    [
        ("Always", PROJECT["dependencies"]),
        *(
            (f"Extra `{extra}`", requirements)
            for extra, requirements in PROJECT["optional-dependencies"].items()
        ),
    ],
)
def test_every_dependency_says_why_it_is_here(heading: str, requirements: list[str]) -> None:
    assert sorted(documented(heading), key=str.lower) == sorted(
        map(name_of, requirements), key=str.lower
    )


def test_the_command_reference_is_what_the_commands_say() -> None:
    reference = runpy.run_path(str(ROOT / "docs/cli_reference.py"))
    written = (ROOT / "docs/cli.md").read_text()
    assert "".join(reference["sections"]()) == written, "run `make docs`"


def test_the_api_reference_is_what_the_server_says() -> None:
    reference = runpy.run_path(str(ROOT / "docs/api_reference.py"))
    written = (ROOT / "docs/api.md").read_text()
    assert "".join(reference["sections"]()) == written, "docs/api.md is old: run `make docs`"


def test_the_list_of_ops_is_what_the_registry_says() -> None:
    reference = runpy.run_path(str(ROOT / "docs/ops_reference.py"))
    written = (ROOT / "docs/ops.md").read_text()
    assert "".join(reference["sections"]()) == written, "run `make docs`"


def test_the_list_of_names_is_what_the_modules_have() -> None:
    reference = runpy.run_path(str(ROOT / "docs/names_reference.py"))
    assert reference["page"]() == (ROOT / "docs/names.md").read_text(), "run `make docs`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text())
    missing = [
        link for link in links if "://" not in link and not (document.parent / link).exists()
    ]
    assert missing == []
