"""Adding an op to the graph from Python values: conversion, type inference, names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import Graph, get_default_graph, graph_of
from opscope.runtime.op_def import REQUIRED, ArgDef, AttrDef, OpDef, find_op, normalize_attr
from opscope.runtime.operation import Operation, Tensor


def make_op(op_type: str, *inputs: Any, name: str | None = None, **attrs: Any) -> Any:
    """Add an op to the default graph and return its output.

    inputs: one per argument of the op; a list for a list argument; anything that
    `convert_to_tensor` takes. attrs left out take their defaults; type attributes follow from the
    inputs. Returns a Tensor for one output, a list of Tensors for a list output, a tuple for
    several, the Operation for none. TypeError when dtypes do not fit.
    """
    node = make_node(op_type, *inputs, name=name, **attrs)
    definition = node.definition
    if len(definition.outputs) == 1:
        return list(node.outputs) if definition.outputs[0].is_list else node.outputs[0]
    if not definition.outputs:
        return node
    return _grouped_outputs(node)


def make_tensor(op_type: str, *inputs: Any, name: str | None = None, **attrs: Any) -> Tensor:
    """Add an op of one output, as `make_op`, and return that Tensor."""
    made = None if attrs else _node_on_tensors(find_op(op_type), inputs, name)
    if made is None:
        made = make_node(op_type, *inputs, name=name, **attrs)
    (output,) = made.outputs
    return output


def make_node(op_type: str, *inputs: Any, name: str | None = None, **attrs: Any) -> Operation:
    """Add an op to the default graph, as `make_op`, and return the Operation."""
    definition = find_op(op_type)
    if not attrs:
        made = _node_on_tensors(definition, inputs, name)
        if made is not None:
            return made
    if len(inputs) != len(definition.inputs):
        names = ", ".join(a.name for a in definition.inputs)
        raise TypeError(
            f"op type {op_type} takes {len(definition.inputs)} inputs ({names}), got {len(inputs)}"
        )
    graph = graph_of(_flat(inputs))
    with graph.as_default():
        scope = _scope_name(graph, name or op_type)
        known = {
            key: normalize_attr(op_type, definition.attrs[key], value)
            for key, value in attrs.items()
            if value is not None and _checked_attr(definition, key)
        }
        converted: dict[str, list[Tensor]] = {}
        for arg, value in _by_certainty(definition, inputs):
            converted[arg.name] = _convert(definition, arg, value, known, scope)
        ordered = [t for arg in definition.inputs for t in converted[arg.name]]
        # What writes a variable runs where the variable is.
        refs = [converted[a.name][0] for a in definition.inputs if a.is_ref]
        with graph.colocate_with(refs[0]) if refs else nullcontext():
            return graph.create_op(definition, ordered, _complete(definition, known), scope + "/")


def _node_on_tensors(
    definition: OpDef, inputs: tuple[Any, ...], name: str | None
) -> Operation | None:
    """`make_node` where all inputs are tensors that fit as they are, as for most ops; else None."""
    types = []
    for value in inputs:
        if value.__class__ is not Tensor:
            return None
        types.append(value.dtype.as_datatype_enum)
    if not types:
        return None
    key = tuple(types)
    try:
        attrs = definition.attrs_of_types[key]
    except KeyError:
        attrs = definition.attrs_of_types[key] = _attrs_of_types(definition, inputs)
    if attrs is None:
        return None
    default = get_default_graph()
    graph = default if default.captures_outside else inputs[0].op.graph
    if graph is default:
        return graph.create_op(definition, inputs, attrs, name)
    with graph.as_default():
        return graph.create_op(definition, inputs, attrs, name)


def _attrs_of_types(definition: OpDef, inputs: tuple[Tensor, ...]) -> dict[str, Any] | None:
    """The attributes of a node on tensors of the dtypes of these, None where they do not fit."""
    if not definition.takes_tensors or len(inputs) != len(definition.inputs):
        return None
    complete = dict(definition.defaults)
    found: set[str] = set()
    for arg, value in zip(definition.inputs, inputs, strict=True):
        dtype = value.dtype.base_dtype
        key = arg.type_attr
        if key is None:
            if dtype is not arg.dtype:
                return None
        elif key not in found:
            allowed = definition.attrs[key].allowed
            if allowed is not None and dtype not in allowed:
                return None
            found.add(key)
            complete[key] = dtype
        elif complete[key] is not dtype:
            return None
    return complete if definition.required <= found else None


def _flat(inputs: tuple[Any, ...]) -> Iterator[Any]:
    for value in inputs:
        if isinstance(value, (list, tuple)):
            yield from value
        else:
            yield value


def _scope_name(graph: Graph, name: str) -> str:
    return name[:-1] if name.endswith("/") else graph.unique_name(name)


def _checked_attr(definition: OpDef, key: str) -> bool:
    if key not in definition.attrs:
        names = ", ".join(definition.attrs) or "none"
        raise TypeError(f"op type {definition.name} has no attribute {key!r} (it has: {names})")
    return True


def _is_graph_value(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "_as_tensor")


def _by_certainty(definition: OpDef, inputs: tuple[Any, ...]) -> list[tuple[ArgDef, Any]]:
    """Arguments with tensors first, so that `1.0 + tensor` takes the tensor's dtype."""
    pairs = list(zip(definition.inputs, inputs, strict=True))
    if all(value.__class__ is Tensor for value in inputs):
        return pairs

    def rank(pair: tuple[ArgDef, Any]) -> int:
        arg, value = pair
        items = value if arg.is_list and isinstance(value, (list, tuple)) else (value,)
        return 0 if any(_is_graph_value(i) for i in items) else 1

    return sorted(pairs, key=rank)


