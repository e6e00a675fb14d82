"""What the commands answer, line by line and as data."""

import json
import re
from argparse import Namespace
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from gold_file import assert_gold
from tfdbg_data import CPU0, CPU1, graph, memory_dump

from opscope.tfdbg import DebugDumpDir
from opscope.tfdbg.action import EXIT, RunRequest
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, all_commands, command, completions, execute
from opscope.tfdbg.filters import add_tensor_filter, default_filters
from opscope.tfdbg.run_screen import run_error_screen, run_start_screen, run_start_title
from opscope.tfdbg.screen import STYLES, Screen
from opscope.tfdbg.session_run import SessionRun

Opened = Callable[[str], DebugDumpDir]
ERRORS = {
    "lt -f foo": 'There is no tensor filter named "foo".',
    "lt -s foobar": "Unsupported key to sort tensors by: foobar",
    "lt -fenn x": "is valid only when the flag -f or --tensor_filter is used",
    "lt -n (": "--node_name_filter: invalid regular expression",
    "ni bar": 'There is no node named "bar" in the partition graphs',
    "li bar": 'There is no node named "bar" in the partition graphs',
    "li -r -d 0 after": "-d needs a depth from 1 on",
    "pt bar:0": 'Node "bar" does not exist in partition graphs',
    "pt after:7": 'Tensor "after:7" did not generate any dumps.',
    "pt after:0 -n 1": "Invalid number (1) for tensor after:0, which generated one dump.",
    "pt after:0[1, foo()]": "Invalid tensor-slicing string.",
    "pt after:0[5]": "does not fit the shape (2,)",
    "pt after:0 -r x": "'x' is no range",
    "pt after:0 -r [2,1]": "is empty",
    "pt loop/while/body/mul:0 -n 7": "Specified number (7) exceeds the number of available dumps",
    "pf x:0": "The feed_dict of the current run is None or empty.",
    "run": "run is not available here",
    "foo": 'Invalid command prefix "foo"',
    "help foo": 'Invalid command prefix: "foo"',
    "help a b": "help takes only 0 or 1 input argument.",
    "lt >": "Redirect file path is empty",
    'lt "': 'No closing "',
    "origin -f foo": 'There is no tensor filter named "foo".',
}


@pytest.mark.parametrize("text", ERRORS)
def test_a_wrong_command_is_one_red_line(opened: Opened, text: str) -> None:
    screen = execute(Analysis(opened("cf1")), text)
    assert not screen.ok
    [row] = screen.lines
    assert row.text.startswith("ERROR: ")
    assert ERRORS[text] in row.text
    assert [span.style for span in row.spans] == ["error"]
    assert screen.data == {"error": row.text.removeprefix("ERROR: ")}


def test_wrong_words_are_two_lines(opened: Opened) -> None:
    screen = execute(Analysis(opened("cf1")), "lt --foo")
    assert str(screen) == 'Syntax error for command: lt\nFor help, do "help lt"'
    assert not screen.ok


def test_an_empty_line_is_an_empty_screen() -> None:
    assert execute(Analysis(), "  ") == Screen()


