"""`eval`: what the language computes, and what it refuses."""

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tfdbg_data import CPU0, CPU1, graph

from opscope.tfdbg import DebugDump, DebugTensorDatum
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import completions, execute
from opscope.tfdbg.debug_graph import DebugGraph
from opscope.tfdbg.expression import (
    ExpressionError,
    TensorReference,
    evaluate,
    parse_tensor_reference,
)
from opscope.tfdbg.expression_names import NUMPY

A = np.array([[1.0, -2.0], [np.nan, 4.0]])
I3 = np.arange(3)


def value_of(text: str) -> object:
    tensors = {"a": A, "i": I3}
    return evaluate(text, lambda reference: tensors[reference.node])


@pytest.mark.parametrize(
    "text",
    [
        "`a:0`",
        "`a:0` + 1",
        "-`a:0` * 2 ** 3 // 1 % 5 / 7 - 1",
        "`a:0` @ `a:0`.T",
        "np.matmul(`a:0`, `a:0`.T)",
        "`a:0`[0, :]",
        "`a:0`[..., ::-1][1][0]",
        "`a:0`[np.newaxis, `a:0`[:, 1] > 0]",
        "`a:0` > 3",
        "(`a:0` > 0) & ~np.isnan(`a:0`) | (`a:0` < -1)",
        "np.nanmax(`a:0`, axis=0, keepdims=True)",
        "np.linalg.norm(`i:0`)",
        "np.linalg.svd(`a:0`[:, 1:], compute_uv=False)",
        "np.where(np.isfinite(`a:0`), `a:0`, np.float32(0)).sum(axis=1)",
        "`a:0`.shape[0] if `a:0`.ndim == 2 else 'flat'",
        "max(len(`i:0`), 2) == 3 and not bool(`i:0`[0])",
        "0 < `i:0`[1] < 2",
        "1 in (1, 2)",
        "[np.mean(`i:0`), np.pi, 1j, b'x', None, True]",
        "`a:0`.astype('float16').real.mean()",
        "np.array(`i:0`, dtype=np.int8)",
        "np.float32(1) is None",
        "'a' + 'b'",
        "[1, 2] * `i:0`[:2]",
    ],
)
def test_it_computes_what_python_computes(text: str) -> None:
    python = text.replace("`a:0`", "A").replace("`i:0`", "I3")
    expected = eval(python, {"np": np, "A": A, "I3": I3})
    np.testing.assert_array_equal(value_of(text), expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("open('/etc/passwd')", "The name open is not known here"),
        ("__import__('os')", "The name __import__ is not known here"),
        ("a", "Tensors stand in backticks"),
        ("np", "np what?"),
        ("np.load('x')", "np.load is not available here"),
        ("np.save('x', 1)", "np.save is not available here"),
        ("np.linalg.LinAlgError", "np.linalg.LinAlgError is not available here"),
        ("np.add.reduce", "np.add.reduce is not available here"),
        ("np.lib.npyio", "np.lib.npyio is not available here"),
        ("().__class__", ".__class__ is not allowed here"),
        ("`a:0`.__array_interface__", ".__array_interface__ is not allowed here"),
        ("`a:0`.base", ".base is not allowed here"),
        ("`a:0`.tofile('x')", "The method .tofile() is not allowed here"),
        ("'{0.__class__}'.format(1)", "The method .format() is not allowed here"),
        ("np.add(`a:0`, 1, out=`a:0`)", "`out=` are not allowed"),
        ("np.add(`a:0`, 1, `a:0`)", "output array is read-only"),
        ("np.sum(*[`a:0`])", "`*[_tensor_0_]` is not allowed here"),
        ("np.sum(**{})", "`**` and `out=` are not allowed"),
        ("[x for x in (1, 2)]", "A lambda or comprehension is not allowed here"),
        ("(lambda: 1)()", "A lambda or comprehension is not allowed here"),
        ("(x := 1)", "`(x := 1)` is not allowed here"),
        ("{1: 2}", "is not allowed here"),
        ("f'{1}'", "is not allowed here"),
        ("10 ** 10 ** 10", "more than 1,000 digits"),
        ("1 << 100000", "more than 1,000 digits"),
        ("'a' * 1000000000", "str has no Mult here"),
        ("[0] * 1000000000", "list has no Mult here"),
        ("'%1000000000d' % 1", "str has no Mod here"),
        ("1 +", "This is no expression: invalid syntax: 1 +"),
        ("x = 1", "This is no expression"),
        ("`a:0", "No closing backtick in: `a:0"),
        ("`a`", "the to-be-evaluated expression is malformed: 'a'"),
        ("`a:0`[7]", "IndexError: index 7 is out of bounds"),
        ("`a:0` @ `i:0`", "ValueError: matmul"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("3(4)", "3 is not a function"),
        ("-" * 5000 + "1", "This is no expression"),
        ("(-" * 90 + "1" + ")" * 90 + "x", "This is no expression"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        value_of(text)
    assert message in str(raised.value)


def test_names_are_functions_without_effect() -> None:
    for name in (
        "load",
        "save",
        "savez",
        "fromfile",
        "memmap",
        "frompyfunc",
        "vectorize",
        "copyto",
    ):
        assert name not in NUMPY


def test_a_tensor_is_read_once_and_cannot_be_written() -> None:
    asked: list[TensorReference] = []

    def load(reference: TensorReference) -> object:
        asked.append(reference)
        return A

    np.testing.assert_array_equal(evaluate("`a:0` + `a:0` - `a:0`", load), A)
    assert len(asked) == 1
    assert A.flags.writeable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a/b:0", ("", "a/b", 0, "DebugIdentity", 0)),
        ("a:1[3]", ("", "a", 1, "DebugIdentity", 3)),
        ("a:1:DebugNanCount", ("", "a", 1, "DebugNanCount", 0)),
        ("a:1:DebugNanCount[2]", ("", "a", 1, "DebugNanCount", 2)),
        ("a:0[-1]", ("", "a", 0, "DebugIdentity", -1)),
        (
            "a:0:DebugNumericSummary(lower_bound=-1;upper_bound=1)[0]",
            ("", "a", 0, "DebugNumericSummary(lower_bound=-1;upper_bound=1)", 0),
        ),
        (
            "/job:localhost/replica:0/task:0/device:GPU:0:a/b:1:DebugNanCount[2]",
            ("/job:localhost/replica:0/task:0/device:GPU:0", "a/b", 1, "DebugNanCount", 2),
        ),
        ("/device:CPU:1:a:0", ("/device:CPU:1", "a", 0, "DebugIdentity", 0)),
        (
            "/job:worker/replica:1/task:2/cpu:3:a:0",
            ("/job:worker/replica:1/task:2/cpu:3", "a", 0, "DebugIdentity", 0),
        ),
    ],
    ids=lambda text: f"D-15 D21 {text}" if isinstance(text, str) else "",
)
def test_every_form_of_a_tensor(text: str, expected: tuple[object, ...]) -> None:
    assert parse_tensor_reference(text) == expected


@pytest.mark.parametrize("text", ["a", ":0", "a:x", "a:0[", "a:0[x]", "a:0:b:c"])
def test_what_is_no_tensor(text: str) -> None:
    with pytest.raises(ExpressionError, match="malformed"):
        parse_tensor_reference(text)


def context() -> Analysis:
    made = graph(a="Const", s="Const", u="Const")
    data = [
        DebugTensorDatum.from_memory(CPU0, "a", 0, 10, A),
        DebugTensorDatum.from_memory(CPU0, "a", 0, 11, A + 1),
        DebugTensorDatum.from_memory(CPU0, "a", 0, 12, np.array([1]), "DebugNanCount"),
        DebugTensorDatum.from_memory(CPU0, "u", 0, 13, None),
        DebugTensorDatum.from_memory(CPU0, "s", 0, 14, np.float32(1)),
        DebugTensorDatum.from_memory(CPU1, "s", 0, 15, np.float32(2)),
    ]
    graphs = {CPU0: DebugGraph(made, CPU0), CPU1: DebugGraph(graph(s="Const"), CPU1)}
    return Analysis(DebugDump(data, graphs))


def test_d_14_the_screen_of_an_expression() -> None:
    screen = execute(context(), "eval np.matmul(`a:0`, `a:0`.T)[:1, :1]")
    assert str(screen) == "\n".join(
        [
            "Tensor \"from eval of expression 'np.matmul(`a:0`, `a:0`.T)[:1, :1]'\":",
            "  dtype: float64",
            "  shape: (1, 1)",
            "",
            "Numeric summary:",
            "| + | total |",
            "| 1 |     1 |",
            "|  min  max mean  std |",
            "|  5.0  5.0  5.0  0.0 |",
            "",
            "array([[5.]])",
        ]
    )


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("eval `a:0[1]`[0, 0]", "np.float64(2.0)"),
        ("ev `a:0:DebugNanCount`[0]", "np.int64(1)"),
        ("ev `a:0:DebugNanCount[0]`[0]", "np.int64(1)"),
        (f"ev `{CPU1}:s:0`", "array(2., dtype=float32)"),
        ("ev `/device:CPU:0:s:0`", "array(1., dtype=float32)"),
        ("ev `/device:CPU:0:a:0:DebugIdentity[1]` [0, 1]", "np.float64(-1.0)"),
        ("ev len(`a:0`)", "2"),
        ("eval (-`a:0`)[1, 1]", "np.float64(-4.0)"),
    ],
)
def test_d_15_forms_on_a_dump(text: str, last: str) -> None:
    screen = execute(context(), text)
    assert screen.ok, str(screen)
    assert screen.lines[-1].text == last


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "eval `nosuch:0`",
            "Eval failed due to the value of nosuch:0:DebugIdentity being unavailable",
        ),
        ("eval `a:0[2]`", "a:0:DebugIdentity has 2 dump(s): there is no [2]"),
        ("eval `s:0`", "exists on multiple (2) devices"),
        ("eval `/device:GPU:0:s:0`", "no device named /device:GPU:0 in the dump. Devices: "),
        ("eval `u:0` + 1", "it is not initialized"),
        ("eval np.sum(`u:0`)", "it is not initialized"),
        ("eval np.sum(`a:0`", "No closing ] or ) in: eval"),
    ],
)
def test_d14_wrong_expressions_are_one_red_line(text: str, message: str) -> None:
    screen = execute(context(), text)
    assert not screen.ok
    assert len(screen.lines) == 1
    assert message in str(screen)


