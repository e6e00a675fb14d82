"""The global step: a variable that counts the training steps."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes, initializers
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.initial_value import initialized_value
from opscope.runtime.operation import Tensor
from opscope.runtime.variable_scope import get_variable
from opscope.runtime.variables import Variable


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The number of steps done, as the session has it."""
    return int(sess.run(global_step_tensor))


def get_global_step(graph: Graph | None = None) -> Any:
    """The global step of the graph, or None; ValueError when there are several."""
    graph = graph or get_default_graph()
    found = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(found) > 1:
        raise ValueError("Multiple tensors in the global_step collection.")
    if found:
        step = found[0]
    else:
        try:
            step = graph.get_tensor_by_name("global_step:0")
        except KeyError:
            return None
    assert_global_step(step)
    return step


def create_global_step(graph: Graph | None = None) -> Variable:
    """Make the global step; ValueError when the graph has one."""
    graph = graph or get_default_graph()
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None):
        made: Variable = get_variable(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=dtypes.int64,
            initializer=initializers.Zeros(),
            trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
        )
    return made


def get_or_create_global_step(graph: Graph | None = None) -> Any:
    """The global step, made if the graph has none."""
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


# The collection of the tensor that hooks fetch.
_READ_KEY = "global_step_read_op_cache"


def get_or_create_global_step_read(graph: Graph | None = None) -> Any:
    """A tensor with a copy of the global step, made once; None when the graph has no global step.

    It is there also before the variable is initialized: then it is the initial value.
    """
    graph = graph or get_default_graph()
    made = graph.get_collection_ref(_READ_KEY)
    if made:
        return made[0]
    step = get_global_step(graph)
    if step is None:
        return None
    with graph.as_default(), graph.name_scope(f"{step.op.name}/"):
        value = initialized_value(step) if isinstance(step, Variable) else step
        made.append(value + 0)
    return made[0]


def assert_global_step(global_step_tensor: Any) -> None:
    """Raise TypeError unless the value is a scalar integer variable or tensor."""
    if not isinstance(global_step_tensor, (Variable, Tensor)):
        raise TypeError(
            f'Existing "global_step" must be a Variable or Tensor: {global_step_tensor!r}.'
        )
    if not global_step_tensor.dtype.base_dtype.is_integer:
        raise TypeError(
            f'Existing "global_step" does not have integer type: {global_step_tensor.dtype}'
        )
    shape = global_step_tensor.get_shape()
    if shape.ndims not in (0, None) and shape.as_list() != [1]:
        raise TypeError(f'Existing "global_step" is not scalar: {shape}')