WHOLE = {
    "origin.txt": "origin",
    "node_info.txt": "ni -a -d -t loss/Log",
    "node_info_plain.txt": "ni softmax",
    "run_info.txt": "ri",
    "print_feed.txt": "pf x:0[0, ::-1] -s",
    "print_tensor.txt": "pt loss/Log -s -r [-1,1]",
    "list_inputs.txt": "li -c -r -t loss/Neg",
    "list_tensors.txt": "lt -f has_inf_or_nan",
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_screens(own_dump: DebugDumpDir, name: str) -> None:
    screen = execute(Analysis(own_dump), WHOLE[name])
    assert screen.ok
    text = str(screen).replace(own_dump.title, "DUMP") + "\n"
    assert_gold(text, f"tfdbg/{name}")


def test_whole_help() -> None:
    dump = memory_dump({CPU0: graph(a="Const")})
    context = Analysis(dump, session=SessionRun.of(1, "a"))
    assert_gold(str(execute(context, "help")) + "\n", "tfdbg/help.txt")


@pytest.mark.parametrize("name", ["cf1", "debugops"])
def test_whole_lists(opened: Opened, name: str) -> None:
    assert_gold(str(execute(Analysis(opened(name)), "lt")) + "\n", f"tfdbg/lt_{name}.txt")


def test_every_command_says_what_it_does() -> None:
    for made in all_commands().values():
        assert re.fullmatch(r"[A-Z][^.]*\..*", made.summary), made.name
        for argument in made.arguments:
            assert argument.options.get("help"), (made.name, argument.names)


def test_every_style_and_link_is_known(opened: Opened, own_dump: DebugDumpDir) -> None:
    for context in (Analysis(opened("debugops")), Analysis(own_dump)):
        for text in ("lt", "origin", "ni -a -d -t y", "ni -a -d -t loss/Log", "help", "ri"):
            screen = execute(context, text)
            for span in (*screen.menu, *(s for row in screen.lines for s in row.spans)):
                assert span.style in ("", *STYLES)
                if span.link is not None:
                    assert execute(context, span.link).ok, span.link


def test_data_are_json(opened: Opened, own_dump: DebugDumpDir) -> None:
    for context in (Analysis(opened("cf1")), Analysis(opened("uninit")), Analysis(own_dump)):
        for text in ("lt", "origin", "ri", "help", "pt scope/v", "pt strvar/initial_value:0"):
            json.dumps(execute(context, text).data, allow_nan=False)
    data = execute(Analysis(own_dump), "pt loss/Log").data
    assert data == {
        "tensor": "loss/Log:0",
        "slicing": "",
        "dtype": "float32",
        "shape": [1, 2],
        "size": 2,
        "summary": {"nan": 0, "-inf": 1, "-": 0, "0": 1, "+": 0, "+inf": 0}
        | {"min": 0.0, "max": 0.0, "mean": 0.0, "std": 0.0},
        "value": [[0.0, "-inf"]],
        "debug_op": "DebugIdentity",
        "device": CPU1,
        "dump": 0,
    }


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="command 'lt' is already defined by list_tensors"):

        @command("other", "lt", arguments=[Argument("x")])
        def other(context: Analysis, args: Namespace) -> Screen:
            """Never."""
            return Screen()

    assert "other" not in all_commands()


# Lists


def test_rows_lead_to_their_own_dump(opened: Opened) -> None:
    context = Analysis(opened("cf1"))
    screen = execute(context, "lt -n loop/while/body/mul$")
    links = [span.link for row in screen.lines[4:] for span in row.spans if span.link]
    assert links == [f"pt loop/while/body/mul:0 -n {number}" for number in range(7)]
    shown = execute(context, "ni -d loop/while/body/mul")
    assert [s.link for row in shown.lines[-7:] for s in row.spans if s.link] == links
    assert '(dump #3)":' in str(execute(context, links[3] or ""))


def test_a_head_keeps_the_filters_and_turns_the_order(opened: Opened) -> None:
    context = Analysis(opened("cf1"))
    screen = execute(context, 'lt -f has_inf_or_nan -fenn "a b" -t Log -n .*log -s op_type')
    heads = [span.link for span in screen.lines[4].spans if span.link]
    start = 'list_tensors -f has_inf_or_nan -fenn "a b" -t Log -n .*log -s '
    assert heads == [start + key for key in ("timestamp", "dump_size", "op_type -r", "tensor_name")]


def test_a_filter_that_fails_is_named(opened: Opened) -> None:
    filters = default_filters()
    add_tensor_filter(filters, "mine", lambda datum, tensor: tensor.nosuch)
    screen = execute(Analysis(opened("uninit"), filters), "lt -f mine")
    assert str(screen).startswith('ERROR: Filter "mine" failed on truncated_normal/shape:0: Attr')


def test_filters_are_checked_when_they_are_registered() -> None:
    filters = default_filters()
    assert list(filters) == ["has_inf_or_nan"]
    with pytest.raises(TypeError, match="filter_name is expected to be str, but is not"):
        add_tensor_filter(filters, 1, lambda d, t: True)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="filter_name cannot be empty"):
        add_tensor_filter(filters, "", lambda d, t: True)
    with pytest.raises(TypeError, match="filter_callable is expected to be callable"):
        add_tensor_filter(filters, "x", 1)  # type: ignore[arg-type]


def test_without_graphs_the_list_is_still_there(tmp_path: Path) -> None:
    context = Analysis(memory_dump({}, (CPU0, "a", 0, np.float32(np.nan))))
    assert "?       a:0" in str(execute(context, "lt"))
    assert "a:0" in str(execute(context, "origin"))
    assert "nan" in str(execute(context, "pt a"))
    assert not execute(context, "ni a").ok


# Trees


def test_a_loop_is_shown_once(opened: Opened) -> None:
    context = Analysis(opened("cf1"))
    for text in ("li -r -t -c after", "lo -r -t -c loop/while/Merge", "li -r -c -d 10000 out"):
        screen = execute(context, text)
        assert len(screen.lines) < 2 * 133 * 3


