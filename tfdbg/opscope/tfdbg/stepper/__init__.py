"""The node stepper: a run taken node by node, with values held, changed and put back."""

from opscope.tfdbg.stepper.node_stepper import NodeStepper
from opscope.tfdbg.stepper.stepping import Stepping

__all__ = ["NodeStepper", "Stepping"]
