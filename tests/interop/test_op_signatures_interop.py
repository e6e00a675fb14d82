"""Every op type of opscope is registered in TensorFlow under the same signature."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours
from opscope.runtime.op_def import OPS, REQUIRED, ArgDef, AttrDef
from opscope.runtime.tensor_shape import TensorShape

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")
registry = pytest.importorskip("tensorflow.python.framework.op_def_registry")

pytestmark = pytest.mark.interop

# An op named Opscope... is one that TensorFlow makes with types no other program can have.
OURS = sorted(
    t
    for t in OPS
    if OPS[t].kernels["ANY"].__module__.startswith("opscope.") and not t.startswith("Opscope")
)


def our_argument(arg: ArgDef) -> tuple[Any, ...]:
    kind = arg.dtype.name if arg.dtype else arg.type_attr or arg.type_list_attr
    return arg.name, kind, arg.number_attr or "", arg.is_ref


def their_argument(arg: Any) -> tuple[Any, ...]:
    kind = theirs.as_dtype(arg.type).name if arg.type else arg.type_attr or arg.type_list_attr
    return arg.name, kind, arg.number_attr, arg.is_ref


def our_default(attr: AttrDef) -> Any:
    value = attr.default
    if isinstance(value, ours.DType):
        return value.name
    if isinstance(value, TensorShape):
        return "unknown" if value.sizes is None else list(value.sizes)
    if isinstance(value, tuple):
        return [np.float32(v) if isinstance(v, float) else v for v in value]
    return np.float32(value) if isinstance(value, float) else value


def their_default(attr: Any) -> Any:
    if not attr.HasField("default_value"):
        return REQUIRED
    value = attr.default_value
    kind = value.WhichOneof("value")
    if kind == "type":
        return theirs.as_dtype(value.type).name
    if kind == "shape":
        return "unknown" if value.shape.unknown_rank else [d.size for d in value.shape.dim]
    if kind == "list":
        return [*value.list.i, *map(np.float32, value.list.f)]
    if kind == "s":
        return value.s.decode()
    return np.float32(value.f) if kind == "f" else getattr(value, kind)


@pytest.mark.parametrize("op_type", OURS)
def test_signature(op_type: str) -> None:
    mine, reference = OPS[op_type], registry.get(op_type)
    assert reference is not None
    assert list(map(our_argument, mine.inputs)) == list(map(their_argument, reference.input_arg))
    assert list(map(our_argument, mine.outputs)) == list(map(their_argument, reference.output_arg))
    known = {attr.name: attr for attr in reference.attr}
    assert set(mine.attrs) == set(known)
    for name, attr in mine.attrs.items():
        theirs_attr = known[name]
        assert attr.kind == theirs_attr.type, name
        if attr.kind != "tensor":  # a signature as text cannot hold an array
            assert our_default(attr) == their_default(theirs_attr), name
        allowed = theirs_attr.allowed_values.list
        if allowed.type and attr.allowed:
            names = {theirs.as_dtype(t).name for t in allowed.type}
            assert {t.name for t in attr.allowed} <= names, name
        elif allowed.s:
            assert attr.allowed is not None, name
            assert set(attr.allowed) <= {s.decode() for s in allowed.s}, name
