"""Random graphs with function libraries, and what they are once written out, by brute force."""

from __future__ import annotations

import random
from collections import Counter

from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.node_def_pb2 import NodeDef

Edge = tuple[str, str, int, bool]
"""From, to, output, whether it only orders."""

CALLS = ("PartitionedCall", "While", "If", "Case", "MapDataset", "")


def random_functions(seed: int, count: int = 60, functions: int = 6) -> GraphDef:
    """A graph whose nodes call functions, which call those after them."""
    dice = random.Random(seed)
    graph = GraphDef()
    names = [f"fn_{number}" for number in range(functions)]
    for number, name in enumerate(names):
        function = graph.library.function.add()
        function.signature.name = name
        function.signature.input_arg.add(name="x", type=1)
        function.signature.input_arg.add(name="y", type=1)
        function.signature.output_arg.add(name="out", type=1)
        made = ["x", "y"]
        for index in range(dice.randint(1, 5)):
            node = function.node_def.add(name=dice.choice(["", "s/"]) + f"n{index}")
            ends = [dice.choice(made) for _ in range(dice.randint(1, 3))]
            node.input.extend(end if end in ("x", "y") else f"{end}:z:0" for end in ends)
            _choose_op(node, dice, names[number + 1 :])
            made.append(node.name)
        last = made[-1]
        function.ret["out"] = last if last in ("x", "y") else f"{last}:z:0"
    made = []
    for index in range(count):
        node = graph.node.add(
            name="/".join([*dice.choices("abc", k=dice.randint(0, 2)), f"n{index}"])
        )
        for _ in range(dice.randint(0, 3) if made else 0):
            mark = dice.choice(["{}", "{}:1", "{}:2"])
            node.input.append(mark.format(dice.choice(made)))
        if made and dice.random() < 0.3:
            node.input.append("^" + dice.choice(made))
        _choose_op(node, dice, names)
        made.append(node.name)
    return graph


def _choose_op(node: NodeDef, dice: random.Random, functions: list[str]) -> None:
    kind = dice.choice(CALLS) if functions and dice.random() < 0.4 else None
    if kind is None:
        node.op = dice.choice(["Add", "Exp", "Const", "NoOp"])
    elif not kind:
        node.op = dice.choice(functions)
    else:
        node.op = kind
        if kind == "Case":
            for _ in range(2):
                node.attr["branches"].list.func.add(name=dice.choice(functions))
        attrs = {"If": ("then_branch", "else_branch"), "While": ("cond", "body"), "Case": ()}
        for attr in attrs.get(kind, ("f",)):
            node.attr[attr].func.name = dice.choice(functions)


def written_out(graph: GraphDef) -> tuple[set[str], Counter[Edge]]:
    """Names and edges of the graph with all calls written out, functions nobody calls in scopes."""
    library = {function.signature.name: function for function in graph.library.function}
    names: set[str] = set()
    edges: Counter[Edge] = Counter()
    called: set[str] = set()

    def branches(node: NodeDef) -> list[tuple[str, str, int | None]]:
        if node.op in library:
            return [("", node.op, 0)]
        skipped: dict[str, int] = {"PartitionedCall": 0, "While": 0, "If": 1, "Case": 1}
        found = []
        for key in sorted(node.attr):
            if node.attr[key].HasField("func"):
                found.append((key, node.attr[key].func.name, skipped.get(node.op)))
            for number, each in enumerate(node.attr[key].list.func):
                found.append((f"branch_{number}" if key == "branches" else key, each.name, 1))
        return [("", *found[0][1:])] if len(found) == 1 else found

    def write(nodes: list[NodeDef], prefix: str, expand: bool) -> None:
        for node in nodes:
            name = prefix + node.name
            names.add(name)
            bodies = branches(node) if expand else []
            for label, function, _ in bodies:
                called.add(function)
                inner = f"{name}/{label}/" if label else f"{name}/"
                body(function, inner, True)
                edges[inner + "out", name, 0, False] += 1
            for position, text in enumerate(node.input):
                source = text.removeprefix("^").split(":")
                slot = -1 if text[0] == "^" else int(source[-1]) if len(source) > 1 else 0
                ends = [
                    f"{name}/{label}/{'xy'[at]}" if label else f"{name}/{'xy'[at]}"
                    for label, _, skipped in bodies
                    if slot >= 0 and skipped is not None and 0 <= (at := position - skipped) < 2
                ]
                for end in ends or [name]:
                    edges[prefix + source[0], end, slot, slot < 0] += 1

    def body(function: str, prefix: str, expand: bool) -> None:
        definition = library[function]
        names.update({prefix + "x", prefix + "y", prefix + "out"})
        write(list(definition.node_def), prefix, expand)
        edges[prefix + definition.ret["out"].split(":")[0], prefix + "out", 0, False] += 1

    write(list(graph.node), "", True)
    for name in library:
        if name not in called:
            body(name, f"__function_library__/{name}/", False)
    return names, edges
