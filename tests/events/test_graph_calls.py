"""Functions put where they are called, against brute force and by example."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from function_graphs import random_functions, written_out
from graph_maker import GraphMaker, mobilenet

from opscope.events.graph_calls import expand_calls
from opscope.events.graph_columns import GraphColumns


def expanded(maker: GraphMaker, **settings: int) -> GraphColumns:
    return expand_calls(GraphColumns.from_bytes(maker.data), **settings)


def edges(columns: GraphColumns) -> list[tuple[str, str, int]]:
    ends = zip(columns.src, columns.dst, columns.src_slot, strict=True)
    return sorted((columns.names[a], columns.names[b], int(slot)) for a, b, slot in ends)


def add_function(
    maker: GraphMaker, name: str, *nodes: tuple[str, str, list[str]], result: str = "mul:z:0"
) -> None:
    """A function of one argument `x` and one result `y`."""
    function = maker.graph.library.function.add()
    function.signature.name = name
    function.signature.input_arg.add(name="x", type=1)
    function.signature.output_arg.add(name="y", type=1)
    for node, op, inputs in nodes:
        function.node_def.add(name=node, op=op, input=inputs)
    function.ret["y"] = result


def square(maker: GraphMaker, name: str = "square") -> None:
    add_function(maker, name, ("mul", "Mul", ["x", "x"]))


@pytest.mark.parametrize("seed", range(12))
def test_calls_are_written_out_as_by_hand(seed: int) -> None:
    graph = random_functions(seed)
    columns = expand_calls(GraphColumns.from_bytes(graph.SerializeToString()))
    names, wanted = written_out(graph)
    assert sorted(columns.names) == sorted(names)
    got = Counter(
        (columns.names[a], columns.names[b], int(slot), bool(slot < 0))
        for a, b, slot in zip(columns.src, columns.dst, columns.src_slot, strict=True)
    )
    assert got == wanted
    assert columns.problems == []
    assert all(columns.index[name] == at for at, name in enumerate(columns.names))
    assert (np.diff(columns.dst) >= 0).all()


def test_1936_edges_run_through_a_call() -> None:
    g = GraphMaker().node("a", "Const", device="/cpu").node("call", "PartitionedCall", "a", "^a")
    g.graph.node[1].attr["f"].func.name = "square"
    g.graph.node[1].device = "/gpu"
    g.node("b", "Exp", "call")
    square(g)
    columns = expanded(g)
    assert columns.names == ["a", "call", "b", "call/x", "call/mul", "call/y"]
    assert edges(columns) == [
        ("a", "call", -1),
        ("a", "call/x", 0),
        ("call", "b", 0),
        ("call/mul", "call/y", 0),
        ("call/x", "call/mul", 0),
        ("call/x", "call/mul", 0),
        ("call/y", "call", 0),
    ]
    assert columns.devices[columns.device[4]] == "/gpu"
    assert columns.attrs(1)["f"].func.name == "square"
    assert columns.attrs(3)["T"].type == 1
    assert columns.calls == {"square": ["call/"]}
    assert columns.functions == ["square"]


def test_branches_and_loops_have_a_scope_for_each_function() -> None:
    g = GraphMaker().node("p", "Const").node("a", "Const").node("if", "StatelessIf", "p", "a")
    g.graph.node[2].attr["then_branch"].func.name = "one"
    g.graph.node[2].attr["else_branch"].func.name = "two"
    g.node("case", "Case", "p", "a")
    for name in ("one", "two"):
        g.graph.node[3].attr["branches"].list.func.add(name=name)
    square(g, "one")
    square(g, "two")
    found = edges(expanded(g))
    assert ("p", "if", 0) in found
    for branch in ("if/then_branch", "if/else_branch", "case/branch_0", "case/branch_1"):
        assert ("a", f"{branch}/x", 0) in found
        assert (f"{branch}/y", branch.partition("/")[0], 0) in found


def test_recursion_stays_in_the_library() -> None:
    g = GraphMaker().node("call", "loop")
    add_function(g, "loop", ("again", "loop", ["x"]), ("mul", "Mul", ["again:y:0", "x"]))
    columns = expanded(g)
    assert "call/again" in columns.names
    assert "call/again/mul" not in columns.names
    assert "__function_library__/loop/mul" in columns.names
    assert columns.problems == [
        "function 'loop' is not shown in every place it is called: it calls itself"
    ]


def test_fan_out_ends_with_the_budget() -> None:
    g = GraphMaker().node("a", "Const").node("call", "f0", "a")
    for level in range(30):
        inner = [(f"n{i}", f"f{level + 1}", ["x"]) for i in range(3)]
        add_function(g, f"f{level}", *inner, result="n0:y:0")
    square(g, "f30")
    columns = expanded(g, most=1000)
    assert 500 < len(columns) < 1300
    assert "call/n2/n1/n0" in columns.names
    assert any("there is room for" in problem for problem in columns.problems)
    assert columns.bodies.keys() <= {f"f{level}" for level in range(31)}
    for body in columns.bodies.values():
        assert columns.ops[columns.op[body.first]] == "_Arg"


def test_a_name_that_is_taken_gives_the_function_a_scope_of_its_own() -> None:
    g = GraphMaker().node("call", "square").node("call/x", "Const")
    square(g)
    columns = expanded(g)
    assert columns.names == ["call", "call/x", "call/square/x", "call/square/mul", "call/square/y"]


def test_functions_nobody_calls_stay_where_they_are() -> None:
    g = GraphMaker().node("a", "Exp")
    square(g)
    columns = GraphColumns.from_bytes(g.data)
    assert expand_calls(columns) is columns


def test_a_graph_without_functions_is_left_alone() -> None:
    columns = GraphColumns.from_bytes(mobilenet())
    assert expand_calls(columns) is columns


def test_a_result_has_the_shape_of_what_it_returns() -> None:
    g = GraphMaker().node("call", "square")
    square(g)
    body = g.graph.library.function[0].node_def[0]
    body.attr["_output_shapes"].list.shape.add().dim.add(size=7)
    columns = expanded(g)
    assert columns.output_shape(columns.index["call/y"], 0) == (7,)
