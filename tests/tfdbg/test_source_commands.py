"""`list_source` and `print_source`: which lines of the program made what was dumped."""

import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tfdbg_data import CPU0, graph, memory_dump

from opscope.tfdbg import DebugDump, DebugTensorDatum
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import completions, execute
from opscope.tfdbg.debug_graph import DebugGraph
from opscope.tfdbg.source_files import find_source, is_library, source_text

TRAIN = "x = 1\ndef build():\n    h = matmul(x)\n    return log(h)\nbuild()\n"
LIBRARY = "/usr/lib/python3/site-packages/tensorflow/ops.py"
FRAMES = {
    "x": [("/src/train.py", 1, "<module>", "x = 1")],
    "h": [("/src/train.py", 5, "<module>", "build()"), ("/src/train.py", 3, "build", None)],
    "h/2": [("/src/train.py", 5, "<module>", "build()"), ("/src/train.py", 3, "build", None)],
    "log": [
        ("/src/train.py", 5, "<module>", "build()"),
        ("/src/train.py", 4, "build", None),
        (LIBRARY, 9, "log", None),
        ("<frozen importlib>", 1, "f", None),
    ],
}


def dump(**details: object) -> DebugDump:
    made = graph(x="Const", h="MatMul x x", **{"h/2": "Split x"}, log="Log h/2:1")
    data = [
        DebugTensorDatum.from_memory(CPU0, "x", 0, 10, np.ones(2)),
        DebugTensorDatum.from_memory(CPU0, "h/2", 1, 11, np.ones(2)),
        DebugTensorDatum.from_memory(CPU0, "h/2", 1, 12, np.array([0]), "DebugNanCount"),
        DebugTensorDatum.from_memory(CPU0, "log", 0, 13, np.ones(2)),
    ]
    facts: dict[str, object] = {"tracebacks": FRAMES, "sources": {"/src/train.py": TRAIN}}
    return DebugDump(data, {CPU0: DebugGraph(made, CPU0)}, **{**facts, **details})  # type: ignore[arg-type]


def shown(text: str, of: DebugDump | None = None) -> list[str]:
    return str(execute(Analysis(of or dump()), text)).split("\n")


def test_c14_d32_files_with_their_counts() -> None:
    # D32: h/2:1 was dumped by two debug ops, and both dumps count.
    assert shown("ls") == [
        "List of source files that created nodes in this run",
        "",
        "File(s) outside TensorFlow Python library:",
        "Source file path #(nodes) #(tensors) #(tensor dumps)",
        "/src/train.py    4        3          4",
        "",
        "TensorFlow Python library file(s):",
        "Source file path                                 #(nodes) #(tensors) #(tensor dumps)",
        f"{LIBRARY} 1        1          1",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("ls -n h.*", ['Node name regex filter: "h.*"', "/src/train.py    2        1          2"]),
        ("ls -p /src", ['File path regex filter: "/src"', "[No files.]"]),
        ("ls -p nosuch", ['File path regex filter: "nosuch"', "[No source file information.]"]),
    ],
    ids=["C14 nodes", "C14 paths", "C14 none"],
)
def test_c14_filters(text: str, rows: list[str]) -> None:
    lines = shown(text)
    assert all(row in lines for row in rows), lines


def test_c14_a_file_leads_to_its_first_line() -> None:
    screen = execute(Analysis(dump()), "ls")
    links = [span.link for row in screen.lines for span in row.spans if span.link]
    assert links == ["ps /src/train.py -b 1"]
    assert execute(Analysis(dump()), links[0] or "").ok


def test_c14_outputs_are_those_of_the_python_graph() -> None:
    operations = [
        SimpleNamespace(name=name, traceback=FRAMES[name], outputs=[0] * count)
        for name, count in (("x", 1), ("h", 1), ("h/2", 3), ("log", 1))
    ]
    made = dump()
    made.set_python_graph(SimpleNamespace(get_operations=lambda: operations))
    assert "/src/train.py    4        6          4" in shown("ls", made)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "ps /src/train.py",
            [
                "L1  x = 1",
                "    x",
                "L2  def build():",
                "L3      h = matmul(x)",
                "    h",
                "    h/2",
                "L4      return log(h)",
                "    log",
                "L5  build()",
                "    h",
                "    h/2",
                "    log",
                "L6  ",
            ],
        ),
        (
            "ps /src/train.py -t",
            [
                "L1  x = 1",
                "    x:0",
                "L2  def build():",
                "L3      h = matmul(x)",
                "    h/2:1",
                "L4      return log(h)",
                "    log:0",
                "L5  build()",
                "    h/2:1",
                "    log:0",
                "L6  ",
            ],
        ),
    ],
    ids=["C15 ops", "C15 tensors"],
)
def test_c15_lines_with_what_they_made(text: str, rows: list[str]) -> None:
    assert shown(text) == rows


