"""TensorFlow's side of the op sweep, for the process that `tensorflow_process.py` starts."""

from __future__ import annotations

import os
from typing import Any

from op_sweep import Outcome, Side, error_name, flat, tensor_type
from op_variants import Variant

import opscope.runtime as ours
from opscope.runtime.op_def import OPS, REQUIRED

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow.compat.v1 as theirs
from tensorflow.python.eager import context
from tensorflow.python.eager.execute import execute
from tensorflow.python.framework import op_def_library

theirs.disable_eager_execution()


def attributes(variant: Variant) -> dict[str, Any]:
    """The node's attributes as TensorFlow's functions take them."""
    definition = OPS[variant.op_type]
    attrs = dict(variant.attrs)
    inferred = {a for arg in definition.inputs for a in (arg.type_attr, arg.number_attr)}
    inferred |= {arg.type_list_attr for arg in definition.inputs}
    for key, attr in definition.attrs.items():
        if key not in inferred and attr.default is not REQUIRED:
            attrs.setdefault(key, attr.default)
        if key in attrs and attr.kind == "type":
            attrs[key] = theirs.as_dtype(ours.as_dtype(attrs[key]).name)
        elif key in attrs and attr.kind == "list(type)":
            attrs[key] = [theirs.as_dtype(ours.as_dtype(t).name) for t in attrs[key]]
        elif key in attrs and attr.kind == "shape":
            sizes = ours.TensorShape(attrs[key]).sizes
            attrs[key] = theirs.TensorShape(sizes)
        elif isinstance(attrs.get(key), tuple):
            attrs[key] = list(attrs[key])
    return attrs


def their_outcome(variant: Variant) -> Outcome:
    """What TensorFlow's kernel gives for the values, without a graph around it."""
    with context.eager_mode():
        inputs = [theirs.constant(v, tensor_type(theirs, v)) for v in flat(variant.inputs)]
        attrs = all_attributes(variant)
        try:
            found = execute(
                variant.op_type,
                output_count(variant, attrs),
                inputs=inputs,
                attrs=tuple(x for pair in attrs.items() for x in pair),
                ctx=context.context(),
            )
        except (theirs.errors.OpError, ValueError, TypeError) as error:
            return error_name(error)
        return [t.numpy() for t in found]


def all_attributes(variant: Variant) -> dict[str, Any]:
    """The node's attributes, those that follow from the inputs too, types as numbers."""
    definition = OPS[variant.op_type]
    attrs = attributes(variant)
    for arg, value in zip(definition.inputs, variant.inputs, strict=True):
        types = [tensor_type(theirs, v) for v in (value if isinstance(value, list) else [value])]
        if arg.number_attr:
            attrs[arg.number_attr] = len(types)
        if arg.type_attr and types:
            attrs[arg.type_attr] = types[0]
        elif arg.type_list_attr:
            attrs[arg.type_list_attr] = types

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(v) for v in value]
        return value.as_datatype_enum if isinstance(value, theirs.DType) else value

    return {key: plain(value) for key, value in attrs.items()}


def output_count(variant: Variant, attrs: dict[str, Any]) -> int:
    count = 0
    for arg in OPS[variant.op_type].outputs:
        if arg.number_attr:
            count += attrs[arg.number_attr]
        elif arg.type_list_attr:
            count += len(attrs[arg.type_list_attr])
        else:
            count += 1
    return count


def their_node(variant: Variant, inputs: list[Any]) -> Any:
    definition = OPS[variant.op_type]
    named = {arg.name: v for arg, v in zip(definition.inputs, inputs, strict=True)}
    graph = theirs.get_default_graph()
    name = graph.unique_name("node")
    op_def_library.apply_op(variant.op_type, name=name + "/", **named, **attributes(variant))
    return graph.get_operation_by_name(name)


THEIRS = Side(theirs, their_node)