@pytest.mark.parametrize("text", ['eval "`a:0` > 3"', "eval (`a:0` > 3)", "eval np.array(`a:0`>3)"])
def test_d_16_d22_a_comparison_is_no_redirection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    screen = execute(context(), text)
    assert "dtype: bool" in str(screen)
    assert "| False  True | total |" in str(screen)
    assert list(tmp_path.iterdir()) == []
    execute(context(), f"{text} > out")
    assert (tmp_path / "out").read_text() == f"{screen}\n"


def test_an_expression_is_written(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    screen = execute(context(), f"eval `a:0`.T -w {path}")
    assert f"Saved value to: {path}" in str(screen)
    np.testing.assert_array_equal(np.load(path), A.T)


def test_tab_knows_tensors_and_functions() -> None:
    assert completions(context(), "eval `") == ["`a:0`", "`s:0`", "`u:0`"]
    assert completions(context(), "eval np.max(`a") == ["np.max(`a:0`"]
    assert completions(context(), "eval 1+np.linalg.eigv") == [
        "1+np.linalg.eigvals",
        "1+np.linalg.eigvalsh",
    ]


@settings(max_examples=300)
@given(st.text("`a:0[](),.+-*/<>=np linalgsum_~@'\"5", max_size=24))
def test_no_expression_raises_anything_else(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        value_of(text)