def test_c15_what_was_dumped_leads_to_its_value() -> None:
    screen = execute(Analysis(dump()), "ps train.py")
    links = {span.text: span.link for row in screen.lines for span in row.spans if span.link}
    assert links == {"x": "pt x", "h": "ni -a -d -t h", "h/2": "pt h/2", "log": "pt log"}
    assert all(execute(Analysis(dump()), link).ok for link in links.values())


def test_c16_many_elements_are_cut_off() -> None:
    screen = execute(Analysis(dump()), "ps train.py -m 1")
    omitted = [row for row in screen.lines if "Omitted" in row.text]
    assert omitted[-1].text == "    (... Omitted 2 of 3 op(s) ...) +5"
    assert omitted[-1].spans[-1].link == "ps /src/train.py -m 6 -b 5"
    tensors = execute(Analysis(dump()), "ps -t train.py -m 1")
    [row] = [row for row in tensors.lines if "Omitted" in row.text]
    assert row.text == "    (... Omitted 1 of 2 tensor(s) ...) +5"
    assert row.spans[-1].link == "ps /src/train.py -t -m 6 -b 5"


def test_c17_the_screen_begins_at_a_line() -> None:
    screen = execute(Analysis(dump()), "ps train.py -b 4")
    assert screen.lines[screen.start_line].text.startswith("L4 ")
    assert execute(Analysis(dump()), "ps train.py -b 400").start_line == 0


def test_d11_the_text_of_a_frame_comes_from_the_source() -> None:
    screen = execute(Analysis(dump()), "ni -t log")
    text = str(screen)
    assert '  Line:     4\n  Function: build\n  Text:     "return log(h)"' in text
    assert "(1 frames of libraries left out)" in text
    assert LIBRARY not in text
    links = [span.link for row in screen.lines for span in row.spans if span.link]
    assert "ps /src/train.py -b 4" in links
    assert "ps /src/train.py -b 5" in links
    assert "Text:     None" in str(execute(Analysis(dump(sources={})), "ni -t log"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ls -p (", "--path_filter: invalid regular expression"),
        ("ps nosuch.py", "Source path neither exists nor can be loaded as a .par file: "),
        ("ps train.py -m -1", "-m needs a number from 0 on"),
    ],
)
def test_d14_wrong_commands(text: str, message: str) -> None:
    [row] = shown(text)
    assert row.startswith("ERROR: ")
    assert message in row


def test_without_stacks_there_are_no_sources() -> None:
    context = Analysis(memory_dump({CPU0: graph(a="Const")}, (CPU0, "a", 0, np.ones(1))))
    for text, what in (("ls", "generate source list"), ("ps a.py", "perform source annotation")):
        assert f"Cannot {what} due to a lack of set Python graph" in str(execute(context, text))


def test_a_file_is_read_from_disk_and_from_a_par(tmp_path: Path) -> None:
    file = tmp_path / "a b.py"
    file.write_text("x = 1\n")
    archive = tmp_path / "program.par"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("pkg/model.py", "y = 2\n")
    made = dump(tracebacks={"x": [(str(file), 1, "f", None)]}, sources={})
    assert shown(f"ps '{file}'", made) == ["L1  x = 1", "    x", "L2  "]
    [link] = [s.link for row in execute(Analysis(made), "ls").lines for s in row.spans if s.link]
    assert link == f'ps "{file}" -b 1'
    assert execute(Analysis(made), link).ok
    assert source_text(f"{archive}/pkg/model.py", {}) == "y = 2\n"
    with pytest.raises(OSError, match=r"can be loaded as a \.par file"):
        source_text(f"{archive}/pkg/none.py", {})


def test_paths() -> None:
    assert find_source("train.py", ["/src/train.py", "/src/model.py"]) == "/src/train.py"
    assert find_source("/src/../src/train.py", ["/src/train.py"]) == "/src/train.py"
    assert find_source("train.py", ["/a/train.py", "/b/train.py"]).endswith("/train.py")
    assert is_library(LIBRARY)
    assert not is_library(LIBRARY.replace(".py", "_test.py"))
    assert not is_library("/home/me/tensorflow/model.py")


def test_tab_knows_the_files() -> None:
    assert completions(Analysis(dump()), "ps /src/") == ["/src/train.py"]
