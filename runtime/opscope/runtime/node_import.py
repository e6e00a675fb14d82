"""One node of a GraphDef as an operation: inputs found and checked, attributes completed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opscope.events.proto.attr_value_pb2 import AttrValue
from opscope.events.proto.node_def_pb2 import NodeDef
from opscope.runtime import dtypes
from opscope.runtime.attr_value import read_attr, read_other_attr
from opscope.runtime.op_def import OPS, REQUIRED, ArgDef, OpDef, find_op
from opscope.runtime.operation import Tensor

# What `as_graph_def(add_shapes=True)` notes beside an op's own attributes.
OUTPUT_SHAPES = "_output_shapes"


def parse_input(text: str) -> tuple[str, int]:
    """The node and the slot that an input names; the slot of a control input `^node` is -1."""
    if text.startswith("^"):
        return text[1:], -1
    name, colon, slot = text.rpartition(":")
    if colon and slot.isdigit():
        return name, int(slot)
    return text, 0


def definition_of(node: NodeDef) -> OpDef:
    """The op type of a node; NotImplementedError names both when opscope has no such op."""
    if node.op in OPS:
        return OPS[node.op]
    try:
        return find_op(node.op)
    except NotImplementedError as error:
        raise NotImplementedError(f"node {node.name!r} cannot be imported: {error}") from None


def read_attrs(
    node: NodeDef, defaults: Mapping[str, AttrValue], definition: OpDef
) -> dict[str, Any]:
    """The attributes of a node, complete and normalised.

    Those the op type does not define are kept, but for values that are the producer's default, and
    `_output_shapes`. ValueError when one is missing or does not fit.
    """
    attrs: dict[str, Any] = {}
    for key, attr_def in definition.attrs.items():
        if key in node.attr:
            try:
                attrs[key] = read_attr(node.op, attr_def, node.attr[key])
            except (TypeError, ValueError) as error:
                raise ValueError(f"node {node.name!r} (op: {node.op!r}): {error}") from None
        elif attr_def.default is REQUIRED:
            raise ValueError(
                f"NodeDef missing attr {key!r} from Op<name={node.op}>; NodeDef: {node.name!r}"
            )
        else:
            attrs[key] = attr_def.default
    for key in sorted(node.attr):
        if key not in attrs and key != OUTPUT_SHAPES:
            if key in defaults and node.attr[key] == defaults[key]:
                continue
            attrs[key] = read_other_attr(node.attr[key])
    return attrs


def check_inputs(
    node: NodeDef, attrs: Mapping[str, Any], inputs: Sequence[Tensor], definition: OpDef
) -> None:
    """ValueError unless number and types of the data inputs are what the op type takes."""
    expected = [(arg, dtype) for arg in definition.inputs for dtype in argument_dtypes(arg, attrs)]
    if len(expected) != len(inputs):
        raise ValueError(
            f"NodeDef expected {len(expected)} inputs, but {len(inputs)} were given; "
            f"node {node.name!r} (op: {node.op!r})"
        )
    for index, ((arg, dtype), tensor) in enumerate(zip(expected, inputs, strict=True)):
        given = tensor.dtype
        if given.base_dtype is not dtype or (arg.is_ref and not given.is_ref_dtype):
            wanted = dtype.ref_dtype if arg.is_ref else dtype
            raise ValueError(
                f"Input {index} of node {node.name} was passed {given.name} from {tensor.name} "
                f"incompatible with expected {wanted.name}."
            )


def argument_dtypes(arg: ArgDef, attrs: Mapping[str, Any]) -> Sequence[dtypes.DType]:
    """The dtype of each tensor of one argument."""
    if arg.type_list_attr is not None:
        listed: Sequence[dtypes.DType] = attrs[arg.type_list_attr]
        return listed
    dtype: dtypes.DType = arg.dtype or attrs[arg.type_attr or ""]
    return [dtype] * (attrs[arg.number_attr] if arg.number_attr else 1)
