"""Branches and loops as a MetaGraphDef holds them: a loaded loop has gradients, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.events.proto.control_flow_pb2 import (
    CondContextDef,
    ControlFlowContextDef,
    ValuesDef,
    WhileContextDef,
)
from opscope.runtime.branches import BranchContext
from opscope.runtime.control_flow_context import ControlFlowContext
from opscope.runtime.graph import Graph
from opscope.runtime.operation import Tensor
from opscope.runtime.while_context import WhileContext

# -- writing -------------------------------------------------------------------------------------


def context_to_proto(context: ControlFlowContext) -> CondContextDef | WhileContextDef:
    """A branch or loop with those inside of it."""
    if isinstance(context, WhileContext):
        return _loop_to_proto(context)
    assert isinstance(context, BranchContext)
    scope = context.pred.op.name.rpartition("/")[0]
    return CondContextDef(
        context_name=f"{scope}/cond_text" if context.branch else f"{scope}/cond_text_1",
        pred_name=context.pred.name,
        pivot_name=context.pivot.name,
        branch=context.branch,
        values_def=_values_to_proto(context, {context.pivot}),
        nested_contexts=_nested(context),
    )


def _loop_to_proto(context: WhileContext) -> WhileContextDef:
    limit = context.maximum_iterations
    return WhileContextDef(
        context_name=context.name,
        parallel_iterations=context.parallel_iterations,
        back_prop=context.back_prop,
        swap_memory=context.swap_memory,
        pivot_name=_name(context.pivot),
        pivot_for_pred_name=_name(context.pivot_for_pred),
        pivot_for_body_name=_name(context.pivot_for_body),
        loop_exit_names=[t.name for t in context.exits],
        loop_enter_names=[t.name for t in context.enters],
        values_def=_values_to_proto(context, set()),
        maximum_iterations_name=limit.name if isinstance(limit, Tensor) else "",
        nested_contexts=_nested(context),
    )


def _name(tensor: Tensor | None) -> str:
    return "" if tensor is None else tensor.name


def _values_to_proto(context: ControlFlowContext, inside: set[Tensor]) -> ValuesDef:
    """What may be used inside; what is not made inside is listed as coming from outside."""
    made = ValuesDef(values=sorted(t.name for t in context.values))
    for tensor in context.values:
        if tensor in context.externals:
            made.external_values[tensor.name] = context.externals[tensor].name
        elif tensor not in inside and not _is_inside(tensor, context):
            made.external_values[tensor.name] = tensor.name
    return made


def _is_inside(tensor: Tensor, context: ControlFlowContext) -> bool:
    around = tensor.op.control_flow_context
    while around is not None and around is not context:
        around = around.outer
    return around is context


def _nested(context: ControlFlowContext) -> list[ControlFlowContextDef]:
    found = dict.fromkeys(
        c
        for op in context.graph.get_operations()
        if (c := op.control_flow_context) is not None and c.outer is context
    )
    made = []
    for inner in found:
        if isinstance(inner, WhileContext):
            if inner.gradient is None:
                made.append(ControlFlowContextDef(while_ctxt=_loop_to_proto(inner)))
        else:
            proto = context_to_proto(inner)
            assert isinstance(proto, CondContextDef)
            made.append(ControlFlowContextDef(cond_ctxt=proto))
    return made


# -- reading -------------------------------------------------------------------------------------


def branch_from_proto(graph: Graph, proto: CondContextDef, scope: str) -> BranchContext:
    """The branch of a graph whose nodes were imported below `scope`; KeyError for a missing one."""
    found = _finder(graph, scope)
    context = BranchContext(graph, found(proto.pred_name), found(proto.pivot_name), proto.branch)
    _read_values(context, proto.values_def, found, {context.pivot})
    _read_nested(context, proto, scope)
    return context


def loop_from_proto(graph: Graph, proto: WhileContextDef, scope: str) -> WhileContext:
    """The loop of a graph whose nodes were imported below `scope`; KeyError for a missing one."""
    found = _finder(graph, scope)
    limit = proto.maximum_iterations_name
    with graph.name_scope(None):
        # The loop's nodes are there already: its name is not made, it is the frame's.
        context = WhileContext(
            graph,
            proto.context_name,
            parallel_iterations=proto.parallel_iterations,
            back_prop=proto.back_prop,
            swap_memory=proto.swap_memory,
            maximum_iterations=found(limit) if limit else None,
        )
    context.name = f"{scope}/{proto.context_name}" if scope else proto.context_name
    context.pivot = found(proto.pivot_name)
    context.pivot_for_pred = found(proto.pivot_for_pred_name)
    context.pivot_for_body = found(proto.pivot_for_body_name)
    context.enters = [found(name) for name in proto.loop_enter_names]
    context.exits = [found(name) for name in proto.loop_exit_names]
    _read_values(context, proto.values_def, found, set())
    _read_nested(context, proto, scope)
    return context


def _finder(graph: Graph, scope: str) -> Callable[[str], Tensor]:
    return lambda name: graph.get_tensor_by_name(f"{scope}/{name}" if scope else name)


def _read_values(
    context: ControlFlowContext,
    proto: ValuesDef,
    found: Callable[[str], Tensor],
    outside: set[Tensor],
) -> None:
    context.values = {found(name) for name in proto.values}
    context.externals = {found(k): found(v) for k, v in proto.external_values.items()}
    for tensor in context.values:
        if tensor not in context.externals and tensor not in outside:
            tensor.op.control_flow_context = context


def _read_nested(context: ControlFlowContext, proto: Any, scope: str) -> None:
    with context.entered():
        for nested in proto.nested_contexts:
            if nested.HasField("while_ctxt"):
                loop_from_proto(context.graph, nested.while_ctxt, scope)
            else:
                branch_from_proto(context.graph, nested.cond_ctxt, scope)