def test_a_long_chain_is_no_problem() -> None:
    names = [f"n{number}" for number in range(3000)]
    made = graph(n0="Const", **{b: f"Neg {a}" for a, b in pairwise(names)})
    screen = execute(Analysis(memory_dump({CPU0: made})), "li -r -d 100000 n2999")
    assert len(screen.lines) == 2999 + 4


def test_a_leaf_has_no_inputs(opened: Opened) -> None:
    screen = execute(Analysis(opened("uninit")), "li zeros")
    assert screen.lines[1].text == "  [None]"


def test_the_depth_may_be_configured(opened: Opened) -> None:
    context = Analysis(opened("cf1"))
    execute(context, "config set graph_recursion_depth 3")
    screen = execute(context, "li -r after")
    assert "(Depth limit = 3):" in screen.lines[0].text


# Values


def value_context(**tensors: np.ndarray | np.generic | None) -> Analysis:
    made = graph(**dict.fromkeys(tensors, "Const"))
    rows = [(CPU0, name, 0, value) for name, value in tensors.items()]
    return Analysis(memory_dump({CPU0: made}, *rows))


def test_slices_of_every_kind() -> None:
    value = np.arange(24.0).reshape(2, 3, 4)
    context = value_context(a=value)
    for text in ("[1]", "[-1, ..., ::-2]", "[0][1]", "[:, 1:, -1]", "[..., 0][1]", "[1, 2, 3]"):
        screen = execute(context, f"pt a:0{text}")
        assert screen.lines[0].text == f'Tensor "a:0:DebugIdentity{text}":'
        assert isinstance(screen.data, dict)
        assert screen.data["value"] == eval(f"value{text}.tolist()")
    assert execute(context, "pt a:0[1, 2, 3]").lines[-1].text == "np.float64(23.0)"


def test_printing_does_not_touch_the_print_options() -> None:
    before = np.get_printoptions()
    with np.printoptions(threshold=3, precision=2, linewidth=20, suppress=True):
        text = str(execute(value_context(a=np.linspace(0, 1, 7)), "pt a"))
    assert "0.16666667, 0.33333333" in text
    assert np.get_printoptions() == before


def test_rows_know_their_first_element() -> None:
    context = value_context(a=np.arange(3000).reshape(3, 1000), t=np.array([b"a, b"], object))
    screen = execute(context, "pt a")
    rows = [(row.index, row.text.strip()) for row in screen.lines[4:]]
    assert rows == [
        ((0, 0), "array([[   0,    1,    2, ...,  997,  998,  999],"),
        ((1, 0), "[1000, 1001, 1002, ..., 1997, 1998, 1999],"),
        ((2, 0), "[2000, 2001, 2002, ..., 2997, 2998, 2999]], shape=(3, 1000))"),
    ]
    whole = execute(context, "pt -a a")
    assert len(whole.lines) > 150
    for row in whole.lines[4:]:
        assert row.index is not None
        first = re.search(r"\d+", row.text.replace("array", ""))
        assert first is not None
        assert int(first[0]) == row.index[0] * 1000 + row.index[1]
    assert execute(context, "pt t").lines[-1].index is None


def test_elements_in_ranges_are_highlighted() -> None:
    context = value_context(a=np.array([[-np.inf, -1, 0], [0.5, 1, np.inf]]))
    screen = execute(context, "pt a -r [[-inf,-0.5],[1,inf]]")
    assert screen.lines[0].text.endswith(
        " Highlighted([[-inf,-0.5],[1,inf]]): 4 of 6 element(s) (66.67%)"
    )
    styled = [s.text for row in screen.lines for s in row.spans if s.style == "highlight"]
    assert styled == ["-inf", "-1.", "1.", "inf"]
    assert "2 of 6" in str(execute(context, "pt a -r 0,0.5"))


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (np.array([True, False, True]), ["| False  True | total |", "|     1     2 |     3 |"]),
        (np.zeros(0), ["No numeric summary available due to empty tensor."]),
        (
            np.array([b"x"], object),
            ["No numeric summary available due to tensor dtype: object."],
        ),
        (np.array([np.inf, -np.inf]), ["| -inf +inf | total |", "|    1    1 |     2 |"]),
        (np.array([np.nan]), ["| nan | total |", "|   1 |     1 |"]),
        (
            np.array([3 + 4j, np.nan], np.complex64),
            [
                "|    nan finite | total |",
                "|      1      1 |     2 |",
                "Magnitude of the finite elements:",
                "|  min  max mean  std |",
                "|  5.0  5.0  5.0  0.0 |",
            ],
        ),
        (
            np.array([1, np.inf], ml_dtypes.bfloat16),
            [
                "|    + +inf | total |",
                "|    1    1 |     2 |",
                "|  min  max mean  std |",
                "|  1.0  1.0  1.0  0.0 |",
            ],
        ),
        (
            np.full(70000, 60000, np.float16),
            [
                "|     + | total |",
                "| 70000 | 70000 |",
                "|     min     max    mean     std |",
                "| 60000.0 60000.0 60000.0     0.0 |",
            ],
        ),
    ],
    ids=lambda value: str(getattr(value, "dtype", "")),
)
def test_summaries(value: np.ndarray, rows: list[str]) -> None:
    text = [row.text for row in execute(value_context(a=value), "pt -s a").lines]
    start = text.index("Numeric summary:") + 1
    assert text[start : start + len(rows)] == rows


