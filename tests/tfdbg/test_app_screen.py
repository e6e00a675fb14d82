"""The full-screen app, by the keys typed into it and the pictures that come out."""

import signal
from pathlib import Path

import pytest
from app_driver import (
    ALT_LEFT,
    CTRL_C,
    CTRL_D,
    DOWN,
    END,
    HOME,
    PAGE_DOWN,
    PAGE_UP,
    SHIFT_DOWN,
    SHIFT_TAB,
    SHIFT_UP,
    UP,
    click,
    drive,
    wheel,
)
from prompt_toolkit.output import ColorDepth

from opscope.tfdbg.action import DETACH
from opscope.tfdbg.screen import Line, Screen, Span, error_screen, line

WORDS = ("ba", "babble", "exit", "h", "help", "quit")


def answer(text: str, columns: int) -> Screen:
    """`babble N` prints N linked lines, `long N` lines of N characters, `exit` leaves."""
    name, *words = text.split()
    if name == "babble":
        menu = (Span("babble again", "", "babble 1"), Span("ahoy", "", None))
        return Screen(tuple(bar(n) for n in range(int(words[0]) if words else 60)), menu=menu)
    if name == "long":
        return Screen((line("x" * int(words[0]) + "end"), line("\tnext\x1b[31m")))
    if name == "ones":
        rows = tuple(line(f" [1. 1. {n}.]", index=(n, 0)) for n in range(5))
        return Screen((line("shape"), *rows), data={"shape": [5, 3]})
    if name == "width":
        return Screen((line(str(columns)),))
    if name == "exit":
        return Screen(action="LEFT")
    if name == "pt":
        return Screen((line("Tensor ", Span(words[0], "bold")),))
    return error_screen(f'Invalid command prefix "{name}"')


def bar(number: int) -> Line:
    return line(f"{number:3d} ", Span("bar", "tensor", f"pt bar:{number}"), " foo")


def completions(text: str) -> list[str]:
    words = text.split()
    last = words[-1] if words and not text.endswith(" ") else ""
    if len(words) > 1 or (words and not last):
        return [word for word in ("bar:0", "bar:10") if word.startswith(last)]
    return [word for word in WORDS if word.startswith(last)]


PICTURE = """\
 run-end: run #1                                                  opscope tfdbg
| <-- --> | babble
| babble again | ahoy |
  0 bar foo                                                                    ▲
  1 bar foo
  2 bar foo                                                                    │
  3 bar foo                                                                    ▼
 Scroll (PgDn): 0.00%         Shift-Tab links · Ctrl-D detach         Mouse: ON
tfdbg>"""


def test_the_whole_screen() -> None:
    shown = drive(answer, [], init_command="babble", rows=9)
    assert "\n".join(shown[0]) == PICTURE
    assert shown.action is DETACH


def test_colours_of_a_row() -> None:
    terminal = drive(answer, [], init_command="babble", kind="hit").terminal
    assert terminal.styled(3, "underscore") == "bar"
    assert terminal.buffer_colour(0, "bg") == "b91c1c"


@pytest.mark.parametrize(
    ("depth", "colour"), [(ColorDepth.DEPTH_4_BIT, "red"), (ColorDepth.DEPTH_8_BIT, "af0000")]
)
def test_colours_where_there_are_few(depth: ColorDepth, colour: str) -> None:
    terminal = drive(answer, [], init_command="babble", kind="hit", depth=depth).terminal
    assert terminal.buffer_colour(0, "bg") == colour


def test_f1_pages_and_single_rows() -> None:
    steps = [PAGE_DOWN, PAGE_DOWN, PAGE_UP, SHIFT_DOWN, SHIFT_UP, wheel(True), wheel(False)]
    shown = drive(answer, steps, init_command="babble", rows=40)
    tops = [int(picture[3].split()[0]) for picture in shown.pictures]
    assert tops == [0, 25, 25, 0, 1, 0, 3, 0]
    assert "Scroll (PgDn): 0.00%" in shown.status(0)
    assert "Scroll (PgUp): 100.00%" in shown.status(1)
    assert "Scroll (PgDn/PgUp): 4.00%" in shown.status(4)


