"""The acceptance cases of tfdbg's behaviour by id: B (lists) and D- (values), with defects.

tests/tfdbg/acceptance.md says which test pins which case.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from tfdbg_data import CPU0, CPU1, T0, graph, memory_dump

from opscope.tfdbg import DebugDump, DebugDumpDir, DebugTensorDatum, has_inf_or_nan
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import execute
from opscope.tfdbg.debug_graph import DebugGraph

Opened = Callable[[str], DebugDumpDir]


def tensor(
    name: str, at: int, value: object, debug_op: str = "DebugIdentity", device: str = CPU0
) -> DebugTensorDatum:
    node, _, slot = name.partition(":")
    held = value if value is None else np.asarray(value)
    return DebugTensorDatum.from_memory(device, node, int(slot or 0), T0 + at, held, debug_op)


def listed() -> Analysis:
    made = graph(v="VariableV2", **{"v/read": "Identity v"}, log="Log v/read", neg="Neg log")
    data = [
        tensor("v", 0, np.float64([0, 1, 2])),
        tensor("v/read", 1500, np.float64([0, 1, 2])),
        tensor("log", 2250, np.float32([-np.inf, 0, 1])),
        tensor("neg", 3000, np.float32([np.inf, -0.0, -1])),
    ]
    return Analysis(DebugDump(data, {CPU0: DebugGraph(made, CPU0)}))


def rows(context: Analysis, text: str) -> list[str]:
    screen = execute(context, text)
    assert screen.ok, str(screen)
    return [row.text for row in screen.lines]


def names(context: Analysis, text: str) -> list[str]:
    data = execute(context, text).data
    assert isinstance(data, dict)
    return [row["tensor"].removesuffix(":0") for row in data["tensors"]]


def test_b1_the_list() -> None:
    assert rows(listed(), "lt") == [
        "4 dumped tensor(s):",
        "",
        "t (ms)   Size (B) Op type    Tensor name",
        "[0.000]  24       VariableV2 v:0",
        "[1.500]  24       Identity   v/read:0",
        "[2.250]  12       Log        log:0",
        "[3.000]  12       Neg        neg:0",
    ]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        pytest.param("lt -s timestamp -r", ["neg", "log", "v/read", "v"], id="B2"),
        pytest.param("lt -s dump_size", ["log", "neg", "v", "v/read"], id="B3"),
        pytest.param("lt -s dump_size -r", ["v", "v/read", "log", "neg"], id="B3 reversed"),
        pytest.param("lt -s op_type", ["v/read", "log", "neg", "v"], id="B4 types"),
        pytest.param("lt -s tensor_name", ["log", "neg", "v/read", "v"], id="B4 names"),
        pytest.param("lt -n .*read.*", ["v/read"], id="B6"),
        pytest.param("lt -n read", [], id="B6 D36 anchored"),
        pytest.param("lt -t Identity", ["v/read"], id="B7"),
        pytest.param("lt -t (Log|Neg) -n n", ["neg"], id="B8"),
        pytest.param("lt -f has_inf_or_nan", ["log", "neg"], id="B9"),
        pytest.param("lt -f has_inf_or_nan -fenn lo", ["neg"], id="B9 excluded"),
        pytest.param("lt --origin", ["log"], id="origin"),
        pytest.param("lt --origin -fenn log", ["neg"], id="origin excluded"),
        pytest.param("lt --dtype float32", ["log", "neg"], id="D36 dtype"),
        pytest.param("lt --shape 3", ["v", "v/read", "log", "neg"], id="D36 shape"),
        pytest.param("lt --shape (?,3)", [], id="D36 rank"),
        pytest.param("lt --shape ...,3", ["v", "v/read", "log", "neg"], id="D36 any axes"),
        pytest.param('lt --where "-inf > 0"', ["log"], id="D36 -inf"),
        pytest.param('lt --where "min < 0, max<=0"', ["neg"], id="D36 range"),
        pytest.param('lt --where "mean = 1, inf == 0"', ["v", "v/read"], id="D36 mean"),
        pytest.param('lt --where "zero >= 1, rank != 2"', ["v", "v/read", "log", "neg"], id="D36"),
    ],
)
def test_b_orders_and_filters(text: str, order: list[str]) -> None:
    assert names(listed(), text) == order


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        pytest.param("lt -n .*read.*", ['Node name regex filter: ".*read.*"'], id="B6"),
        pytest.param("lt -t Identity", ['Op type regex filter: "Identity"'], id="B7"),
        pytest.param(
            "lt -n v -t Id",
            ['Op type regex filter: "Id"', 'Node name regex filter: "v"'],
            id="B8",
        ),
    ],
)
def test_b_filters_are_said(text: str, heads: list[str]) -> None:
    assert rows(listed(), text)[1 : 2 + len(heads)] == [*heads, ""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("lt -s foobar", "Unsupported key to sort tensors by: foobar", id="B5"),
        pytest.param("lt -f foo", 'ERROR: There is no tensor filter named "foo".', id="B10"),
        pytest.param("lt --origin -f foo", 'There is no tensor filter named "foo".', id="B10 o"),
        pytest.param("lt --shape 3x", "--shape: '3x' is no shape.", id="D36 shape"),
        pytest.param('lt --where "max >"', "'max >' is no condition.", id="D36 where"),
        pytest.param("lt --dtype (", "--dtype: invalid regular expression", id="D14"),
    ],
)
def test_b_wrong_lists(text: str, message: str) -> None:
    screen = execute(listed(), text)
    assert not screen.ok
    assert len(screen.lines) == 1
    assert message in str(screen)


def test_b9_the_filter_is_in_the_title() -> None:
    title = rows(listed(), "lt -f has_inf_or_nan")[0]
    assert title == '2 dumped tensor(s) passing filter "has_inf_or_nan":'
    title = rows(listed(), "lt --origin")[0]
    assert title == '1 dumped tensor(s) passing filter "has_inf_or_nan" whose inputs did not:'


def test_b11_wrong_flags() -> None:
    screen = execute(listed(), "lt --foo")
    assert str(screen) == 'Syntax error for command: lt\nFor help, do "help lt"'


def test_b12_an_empty_list() -> None:
    empty = Analysis(memory_dump({CPU0: graph(a="Const")}))
    assert rows(empty, "lt") == [
        "0 dumped tensor(s):",
        "",
        "t (ms) Size (B) Op type Tensor name",
    ]


def two_ops() -> Analysis:
    made = graph(y="Log")
    data = [
        tensor("y", 0, [np.nan]),
        tensor("y", 1, [1], "DebugNanCount"),
        tensor("y", 2, [1, np.nan, np.inf], "DebugNumericSummary"),
    ]
    return Analysis(DebugDump(data, {CPU0: DebugGraph(made, CPU0)}))


def test_b13_d8_debug_ops_can_be_told_apart() -> None:
    ends = [row.split()[-1] for row in rows(two_ops(), "lt")[3:]]
    assert ends == ["y:0", "y:0:DebugNanCount", "y:0:DebugNumericSummary"]
    assert [row.split()[3:6] for row in rows(two_ops(), "lt -v")[3:]] == [
        ["float64", "(1,)", "DebugIdentity"],
        ["int64", "(1,)", "DebugNanCount"],
        ["float64", "(3,)", "DebugNumericSummary"],
    ]


def test_d7_a_numeric_summary_is_no_hit() -> None:
    assert len(rows(two_ops(), "lt -f has_inf_or_nan")) == 4


def test_d36_verbose_rows() -> None:
    made = graph(u="VariableV2", s="Const", n="Log", h="Cast", c="Complex")
    data = [
        tensor("u", 0, None),
        tensor("s", 1, np.array([b"a"], object)),
        tensor("n", 2, np.float32([np.nan, np.inf, -np.inf, -np.inf])),
        tensor("h", 3, np.array([1, np.nan], ml_dtypes.bfloat16)),
        tensor("c", 4, np.complex64(3 + 4j)),
    ]
    context = Analysis(DebugDump(data, {CPU0: DebugGraph(made, CPU0)}))
    assert [row.rstrip() for row in rows(context, "lt -v")[2:]] == [
        "t (ms)   Size (B) Op type    Dtype     Shape Debug op      Health                "
        "Tensor name",
        "[0.000]  0        VariableV2                 DebugIdentity uninitialized         u:0",
        "[0.001]  8        Const      object    (1,)  DebugIdentity -                     s:0",
        "[0.002]  16       Log        float32   (4,)  DebugIdentity 1 nan, 2 -inf, 1 +inf n:0",
        "[0.003]  4        Cast       bfloat16  (2,)  DebugIdentity 1 nan                 h:0",
        "[0.004]  8        Complex    complex64 ()    DebugIdentity ok                    c:0",
    ]
    assert names(context, 'lt --where "max == 5"') == ["c"]


# Values


def values(**tensors: object) -> Analysis:
    made = graph(**dict.fromkeys(tensors, "Const"))
    data = [tensor(name, at, value) for at, (name, value) in enumerate(tensors.items())]
    return Analysis(DebugDump(data, {CPU0: DebugGraph(made, CPU0)}))


def test_d_1_a_value() -> None:
    assert rows(values(a=np.float32([1, 2])), "pt a:0") == [
        'Tensor "a:0:DebugIdentity":',
        "  dtype: float32",
        "  shape: (2,)",
        "",
        "array([1., 2.], dtype=float32)",
    ]


def test_d_2_its_summary() -> None:
    text = rows(values(a=np.float64([[0, 1, 2], [3, 4, 5]])), "pt -s a:0")
    assert text[4:9] == [
        "Numeric summary:",
        "| 0 + | total |",
        "| 1 5 |     6 |",
        "|               min               max              mean               std |",
        "|               0.0               5.0               2.5 1.707825127659933 |",
    ]


@pytest.mark.parametrize(
    ("ranges", "title", "cells"),
    [
        pytest.param("[-inf,0.0]", "2 of 4 element(s) (50.00%)", ["-inf", "-1."], id="D-3"),
        pytest.param(
            "[[-inf,-5.5],[5.5,inf]]", "2 of 4 element(s) (50.00%)", ["-inf", "inf"], id="D-3 D6"
        ),
        pytest.param("0,1e-8", "1 of 4 element(s) (25.00%)", ["0."], id="D6"),
    ],
)
def test_d_3_d6_ranges(ranges: str, title: str, cells: list[str]) -> None:
    value = np.float64([-np.inf, -1 if "inf,0" in ranges else 0, 1, np.inf])
    screen = execute(values(a=value), f"pt a:0 -r {ranges}")
    assert screen.lines[0].text == f'Tensor "a:0:DebugIdentity": Highlighted({ranges}): {title}'
    styled = [s.text for row in screen.lines for s in row.spans if s.style == "highlight"]
    assert styled == cells


@pytest.mark.parametrize(
    ("slicing", "last"),
    [
        pytest.param("[1, :]", "array([3, 4, 5])", id="D-4"),
        pytest.param("[-1]", "array([3, 4, 5])", id="D-6 D15 negative"),
        pytest.param("[..., 0]", "array([0, 3])", id="D-6 D15 ellipsis"),
        pytest.param("[0][1]", "np.int64(1)", id="D-6 D15 brackets"),
    ],
)
def test_d_4_d_6_slices(slicing: str, last: str) -> None:
    text = rows(values(a=np.arange(6).reshape(2, 3)), f"pt a:0{slicing}")
    assert text[0] == f'Tensor "a:0:DebugIdentity{slicing}":'
    assert text[-1] == last


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("pt a:0[1, foo()]", "Invalid tensor-slicing string.", id="D-5"),
        pytest.param(
            "pt a:0 -n 1",
            "ERROR: Invalid number (1) for tensor a:0, which generated one dump.",
            id="D-7",
        ),
        pytest.param("pt a:0 -r 1", "'1' is no range", id="D6"),
        pytest.param("lt -n (", "invalid regular expression", id="D14 pattern"),
        pytest.param("pt a:0[9]", "does not fit the shape", id="D14 index"),
        pytest.param("pt a:0 -w /nosuch/a", "No such file or directory", id="D14 file"),
    ],
)
def test_d_5_d_7_d14_one_red_line(text: str, message: str) -> None:
    screen = execute(values(a=np.arange(3)), text)
    assert len(screen.lines) == 1
    assert str(screen).startswith("ERROR: ")
    assert message in str(screen)


def test_d_7_a_number_on_one_dump() -> None:
    assert rows(values(a=np.arange(3)), "pt a:0 -n 0")[-1] == "array([0, 1, 2])"


def test_d_8_the_only_slot() -> None:
    assert rows(values(a=np.arange(3)), "pt a")[0] == 'Tensor "a:0:DebugIdentity":'


def slots() -> Analysis:
    data = [tensor(f"split:{slot}", at, [slot]) for at, slot in enumerate((1, 2, 0))]
    return Analysis(DebugDump(data, {CPU0: DebugGraph(graph(split="Split"), CPU0)}))


def test_d_9_several_slots() -> None:
    assert rows(slots(), "pt split")[:2] == [
        'Node "split" generated debug dumps from 3 output slots:',
        "Please specify the output slot: split:x.",
    ]


def test_c4_d8_d20_every_row_of_the_dumps_shows_its_own() -> None:
    screen = execute(slots(), "ni -d split")
    dumped = [row for row in screen.lines if " @ " in row.text]
    assert [row.text.split()[1] for row in dumped] == ["0", "1", "2"]
    for row in dumped:
        [link] = [span.link for span in row.spans if span.link]
        assert rows(slots(), link)[-1] == f"array([{row.text.split()[1]}])"


def loop() -> Analysis:
    data = [tensor("n", 1000 * at, np.float64([at, at + 1])) for at in range(4)]
    return Analysis(DebugDump(data, {CPU0: DebugGraph(graph(n="Add"), CPU0)}))


def test_d_10_several_dumps() -> None:
    assert rows(loop(), "pt n:0") == [
        'Tensor "n:0" generated 4 dumps:',
        "#0 [0.000 ms] n:0:DebugIdentity",
        "#1 [1.000 ms] n:0:DebugIdentity",
        "#2 [2.000 ms] n:0:DebugIdentity",
        "#3 [3.000 ms] n:0:DebugIdentity",
        "",
        "You can use the -n (--number) flag to specify which dump to print.",
        "For example:",
        "  print_tensor n:0 -n 0",
    ]


def test_d_11_d5_one_of_several_dumps_with_its_summary() -> None:
    text = rows(loop(), "pt n:0 -n 2 -s")
    assert text[0] == 'Tensor "n:0:DebugIdentity (dump #2)":'
    assert "| + | total |" in text
    assert text[-1] == "array([2., 3.])"


def test_d_12_too_large_a_number() -> None:
    assert str(execute(loop(), "pt n:0 -n 10")) == (
        "ERROR: Specified number (10) exceeds the number of available dumps (4) for tensor n:0"
    )


def test_d_13_large_values() -> None:
    context = values(a=np.arange(3000))
    assert "..." in rows(context, "pt a")[-1]
    whole = rows(context, "pt -a a")
    assert "1500" in " ".join(whole)
    assert "..." not in " ".join(whole)


@pytest.mark.parametrize(
    "shape", [(), (7,), (3, 4), (2, 3, 4), (50, 60)], ids=lambda shape: f"D-17 {shape}"
)
def test_d_17_rows_know_their_elements(shape: tuple[int, ...]) -> None:
    value = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    screen = execute(values(a=value), "pt a")
    indexed = [row for row in screen.lines[4:] if row.index is not None]
    assert indexed
    for row in indexed:
        text = row.text.partition("array(")[2] or row.text
        first = next(word for word in text.strip(" [").replace("]", ",").split(",") if word)
        assert int(first.strip(" [)")) == value[row.index]


@pytest.mark.parametrize(
    ("value", "row"),
    [
        pytest.param(np.full(2, np.inf), "| +inf | total |", id="D-18 inf"),
        pytest.param(np.full(2, np.nan), "| nan | total |", id="D-18 nan"),
        pytest.param(np.array([True, False]), "| False  True | total |", id="D-18 bool"),
        pytest.param(
            np.array([b"a"], object),
            "No numeric summary available due to tensor dtype: object.",
            id="D-18 string",
        ),
        pytest.param(
            np.zeros((0, 2)), "No numeric summary available due to empty tensor.", id="D-18 empty"
        ),
        pytest.param(np.complex64([3 + 4j]), "|  5.0  5.0  5.0  0.0 |", id="D-18 D4 complex"),
    ],
)
def test_d_18_d4_summaries(value: np.ndarray, row: str) -> None:
    assert row in rows(values(a=value), "pt -s a")


def test_d_19_an_uninitialized_tensor(opened: Opened) -> None:
    context = Analysis(opened("uninit"))
    assert "Uninitialized tensor:" in rows(context, "pt scope/v:0")
    assert "scope/v:0" not in str(execute(context, "lt -f has_inf_or_nan"))
    [verbose] = [row for row in rows(context, "lt -v") if row.endswith("scope/v:0")]
    assert "uninitialized" in verbose


def test_d_20_strings(opened: Opened) -> None:
    text = str(execute(Analysis(opened("uninit")), "pt strvar/initial_value:0"))
    assert "dtype: object" in text
    assert "b'" in text


def test_d_22_the_written_value_is_the_slice(tmp_path: Path) -> None:
    path = tmp_path / "w.npy"
    value = np.arange(6.0).reshape(2, 3)
    text = rows(values(a=value), f"pt a:0[1, ::2] -w {path}")
    assert f"Saved value to: {path} ({path.stat().st_size}B)" in text
    np.testing.assert_array_equal(np.load(path), value[1, ::2])


def test_d5_feeds_honour_write(tmp_path: Path) -> None:
    path = tmp_path / "f.npy"
    dump = memory_dump({CPU0: graph(x="Placeholder")}, feeds={"x:0": np.arange(3)})
    assert f"Saved value to: {path}" in str(execute(Analysis(dump), f"pf x:0[1:] -w {path}"))
    np.testing.assert_array_equal(np.load(path), [1, 2])


def test_d23_dumps_of_one_microsecond_are_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "_tfdbg_device_,job_localhost,replica_0,task_0,device_CPU_0"
    folder.mkdir()
    data = [
        DebugTensorDatum(tmp_path, f"{folder.name}/n_0_DebugIdentity_5{suffix}")
        for suffix in ("-10", "-2", "", "-1")
    ]
    ordered = DebugDump(data, {}).dumped_tensor_data
    assert [datum.extended_timestamp for datum in ordered] == ["5", "5-1", "5-2", "5-10"]


def test_d29_print_options_stay_the_users() -> None:
    context = dataclasses.replace(values(a=np.arange(3000)), columns=60)
    before = np.get_printoptions()
    for text in ("pt a", "pt -a a", "eval `a:0` * 2", "pt a -s"):
        execute(context, text)
    assert np.get_printoptions() == before


def test_d19_the_first_hit_is_the_first_in_time() -> None:
    data = [
        tensor("a", 5, [np.nan]),
        tensor("b", 3, [np.nan], device=CPU1),
    ]
    dump = DebugDump(data, {})
    assert [d.tensor_name for d in dump.find(has_inf_or_nan, first_n=1)] == ["b:0"]
