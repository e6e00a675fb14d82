"""`config`, `version`, `history`, and the file of the settings."""

import json
from pathlib import Path

import numpy as np
import pytest

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import completions, execute
from opscope.tfdbg.settings import DEFAULTS, SettingError, Settings

SHOWN = "Command-line configuration:\n\n  graph_recursion_depth: {}\n  mouse_mode: {}"


def test_e8_settings_are_shown_and_set() -> None:
    context = Analysis()
    for text in ("config", "cfg", "config show", "cfg show"):
        assert str(execute(context, text)) == SHOWN.format(20, True)
    screen = execute(context, "cfg set graph_recursion_depth 4")
    assert str(screen) == SHOWN.format(4, True)
    bold = [span.text for row in screen.lines for span in row.spans if span.style == "bold"]
    assert bold == ["  graph_recursion_depth: 4"]
    assert str(execute(context, "config set mouse_mode Off")) == SHOWN.format(4, False)
    assert context.settings.mouse_mode is False


@pytest.mark.parametrize("text", ["1", "true", "T", "yes", "Y", "on"])
def test_e8_true(text: str) -> None:
    settings = Settings()
    settings.set("mouse_mode", "0")
    settings.set("mouse_mode", text)
    assert settings.mouse_mode is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config set nosuch 1", "nosuch is not a valid property name."),
        ("config set mouse_mode maybe", "Invalid string value for bool type: maybe"),
        ("config set graph_recursion_depth x", "needs a whole number from 1 on, got x"),
        ("config set graph_recursion_depth 0", "needs a whole number from 1 on, got 0"),
        ("config set mouse_mode", "config takes `show` or `set NAME VALUE`."),
        ("config foo", "config takes `show` or `set NAME VALUE`."),
    ],
)
def test_e8_wrong_settings(text: str, message: str) -> None:
    context = Analysis()
    screen = execute(context, text)
    assert str(screen).startswith("ERROR: ")
    assert message in str(screen)
    assert dict(context.settings.values) == dict(DEFAULTS)


def test_e8_settings_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "config"
    first = Settings(path)
    assert not path.exists()
    first.set("graph_recursion_depth", "7")
    assert json.loads(path.read_text()) == {"graph_recursion_depth": 7, "mouse_mode": True}
    assert Settings(path).graph_recursion_depth == 7
    Settings(tmp_path / "no" / "config").set("mouse_mode", "off")  # cannot be written


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "3", "\x00"),
        *('{"graph_recursion_depth": "x"}', '{"mouse_mode": 1}', '{"graph_recursion_depth": 0}'),
        '{"graph_recursion_depth": true, "other": 1}',
    ],
)
def test_e8_a_damaged_file_counts_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    assert dict(Settings(path).values) == dict(DEFAULTS)


def test_settings_are_checked_in_python_too() -> None:
    with pytest.raises(SettingError):
        Settings().set("nosuch", "1")


def test_version() -> None:
    rows = str(execute(Analysis(), "version")).split("\n")
    assert rows[0].startswith("opscope version: ")
    assert rows[1:] == ["", "Dependency version(s):", f"  numpy: {np.__version__}", ""]
    assert str(execute(Analysis(), "ver")).split("\n") == rows


def test_history() -> None:
    context = Analysis(history=[f"pt n{number}" for number in range(12)])
    screen = execute(context, "history")
    assert screen.lines[0].text == " 1  pt n0"
    assert [screen.lines[-1].text, len(screen.lines)] == ["12  pt n11", 12]
    assert screen.lines[-1].spans[-1].link == "pt n11"
    last = execute(context, "history 2")
    assert [row.text for row in last.lines] == ["11  pt n10", "12  pt n11"]
    assert str(execute(Analysis(), "history")) == "No commands were typed yet."
    assert "from 1 on" in str(execute(context, "history 0"))


def test_tab_knows_the_settings() -> None:
    assert completions(Analysis(), "config s") == ["set", "show"]
    assert completions(Analysis(), "cfg set m") == ["mouse_mode"]
