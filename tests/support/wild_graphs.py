"""Random graphs with all that a picture has to cope with, as serialized GraphDefs."""

from __future__ import annotations

import random

from function_graphs import random_functions

from opscope.events.proto.graph_pb2 import GraphDef


def wild_graph(seed: int) -> GraphDef:
    """Calls of functions, and around them what makes pictures hard.

    Edges in parallel, twice and to themselves, control edges, hubs, series of ops, sixteen scopes
    built alike, constants read from elsewhere or waiting for something, summaries that are merged,
    variables that are changed, names that are also scopes.
    """
    dice = random.Random(seed)
    graph = random_functions(seed, count=40)
    known = [node.name for node in graph.node]
    made: list[str] = []

    def add(name: str, op: str, *inputs: str) -> str:
        graph.node.add(name=name, op=op, input=inputs)
        made.append(name)
        return name

    def some(count: int, mark: str = "") -> list[str]:
        return [mark + dice.choice(known + made) for _ in range(count)]

    last = dice.choice(known)
    for number in range(16):
        scope = f"net/unit{number}_v2"
        add(f"{scope}/bias", "Const", *some(dice.randrange(2), "^"))
        add(f"{scope}/mul", "Mul", last, f"{scope}/bias", last)
        last = add(f"{scope}/relu", "Relu", f"{scope}/mul")
    add("net/after", "Neg", last)
    for number in range(dice.randrange(5, 9)):
        last = add(f"a/step_{number}", "Exp", last)
    split = add("b/split", "Split", *some(1))
    add("c/join", "Concat", *(f"{split}:{dice.randrange(3)}" for _ in range(5)), split)
    add("c/round", "NextIteration", "c/round", "c/join", "^c/round")
    summaries = []
    for number in range(4):
        scope = dice.choice(["a", "loss", "loss/inner"])
        host = add(f"{scope}/value{'xyzw'[number]}", "Sum", *some(2))
        tag = add(f"{scope}/tag{'xyzw'[number]}", "Const")
        summaries.append(add(f"{scope}/told{'xyzw'[number]}", "ScalarSummary", tag, host))
    add("loss/inner", "Identity", *some(1), *some(1, "^"))
    add("Merge/MergeSummary", "MergeSummary", *summaries)
    shared = add("a/shared", "Const", *some(1, "^"))
    for number in range(3):
        add(f"{'abc'[number]}/uses{'klm'[number]}", "Add", shared, *some(1), *some(1, "^"))
    variable = add("vars/v", "VariableV2")
    add("vars/Assign", "Assign", variable, shared)
    add("vars/u", "AssignVariableOp", add("vars/h", "VarHandleOp"), *some(1))
    add("train", "NoOp", *(f"^{name}" for name in dice.sample(made, 20)))
    add("sum_of_all", "AddN", *dice.sample(known + made, 24))
    nodes = list(graph.node)
    dice.shuffle(nodes)
    return GraphDef(node=nodes, library=graph.library)