def _convert(
    definition: OpDef, arg: ArgDef, value: Any, known: dict[str, Any], scope: str
) -> list[Tensor]:
    if not arg.is_list:
        return [_convert_one(definition, arg, value, known, scope, arg.name)]
    if not isinstance(value, (list, tuple)):
        raise TypeError(
            f"Expected list for '{arg.name}' argument to '{definition.name}' Op, not {value!r}."
        )
    if arg.type_list_attr is not None:
        listed = [
            _to_tensor(v, None, f"{scope}/{arg.name}_{i}", None, False) for i, v in enumerate(value)
        ]
        known[arg.type_list_attr] = tuple(t.dtype.base_dtype for t in listed)
        return listed
    assert arg.number_attr is not None
    ordered = sorted(range(len(value)), key=lambda i: 0 if _is_graph_value(value[i]) else 1)
    made: dict[int, Tensor] = {}
    for i in ordered:
        label = f"{arg.name}_{i}"
        made[i] = _convert_one(definition, arg, value[i], known, scope, label)
    count = known.setdefault(arg.number_attr, len(value))
    if count != len(value):
        raise ValueError(
            f"List argument '{arg.name}' to '{definition.name}' Op has length {len(value)}, "
            f"which does not match length {count} of an earlier argument."
        )
    normalize_attr(definition.name, definition.attrs[arg.number_attr], count)
    return [made[i] for i in range(len(value))]


def _convert_one(
    definition: OpDef, arg: ArgDef, value: Any, known: dict[str, Any], scope: str, label: str
) -> Tensor:
    wanted = arg.dtype if arg.type_attr is None else known.get(arg.type_attr)
    place = f"{scope}/{label}"
    try:
        if wanted is None and arg.type_attr is not None:
            tensor = _of_a_type(definition.attrs[arg.type_attr], value, place, arg.is_ref)
        else:
            tensor = _to_tensor(value, wanted, place, None, arg.is_ref)
    except (TypeError, ValueError) as error:
        if wanted is None:
            raise
        raise TypeError(
            f"Input '{arg.name}' of '{definition.name}' Op (node '{scope}') cannot take "
            f"{value!r}: {error}"
        ) from None
    if arg.is_ref and not tensor.dtype.is_ref_dtype:
        raise TypeError(
            f"'{definition.name}' Op requires that input '{arg.name}' be a mutable tensor "
            f"(e.g.: a tf.Variable), got {tensor!r}"
        )
    if arg.type_attr is not None and arg.type_attr not in known:
        known[arg.type_attr] = normalize_attr(
            definition.name, definition.attrs[arg.type_attr], tensor.dtype
        )
    return tensor


def _of_a_type(attr: AttrDef, value: Any, place: str, as_ref: bool) -> Tensor:
    """A value as a tensor whose dtype the attribute takes: its own, else the attribute's default.

    The default is what an empty list becomes; it does not narrow a float64 array.
    """
    default = attr.default if isinstance(attr.default, dtypes.DType) else None
    if default is None or not attr.allowed:
        return _to_tensor(value, None, place, default, as_ref)
    try:
        own = _to_tensor(value, None, place, None, as_ref)
    except TypeError:
        return _to_tensor(value, None, place, default, as_ref)
    if own.dtype.base_dtype in attr.allowed:
        return own
    return _to_tensor(value, None, place, default, as_ref)


def _to_tensor(value: Any, wanted: Any, absolute_name: str, preferred: Any, as_ref: bool) -> Tensor:
    if isinstance(value, Tensor):
        return convert_to_tensor(value, wanted)
    graph = get_default_graph()
    parent, _, leaf = absolute_name.rpartition("/")
    with graph.name_scope(parent + "/" if parent else None):
        return convert_to_tensor(value, wanted, leaf, preferred, as_ref=as_ref)


def _complete(definition: OpDef, known: dict[str, Any]) -> dict[str, Any]:
    """Fill in defaults; TypeError when a required attribute is missing."""
    complete: dict[str, Any] = {}
    for key, attr in definition.attrs.items():
        if key in known:
            complete[key] = known[key]
        elif attr.default is REQUIRED:
            raise TypeError(f"op type {definition.name} needs a value for attribute {key!r}")
        else:
            complete[key] = attr.default
    for key in known.keys() - definition.attrs.keys():
        complete[key] = known[key]
    return complete


def _grouped_outputs(node: Operation) -> tuple[Any, ...]:
    """The outputs as one item per output argument: a Tensor, or a list for a list argument."""
    items: list[Any] = []
    start = 0
    for arg in node.definition.outputs:
        if not arg.is_list:
            items.append(node.outputs[start])
            start += 1
            continue
        key = arg.number_attr or arg.type_list_attr
        assert key is not None
        size = node.attrs[key] if arg.number_attr else len(node.attrs[key])
        items.append(node.outputs[start : start + size])
        start += size
    return tuple(items)