def test_the_summary_stands_with_one_of_several_dumps(opened: Opened) -> None:
    text = str(execute(Analysis(opened("cf1")), "pt -s -n -1 loop/while/body/mul:0"))
    assert '(dump #6)":' in text
    assert "Numeric summary:" in text


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (np.float32([[1, 2]]), np.float32([[1, 2]])),
        (np.array([1, 2], ml_dtypes.bfloat16), np.float32([1, 2])),
        (np.array([b"ab", b"c"], object), np.array([b"ab", b"c"])),
    ],
    ids=["float32", "bfloat16", "strings"],
)
def test_a_value_is_written(tmp_path: Path, value: np.ndarray, stored: np.ndarray) -> None:
    path = tmp_path / "v.npy"
    screen = execute(value_context(a=value), f"pt a -w {path}")
    written = np.load(path)
    np.testing.assert_array_equal(written, stored)
    assert written.dtype == stored.dtype
    assert f"to: {path} ({path.stat().st_size}B)" in str(screen)
    failed = execute(value_context(a=value), f"pt a -w {tmp_path}/no/v.npy")
    assert str(failed) == f"ERROR: -w {tmp_path}/no/v.npy: No such file or directory"


def test_a_node_of_several_slots_asks_for_one() -> None:
    one = np.zeros(1)
    dump = memory_dump({CPU0: graph(s="Split")}, (CPU0, "s", 0, one), (CPU0, "s", 2, one))
    screen = execute(Analysis(dump), "pt s")
    assert str(screen).split("\n")[:2] == [
        'Node "s" generated debug dumps from 2 output slots:',
        "Please specify the output slot: s:x.",
    ]
    assert execute(Analysis(dump), "pt s:2").ok


def test_uninitialized_values_have_no_slices(opened: Opened) -> None:
    screen = execute(Analysis(opened("uninit")), "pt scope/v:0[0]")
    assert str(screen) == "ERROR: scope/v:0 has no elements: it is not initialized"


def test_a_scalar_in_memory_is_shown_as_one_in_a_file() -> None:
    assert str(execute(value_context(a=np.float32("nan")), "pt a")).split("\n") == [
        'Tensor "a:0:DebugIdentity":',
        "  dtype: float32",
        "  shape: ()",
        "",
        "array(nan, dtype=float32)",
    ]


# Run, feeds, redirection, completion


def session_context(**feeds: object) -> Analysis:
    return Analysis(session=SessionRun.of(1, "loss:0", {f"{k}:0": v for k, v in feeds.items()}))


def test_run_requests() -> None:
    context = session_context()
    assert execute(context, "run").action == RunRequest()
    assert execute(context, "r -n").action == RunRequest(no_debug=True)
    request = execute(context, "run -t 3 -f has_inf_or_nan -fenn .*x --node_name_filter a.*").action
    assert request == RunRequest(
        times=3,
        till_filter_pass="has_inf_or_nan",
        filter_exclude_node_names=".*x",
        node_name_filter="a.*",
    )
    filtered = execute(context, "run --op_type_filter (Add|Mul) --tensor_dtype_filter int.*").action
    assert filtered == RunRequest(op_type_filter="(Add|Mul)", tensor_dtype_filter="int.*")
    assert execute(context, "exit").action is EXIT
    assert execute(context, "quit").action is EXIT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("run -f nosuch", 'tensor filter "nosuch" does not exist.'),
        ("run -fenn x", "is valid only if the --till_filter_pass (or -f) flag is used."),
        ("run -n -f has_inf_or_nan", "the filter of -f could never pass"),
        ("run -t 0", "-t needs a number of runs from 1 on, got 0"),
        ("run --node_name_filter (", "--node_name_filter: invalid regular expression"),
    ],
)
def test_run_stays_at_the_prompt_when_it_is_wrong(text: str, message: str) -> None:
    screen = execute(session_context(), text)
    assert message in str(screen)
    assert screen.action is None