def test_f2_end_and_home() -> None:
    shown = drive(answer, [END, END, HOME], init_command="babble", rows=40)
    texts = [shown.status(number).strip()[:22] for number in (1, 2, 3)]
    assert texts == ["Scroll (PgUp): 100.00%"] * 2 + ["Scroll (PgDn): 0.00%  "]
    assert [shown[1][37].split()[0], shown[3][3].split()[0]] == ["59", "0"]


def test_f3_very_many_lines_open_at_once_and_none_is_cut_off() -> None:
    shown = drive(answer, [END], init_command="babble 200000")
    assert shown.last[21].split()[0] == "199999"


def test_f4_what_cannot_be_run() -> None:
    shown = drive(answer, ["foo\r", "\r"], init_command="babble")
    assert shown[1][2] == 'ERROR: Invalid command prefix "foo"'
    assert "Scroll" not in shown.status(1)
    assert shown[2] == shown[1]


def test_f5_f6_history_by_prefix(tmp_path: Path) -> None:
    kept = tmp_path / "history"
    kept.write_text("babble 5\nhelp\n")
    keys = ["foo\r", "foo\r", UP, UP, UP, UP, DOWN, DOWN, DOWN, "b", UP, UP, DOWN]
    shown = drive(answer, keys, init_command="babble", history=kept)
    typed = [picture[-1].removeprefix("tfdbg>").strip() for picture in shown.pictures[3:]]
    assert typed == [
        "foo",
        "help",
        "babble 5",
        "babble 5",
        "help",
        "foo",
        "",
        "b",
        "babble 5",
        "babble 5",
        "b",
    ]
    assert kept.read_text() == "babble 5\nhelp\nfoo\n"


def test_f7_resize_keeps_the_output() -> None:
    resized = [lambda terminal: terminal.resize(100, 30), "width\r"]
    shown = drive(answer, [PAGE_DOWN, *resized], init_command="babble")
    assert len(shown[2]) == 30
    assert shown[2][3].split()[0] == shown[1][3].split()[0] == "18"
    assert shown[3][2].startswith("98")


@pytest.mark.parametrize(
    ("keys", "typed", "candidates"),
    [
        (["b\t"], "ba", "Candidates: ba babble"),
        (["\t"], "", "Candidates: ba babble exit h help keys mouse next prev quit"),
        (["bab\t"], "babble", None),
        (["zz\t"], "zz", None),
        (["pt b\t"], "pt bar:", "Candidates: bar:0 bar:10"),
        (["pt \t", "1\t"], "pt bar:10", None),
        (["\t", "h\t"], "h", "Candidates: h help"),
        (["mouse o\t"], "mouse o", "Candidates: off on"),
        (["m of\t"], "m off", None),
    ],
)
def test_f8_tab(keys: list[str], typed: str, candidates: str | None) -> None:
    shown = drive(answer, keys, init_command="babble 3", completions=completions)
    assert shown.last[-1].removeprefix("tfdbg>").strip() == typed
    overlay = [row.strip() for row in shown.last if row.startswith(" Candidates:")]
    assert overlay == ([candidates] if candidates else [])


def test_many_candidates_stand_in_columns() -> None:
    words = [f"layer{number}/weights" for number in range(100)]
    shown = drive(answer, ["pt \t"], init_command="babble", completions=lambda text: words)
    first = next(n for n, row in enumerate(shown.last) if row.strip() == "Candidates:")
    assert shown.last[first + 1].split() == [f"layer{n}/weights" for n in range(4)]
    assert first >= 24 - 2 - 12


def test_f9_search_goes_from_match_to_match() -> None:
    shown = drive(answer, ["/5[0-9]? bar\r", "/\r", "/\r", END, "/\r"], init_command="babble")
    tops = [int(picture[3].split()[0]) for picture in shown.pictures]
    assert tops == [0, 5, 15, 25, 41, 35]


