"""Typed lines become words and redirections, and intervals are read, by the rules of tfdbg."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tfdbg_data import CPU0, graph, memory_dump

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import all_commands, completions, execute
from opscope.tfdbg.command_line import (
    CommandLine,
    CommandLineError,
    Redirect,
    parse_command_line,
)
from opscope.tfdbg.interval import Interval, IntervalError, parse_interval
from opscope.tfdbg.slicing import SlicingError, parse_slicing, split_slicing
from opscope.tfdbg.value_range import RangeError, parse_ranges

WORDS = {
    "": (),
    "  lt ": ("lt",),
    "pt a:0[1, :] -s": ("pt", "a:0[1, :]", "-s"),
    "pt a -r [[0, 1], [2, 3]]": ("pt", "a", "-r", "[[0, 1], [2, 3]]"),
    "pf 'a b' \"c d\"": ("pf", "a b", "c d"),
    "x 'it\"s'": ("x", 'it"s'),
    "x a'b c'": ("x", "a'b c'"),
    "lp -e >100ms": ("lp", "-e", ">100ms"),
    "lp -e >=100ms": ("lp", "-e", ">=100ms"),
    'eval "`y:0` > 3"': ("eval", "`y:0` > 3"),
    "x a>=b": ("x", "a>=b"),
}
REDIRECTS = {
    "lt > f": (("lt",), "f", False),
    "lt >f": (("lt",), "f", False),
    "lt> f": (("lt",), "f", False),
    "lt>f": (("lt",), "f", False),
    "lt >> f": (("lt",), "f", True),
    "lt>>f": (("lt",), "f", True),
    "lt -s x>> f": (("lt", "-s", "x"), "f", True),
    "lp -e >100ms > f": (("lp", "-e", ">100ms"), "f", False),
    "lt > 'a b'": (("lt",), "a b", False),
}


@pytest.mark.parametrize("text", WORDS)
def test_words(text: str) -> None:
    assert parse_command_line(text) == CommandLine(WORDS[text])


@pytest.mark.parametrize("text", REDIRECTS)
def test_redirections(text: str) -> None:
    words, path, append = REDIRECTS[text]
    assert parse_command_line(text) == CommandLine(words, Redirect(path, append))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lt >", "Redirect file path is empty"),
        ("lt>", "Redirect file path is empty"),
        ("lt >>", "Redirect file path is empty"),
        ('lt "a', 'No closing " in: lt "a'),
        ("pt a[1", "No closing ] in: pt a"),
    ],
)
def test_lines_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(CommandLineError) as raised:
        parse_command_line(text)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("[1, 2]", (1, 2), (0.9, 2.1)),
        ("(1, 2)", (1.5,), (1, 2)),
        ("[1, 2)", (1,), (2,)),
        ("<10us", (9,), (10,)),
        ("<=1.5ms", (1500,), (1501,)),
        (">2s", (2000001,), (2000000,)),
        (">=1kB", (1024,), (1023,)),
    ],
)
def test_intervals(text: str, inside: tuple[float, ...], outside: tuple[float, ...]) -> None:
    interval = parse_interval(text)
    assert isinstance(interval, Interval)
    assert all(value in interval for value in inside)
    assert not any(value in interval for value in outside)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1", "Invalid interval format: 1. Valid formats are: [min, max], (min, max), <max, >min"),
        ("[1]", "Incorrect interval format: [1]. Interval should specify two values"),
        ("[x, 1]", "Invalid first item in interval: 'x'"),
        ("[1, x]", "Invalid second item in interval: 'x'"),
        ("<", "Invalid value string after < in '<'"),
        ("[2, 1]", "Invalid interval [2, 1]. Start must be before end of interval."),
    ],
)
def test_intervals_that_are_none(text: str, message: str) -> None:
    with pytest.raises(IntervalError) as raised:
        parse_interval(text)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    "text", ["[", "[]", "[1, foo()]", "[1 2]", "[a]", "[1]x", "[::0]", "[1.5]", "[(1)]", "[True]"]
)
def test_slices_that_are_none(text: str) -> None:
    with pytest.raises(SlicingError, match="Invalid tensor-slicing string"):
        parse_slicing(text)


def test_slices() -> None:
    assert split_slicing("a/b:0[1][2]") == ("a/b:0", "[1][2]")
    assert split_slicing("a/b:0") == ("a/b:0", "")
    assert parse_slicing("[ -1 , 2:, :3:-1, ..., None ][0]") == (
        (-1, slice(2, None, None), slice(None, 3, -1), ..., None),
        (0,),
    )


def test_ranges() -> None:
    infinite = float("inf")
    assert parse_ranges("[-inf,0.0]") == [(-infinite, 0.0)]
    assert parse_ranges("0,1e-8") == [(0.0, 1e-8)]
    assert parse_ranges("[[-inf, -5.5], [5.5, inf]]") == [(-infinite, -5.5), (5.5, infinite)]
    for text in ("", "1", "[1,2", "[1,2],[3,4]", "[a,b]", "[[1,2],3]", "__import__('os')"):
        with pytest.raises(RangeError):
            parse_ranges(text)


NUMBERS = st.none() | st.integers(-9, 9)
SLICES = st.builds(slice, NUMBERS, NUMBERS, st.none() | st.integers(1, 4) | st.integers(-4, -1))
INDICES = st.lists(st.integers(-9, 9) | SLICES | st.none() | st.just(...), min_size=1, max_size=4)


def written(index: object) -> str:
    if isinstance(index, slice):
        parts = ("" if part is None else str(part) for part in (index.start, index.stop))
        return ":".join([*parts, *([] if index.step is None else [str(index.step)])])
    return "..." if index is ... else str(index)


@given(st.lists(INDICES, min_size=1, max_size=3))
def test_every_slicing_is_read_as_python_reads_it(brackets: list[list[object]]) -> None:
    text = "".join(f"[{', '.join(map(written, bracket))}]" for bracket in brackets)
    assert parse_slicing(text) == tuple(map(tuple, brackets))


WORDS_TO_TRY = st.sampled_from(
    ["a", "a:0", "a[0]", "b:1", "-s", "-n", "-r", "-f", "-c", "-d", "3", "-1", "[0,1]", "(", "'"]
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(all_commands())),
    st.lists(WORDS_TO_TRY | st.text("ab:[],.-0 \"'`\\x1b", max_size=6), max_size=4),
)
def test_no_typed_line_raises(name: str, words: list[str]) -> None:
    context = Analysis(memory_dump({CPU0: graph(a="Const", b="Neg a")}, (CPU0, "a", 0, np.ones(3))))
    text = " ".join([name, *words])
    screen = execute(context, text)
    assert str(screen).replace("\n", "").isprintable()
    completions(context, text)