def test_feeds() -> None:
    context = session_context(x=np.arange(4.0), i=3)
    assert str(execute(context, "pf i:0")) == 'Tensor "i:0 (feed)":\n\n3'
    assert execute(context, "pf x:0[1:3]").lines[0].text == 'Tensor "x:0 (feed)[1:3]":'
    assert "array([1., 2.])" in str(execute(context, "pf x:0[1:3]"))
    assert "does not contain the key x. Keys: x:0, i:0" in str(execute(context, "pf x"))
    assert "it has no slices" in str(execute(context, "pf i:0[0]"))


def test_output_goes_to_a_file_and_to_the_screen(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    context = session_context(i=3)
    screen = execute(context, f"pf i:0 > {path}")
    rows = 'Tensor "i:0 (feed)":\n\n3\n'
    assert path.read_text() == rows
    assert str(screen) == f"{rows}Wrote output to {path}"
    execute(context, f"pf i:0>>{path}")
    assert path.read_text() == rows * 2
    failed = execute(context, f"pf i:0 > {tmp_path}")
    assert not failed.ok
    assert failed.lines[-1].text.endswith(f"Failed to write output to {tmp_path}: Is a directory")


def test_completion(opened: Opened) -> None:
    context = Analysis(opened("uninit"), session=SessionRun.of(1, "a", {"x:0": 1}))
    assert completions(context, "l") == [
        "li",
        "list_inputs",
        "list_outputs",
        "list_source",
        "list_tensors",
        "lo",
        "ls",
        "lt",
    ]
    assert completions(context, "ni emp") == ["emptyvar", "emptyvar/Assign"]
    assert completions(context, "pt strvar:") == ["strvar:0"]
    assert completions(context, "run -f ") == ["has_inf_or_nan"]
    assert completions(context, "pf ") == ["x:0"]
    assert "lt" in completions(context, "")
    assert completions(context, "foo x") == []
    assert "run" not in completions(Analysis(opened("uninit")), "r")


# Run screens


def test_descriptions() -> None:
    def described(fetches: object, *feeds: str) -> str:
        return SessionRun.of(2, fetches, dict.fromkeys(feeds)).description

    assert described("x:0") == "run #2: 1 fetch (x:0); 0 feeds"
    assert described(["x:0"], "f:0") == "run #2: 1 fetch; 1 feed (f:0)"
    assert described({"a": ["x", ("y",)], "b": "z"}, "f:0", "g:0") == "run #2: 3 fetches; 2 feeds"
    assert SessionRun.of(3, (), is_callable_runner=True).description == (
        "run #3: runner from make_callable()"
    )


def test_run_start_and_error_screens() -> None:
    run = SessionRun.of(2, ["train/Adam", "loss:0"], {"x:0": 1, "y:0": 2})
    assert run_start_title(run) == "run-start: run #2: 2 fetches; 2 feeds"
    assert_gold(f"{run_start_screen(run, ['a', 'b'])}\n", "tfdbg/run_start.txt")
    empty = run_start_screen(SessionRun.of(2, "x:0"), [])
    assert "  (Empty)" in str(empty)
    assert "        (None)" in str(empty)
    first = str(run_start_screen(SessionRun.of(1, "x:0"), []))
    assert "opscope version: " in first
    runner = str(run_start_screen(SessionRun.of(2, (), is_callable_runner=True), []))
    assert "Running a runner returned by Session.make_callable()" in runner
    failed = run_error_screen("y", "<class 'InvalidArgumentError'>", "shapes\ndiffer")
    assert_gold(f"{failed}\n", "tfdbg/run_error.txt")
    assert "Cannot determine the name of the op" in str(run_error_screen(None, "E", "d"))


def test_help_begins_with_the_intro_and_run_info_repeats_the_run(opened: Opened) -> None:
    intro = run_error_screen("y", "E", "d")
    run = SessionRun.of(2, "x:0")
    context = Analysis(opened("uninit"), session=run, intro=intro)
    assert str(execute(context, "help")).startswith(str(intro))
    screen = execute(context, "ri")
    assert screen.lines == run_start_screen(run, ["has_inf_or_nan"], stepping=False).lines
    assert [span.text for span in screen.menu] == ["list_tensors", "run", "exit"]