def test_f9_search_goes_back() -> None:
    shown = drive(
        answer, ["/5[0-9]? bar\r", "/\r", "/\r", "?\r", "?\r", "?\r"], init_command="babble"
    )
    tops = [int(picture[3].split()[0]) for picture in shown.pictures]
    assert tops == [0, 5, 15, 25, 15, 5, 5]
    assert not any("not found" in row for row in shown[5])
    assert any("Pattern not found" in row for row in shown[6])


def test_f9_search_past_the_last_match_says_so() -> None:
    shown = drive(answer, ["/1 bar\r", "/\r", "/nosuch\r"], init_command="babble 3")
    assert [row for row in shown[2] if row.strip() == "Pattern not found"]
    assert [row for row in shown[3] if row.strip() == "Pattern not found"]


def test_f9_search_finds_over_wrapped_rows_and_marks_matches() -> None:
    shown = drive(answer, ["/end\r"], init_command="long 3000", rows=12)
    assert any("end" in row for row in shown[1])
    marked = drive(answer, ["/(b|r)\r"], init_command="babble 2")
    assert marked.terminal.styled(3, "bg").replace(" ", "") == "br"


def test_f9_search_without_a_search_before_and_a_bad_one() -> None:
    shown = drive(answer, ["/\r", "/[\r"], init_command="babble 3")
    assert shown[1] == shown[0]
    assert ' ERROR: Invalid regular expression: "["' in shown[2]


def test_long_lines_wrap_and_control_characters_are_shown_harmless() -> None:
    shown = drive(answer, [], init_command="long 100")
    assert shown[0][2] == "x" * 78
    assert shown[0][3] == "    " + "x" * 22 + "end"
    assert shown[0][4] == "    next\N{REPLACEMENT CHARACTER}[31m"


def test_f14_mouse_off_and_on() -> None:
    shown = drive(answer, ["mouse off\r", "mouse on\r", "mouse x\r"], init_command="babble 3")
    assert shown.status(1).endswith("Mouse: OFF") or shown[1][-3].endswith("Mouse: OFF")
    assert [picture[-3].strip() for picture in shown.pictures[1:]] == [
        "INFO: Mouse mode: off",
        "INFO: Mouse mode: on",
        "ERROR: Invalid mouse mode: x",
    ]


def test_the_mouse_follows_its_setting() -> None:
    setting = [False]

    def configured(text: str, columns: int) -> Screen:
        if text == "config":
            setting[0] = not setting[0]
        return answer("babble 3", columns)

    shown = drive(
        configured,
        ["mouse on\r", "babble\r", "config\r", "config\r"],
        init_command="babble 3",
        mouse_mode=lambda: setting[0],
    )
    modes = [shown.status(number).split()[-1] for number in range(len(shown.pictures))]
    assert modes == ["OFF", "ON", "ON", "ON", "OFF"]


def test_help_tells_what_only_this_screen_has() -> None:
    shown = drive(answer, ["help mouse\r", "help prev\r", "help\r"], init_command="babble 3")
    assert shown[1][2] == "mouse"
    assert "`mouse on`, `mouse off`" in shown[1][4]
    assert shown[2][4] == "  Show the screen before this one, scrolled as it was left."
    assert shown[3][2].startswith("ERROR: Invalid command prefix")  # the driver's own answer
    assert [shown[3][row] for row in (3, 8)] == ["keys", "mouse"]


def test_f15_a_click_on_a_link_runs_it_also_over_typed_text() -> None:
    shown = drive(answer, ["some text", click(5, 4), click(40, 10)], init_command="babble")
    assert shown[2][2] == "Tensor bar:1"
    assert shown[2][-1] == "tfdbg> some text"
    assert shown[3] == shown[2]


def test_f16_clicks_on_the_menu() -> None:
    shown = drive(answer, [click(5, 2), click(18, 2) + "z"], init_command="babble")
    assert shown[1][1] == "| <-- --> | babble 1"
    assert shown[2][:-1] == shown[1][:-1]


