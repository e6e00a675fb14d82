"""Gradients that a program gives to op types, or to some nodes by another name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime.op_def import OPS
from opscope.runtime.operation import Operation

Rule = Callable[..., Any]

_RULES: dict[str, Rule | None] = {}

# The attribute of a node that names the gradient it has in place of that of its op type.
OVERRIDE = "_gradient_op_type"


class RegisterGradient:
    """A decorator: `@tf.RegisterGradient("Name")` on a function of (op, *output gradients).

    The function returns one gradient per input, None where there is none. The name is that of an op
    type without a gradient, or one that `Graph.gradient_override_map` refers to. KeyError when the
    name has a gradient already.
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f: Rule) -> Rule:
        """Register the function, and return it."""
        _register(self._op_type, f)
        return f


def NotDifferentiable(op_type: str) -> None:  # noqa: N802 - TensorFlow's name
    """Let gradients end at ops of this type: None flows to their inputs."""
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")
    _register(op_type, None)


NoGradient = NotDifferentiable


def _register(name: str, rule: Rule | None) -> None:
    known = OPS.get(name)
    if name in _RULES or (known and (known.gradient_rule or known.not_differentiable)):
        raise KeyError(f"Registering two gradient with name '{name}'!")
    _RULES[name] = rule


def gradient_rule(op: Operation) -> tuple[bool, Rule | None]:
    """Whether gradients have a way past the op, and the function that takes them (None: they end).

    A node's own override comes before the op type's gradient.
    """
    override = op.attrs.get(OVERRIDE)
    name = override or op.type
    if name in _RULES:
        return True, _RULES[name]
    definition = OPS.get(name) if override else op.definition
    if definition is None:
        return False, None
    rule = definition.gradient_rule
    return rule is not None or definition.not_differentiable, rule
