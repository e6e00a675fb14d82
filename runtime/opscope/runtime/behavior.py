"""Switches between the behaviours of TensorFlow 1 and 2: here it is always that of 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from opscope.runtime.recognition import executing_eagerly
from opscope.runtime.variable_class import disable_resource_variables


def _already(what: str) -> Callable[[], None]:
    def disable() -> None:
        return

    disable.__doc__ = f"{what}: so it is here from the start."
    return disable


def _refused(name: str, what: str) -> Callable[..., NoReturn]:
    def enable(*args: object, **kwargs: object) -> NoReturn:
        raise NotImplementedError(
            f"tf.{name}: opscope runs TensorFlow 1's graphs, without {what}. Build a graph and run "
            "it in a tf.Session."
        )

    enable.__doc__ = f"NotImplementedError: {what} belongs to TensorFlow 2."
    return enable


disable_eager_execution = _already("Run ops in sessions, not at once")
disable_control_flow_v2 = _already("Write conditions and loops as frames")
disable_tensor_equality = _already("Compare tensors by identity")
disable_v2_tensorshape = _already("Give dimensions as Dimension objects")

enable_v2_behavior = _refused("enable_v2_behavior", "TensorFlow 2's behaviour")
enable_eager_execution = _refused("enable_eager_execution", "eager execution")
enable_control_flow_v2 = _refused("enable_control_flow_v2", "functions as branches and bodies")
enable_tensor_equality = _refused("enable_tensor_equality", "comparison of tensors by value")
enable_v2_tensorshape = _refused("enable_v2_tensorshape", "plain numbers as dimensions")


def disable_v2_behavior() -> None:
    """Behave as TensorFlow 1: so it is here from the start, and variables are references."""
    disable_resource_variables()


executing_eagerly_outside_functions = executing_eagerly
control_flow_v2_enabled = executing_eagerly