def test_f17_back_and_forward_keep_the_place() -> None:
    keys = [PAGE_DOWN, "pt a\r", "prev\r", "next\r", "next\r", click(3, 1), click(7, 1), ALT_LEFT]
    shown = drive(answer, [*keys, "prev\r"], init_command="babble")
    assert shown[3][1] == "| <-- --> | (-1) babble"
    assert shown[3][3].split()[0] == shown[1][3].split()[0] == "18"
    assert shown[4][2] == "Tensor a"
    assert " At the LATEST in navigation history!" in shown[5]
    assert [shown[n][1][12:] for n in (6, 7, 8)] == ["(-1) babble", "pt a", "(-1) babble"]
    assert " At the OLDEST in navigation history!" in shown[9]


def test_f17_a_new_command_drops_the_forward_screens() -> None:
    shown = drive(answer, ["pt a\r", "prev\r", "pt b\r", "next\r"], init_command="babble")
    assert shown[3][1] == "| <-- --> | pt b"
    assert " At the LATEST in navigation history!" in shown[4]


def test_links_by_keyboard() -> None:
    shown = drive(answer, [SHIFT_TAB, "\t", "\t", SHIFT_TAB, "\r", "q"], init_command="babble")
    assert "Enter open" in shown.status(1)
    assert shown[5][2] == "Tensor bar:1"
    assert shown[6][-1] == "tfdbg> q"


def test_typing_leaves_the_links() -> None:
    shown = drive(answer, [SHIFT_TAB, "pt z\r"], init_command="babble")
    assert shown[2][2] == "Tensor z"


def test_f18_scroll_bar_clicks() -> None:
    shown = drive(answer, [click(79, 21), click(79, 18), click(79, 3)], init_command="babble")
    assert [int(p[3].split()[0]) for p in shown.pictures] == [0, 1, 7, 6]


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
def test_d30_leaving_by_key(key: str) -> None:
    def user(number: int, frame: object) -> None:
        raise AssertionError

    before = signal.signal(signal.SIGINT, user)
    try:
        assert drive(answer, ["foo" + CTRL_C, key], init_command="babble").action is DETACH
        assert signal.getsignal(signal.SIGINT) is user
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_action_ends_the_app() -> None:
    assert drive(answer, ["exit\r"], init_command="babble").action == "LEFT"
    assert drive(answer, [], init_command="exit").action == "LEFT"


def test_f10_f11_f12_which_elements_are_in_sight_and_going_to_one() -> None:
    steps = [SHIFT_DOWN, END, "@[0, 0]\r", "@2,1\r", "@[10, 0]\r", "@\r", "@[1]\r", "@x,1\r"]
    shown = drive(answer, [*steps, "@-1,0\r"], init_command="ones", rows=8)
    assert "Scroll (PgDn): 0.00% [0,0]-[2,0] " in shown.status(0)
    assert "Scroll (PgDn/PgUp): 50.00% [0,0]-[3,0] " in shown.status(1)
    assert "Scroll (PgUp): 100.00% [1,0]-[4,0] " in shown.status(2)
    assert [shown[n][2][:11] for n in (3, 4)] == [" [1. 1. 0.]", " [1. 1. 1.]"]
    assert [picture[-3].strip() for picture in shown.pictures[5:]] == [
        "ERROR: Indices exceed tensor dimensions.",
        "ERROR: Empty indices.",
        "ERROR: Dimensions mismatch: requested: 1; actual: 2",
        "ERROR: Indices must be whole numbers: x,1",
        "ERROR: Indices contain negative value(s).",
    ]
    shown = drive(answer, ["@0\r"], init_command="babble 3")
    assert shown[1][-3].strip() == "ERROR: This screen shows no elements of a tensor."


def test_the_keys_are_told() -> None:
    shown = drive(answer, ["keys\r"], init_command="babble")
    assert shown[1][1] == "| <-- --> | keys"
    assert "  Shift-Tab             choose a link; then Tab, Shift-Tab, Enter, or Esc" in shown[1]
