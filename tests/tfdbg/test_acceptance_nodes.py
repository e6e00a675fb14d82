"""The acceptance cases of tfdbg's behaviour by id: C (nodes) and E (feeds, help, parsing)."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from tfdbg_data import CPU0, graph, memory_dump

from opscope.tfdbg import DebugDump, DebugDumpDir, DebugTensorDatum
from opscope.tfdbg.action import EXIT
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import completions, execute
from opscope.tfdbg.debug_graph import DebugGraph
from opscope.tfdbg.filters import default_filters
from opscope.tfdbg.run_screen import run_start_screen
from opscope.tfdbg.session_run import SessionRun

Opened = Callable[[str], DebugDumpDir]


def context() -> Analysis:
    made = graph(
        v="VariableV2",
        read="Identity v",
        mul="Mul read read",
        init="NoOp ^v ^mul",
        out="Neg mul ^init ^read",
        loop="NextIteration merge",
        merge="Merge out loop",
    )
    made.node[0].attr["shared_name"].s = b"x"
    data = [DebugTensorDatum.from_memory(CPU0, "mul", 0, 10, np.ones(2))]
    stack = [("/src/a.py", 3, "build", "mul = read * read")]
    return Analysis(
        DebugDump(data, {CPU0: DebugGraph(made, CPU0)}, tracebacks={"mul": stack}),
        session=SessionRun.of(1, "out:0", {"x:0": np.arange(4.0), "i:0": 3}),
    )


def rows(text: str) -> list[str]:
    screen = execute(context(), text)
    assert screen.ok, str(screen)
    return [row.text for row in screen.lines]


INFO = [
    "Node mul",
    "",
    "  Op: Mul",
    f"  Device: {CPU0}",
    "",
    "  2 input(s) + 0 control input(s):",
    "    2 input(s):",
    "      [Identity] read",
    "      [Identity] read",
    "",
    "  1 recipient(s) + 1 control recipient(s):",
    "    1 recipient(s):",
    "      [Neg] out",
    "",
    "    1 control recipient(s):",
    "      [NoOp] init",
]


@pytest.mark.parametrize("name", [pytest.param("mul", id="C1"), pytest.param("mul:0", id="C2")])
def test_c1_c2_a_node(name: str) -> None:
    assert rows(f"ni {name}") == INFO


def test_c3_attributes() -> None:
    text = rows("ni -a v")
    at = text.index("Node attributes:")
    assert text[at - 1 : at + 4] == ["", "Node attributes:", "  shared_name:", '    s: "x"', ""]


def test_c4_dumps() -> None:
    assert rows("ni -d mul")[-3:] == [
        "1 dumped tensor(s):",
        "",
        "  Slot 0 @ DebugIdentity @ 0.000 ms",
    ]


def test_c5_tracebacks() -> None:
    assert rows("ni -t mul")[-8:] == [
        "",
        "",
        "Traceback of node construction:",
        "0: /src/a.py",
        "  Line:     3",
        "  Function: build",
        '  Text:     "mul = read * read"',
        "",
    ]
    assert rows("ni -t v")[-1] == "(Node unavailable in the loaded Python graph)"
    plain = Analysis(memory_dump({CPU0: graph(a="Const")}))
    last = execute(plain, "ni -t a").lines[-1].text
    assert last == "(Unavailable because no Python graph has been loaded)"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ni bar", id="C6"),
        pytest.param("li bar", id="C6 li"),
        pytest.param("lo -r bar:0", id="C6 lo"),
    ],
)
def test_c6_no_such_node(text: str) -> None:
    screen = execute(context(), text)
    assert str(screen) == 'ERROR: There is no node named "bar" in the partition graphs'
    assert screen.lines[0].spans[0].style == "error"


def test_c6_a_node_of_the_program_that_did_not_run_is_told_from_one_that_is_not_there() -> None:
    dump = memory_dump({CPU0: graph(a="Const")})
    operations = [SimpleNamespace(name="fused", traceback=[("/src/train.py", 7, "build", "f()")])]
    dump.set_python_graph(SimpleNamespace(get_operations=lambda: operations))
    for text in ("ni fused", "li fused", "pt fused:0"):
        screen = execute(Analysis(dump), text)
        assert "The program made it (train.py:7), but it did not run" in str(screen)
        assert "did not run" not in str(execute(Analysis(dump), text.replace("fused", "nosuch")))


def test_c7_control_inputs() -> None:
    assert rows("ni out")[5:12] == [
        "  1 input(s) + 2 control input(s):",
        "    1 input(s):",
        "      [Mul] mul",
        "",
        "    2 control input(s):",
        "      [NoOp] init",
        "      [Identity] read",
    ]


LEGEND = ["", "Legend:", "  (d): recursion depth = d."]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param(
            "li mul",
            [
                'Inputs to node "mul" (Depth limit = 1):',
                "|- (1) read",
                "|  |- ...",
                "|- (1) read",
                "   |- ...",
                *LEGEND,
            ],
            id="C8",
        ),
        pytest.param(
            "li -c -r -t out",
            [
                'Inputs to node "out" (Depth limit = 20, control inputs included):',
                "|- (1) [Mul] mul",
                "|  |- (2) [Identity] read",
                "|  |  |- (3) [VariableV2] v",
                "|  |- (2) [Identity] read (shown above)",
                "|- (1) (Ctrl) [NoOp] init",
                "|  |- (2) (Ctrl) [Mul] mul (shown above)",
                "|  |- (2) (Ctrl) [VariableV2] v",
                "|- (1) (Ctrl) [Identity] read (shown above)",
                *LEGEND,
                "  (Ctrl): Control input.",
                "  [Op]: Input node has op type Op.",
            ],
            id="C9 C13 D13",
        ),
        pytest.param(
            "li -r -d 2 out",
            [
                'Inputs to node "out" (Depth limit = 2):',
                "|- (1) mul",
                "   |- (2) read",
                "   |  |- ...",
                "   |- (2) read",
                "      |- ...",
                *LEGEND,
            ],
            id="C10",
        ),
        pytest.param(
            "li v", ['Inputs to node "v" (Depth limit = 1):', "  [None]", *LEGEND], id="C11"
        ),
        pytest.param(
            "lo -c -r init",
            [
                'Recipients of node "init" (Depth limit = 20, control recipients included):',
                "|- (1) (Ctrl) out",
                "   |- (2) merge",
                "      |- (3) loop",
                "         |- (4) merge (shown above)",
                *LEGEND,
                "  (Ctrl): Control input.",
            ],
            id="C12 C13 D13",
        ),
    ],
)
def test_c_trees(text: str, lines: list[str]) -> None:
    assert rows(text) == lines


def test_c10_the_depth_is_configured() -> None:
    made = context()
    execute(made, "config set graph_recursion_depth 3")
    assert "(Depth limit = 3):" in execute(made, "li -r out").lines[0].text


def test_c13_d13_a_loop_is_shown_once(opened: Opened) -> None:
    screen = execute(Analysis(opened("cf1")), "li -t -c -r after")
    expanded = [row.text for row in screen.lines if "shown above" not in row.text]
    assert len(screen.lines) < 400
    assert len(expanded) < 200


# Feeds, help, parsing


@pytest.mark.parametrize(
    ("fetches", "feeds", "description"),
    [
        pytest.param("x:0", [], "run #2: 1 fetch (x:0); 0 feeds", id="E4 one"),
        pytest.param(["x:0"], ["f:0"], "run #2: 1 fetch; 1 feed (f:0)", id="E4 list"),
        pytest.param(["x", "y"], ["f", "g"], "run #2: 2 fetches; 2 feeds", id="E4 many"),
        pytest.param(
            {"a": ["x", ("y",)], "b": "z"}, [], "run #2: 3 fetches; 0 feeds", id="E2 nested"
        ),
    ],
)
def test_e2_e4_descriptions(fetches: object, feeds: list[str], description: str) -> None:
    assert SessionRun.of(2, fetches, dict.fromkeys(feeds)).description == description


def test_e1_e3_the_start_of_a_run() -> None:
    run = SessionRun.of(2, {"a": "x:0", "b": ["y:0"]})
    screen = run_start_screen(run, ["first", "second"])
    text = [row.text for row in screen.lines]
    assert text[:8] == [
        "======================================",
        "Session.run() call #2:",
        "",
        "Fetch(es):",
        "  x:0",
        "  y:0",
        "",
        "Feed dict:",
    ]
    assert text[8] == "  (Empty)"
    links = [span.link for row in screen.lines for span in row.spans if span.link]
    assert [x for x in links if x.startswith("run -f")] == ["run -f first", "run -f second"]
    assert text[-1] == "For more details, see help."  # D35: one dot


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("pf i:0", ['Tensor "i:0 (feed)":', "", "3"], id="E5 number"),
        pytest.param(
            "pf x:0[1:3]",
            [
                'Tensor "x:0 (feed)[1:3]":',
                "  dtype: float64",
                "  shape: (2,)",
                "",
                "array([1., 2.])",
            ],
            id="E5 sliced",
        ),
    ],
)
def test_e5_feeds(text: str, lines: list[str]) -> None:
    assert rows(text) == lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("pf nosuch:0", "does not contain the key nosuch:0", id="E5 unknown"),
        pytest.param("foo", 'ERROR: Invalid command prefix "foo"', id="E6 unknown"),
        pytest.param("help nosuch", 'Invalid command prefix: "nosuch"', id="E6 help"),
        pytest.param("help a b", "help takes only 0 or 1 input argument.", id="E6 help words"),
        pytest.param("lt >", "Redirect file path is empty", id="E7"),
        pytest.param("run -fenn x", "(or -fenn) flag", id="D35"),
    ],
)
def test_e5_e6_e7_d35_wrong_lines(text: str, message: str) -> None:
    screen = execute(context(), text)
    assert not screen.ok
    assert message in str(screen)


def test_e6_help_exit_and_completion() -> None:
    assert execute(context(), "exit").action is EXIT
    lines = rows("help lt")
    assert lines[:3] == ["list_tensors", "  Aliases: lt", ""]
    everything = rows("help")
    for name in ("config", "eval", "history", "list_source", "print_source", "run", "version"):
        assert name in everything
    assert completions(context(), "pt m") == ["mul:0"]
    assert completions(context(), "li re") == ["read"]
    assert completions(context(), "run -f ") == list(default_filters())
    assert completions(context(), "pf ") == ["i:0", "x:0"]
