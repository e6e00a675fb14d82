"""Which kind of variable `tf.Variable` makes: a reference, or one behind a handle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opscope.runtime.variables import Variable


class _Default:
    """What holds where neither a variable nor its scope says it."""

    use_resource = False


def enable_resource_variables() -> None:
    """Make variables resource variables from here on, unless they or their scope say otherwise."""
    _Default.use_resource = True


def disable_resource_variables() -> None:
    """Make variables references from here on, unless they or their scope say otherwise."""
    _Default.use_resource = False


def resource_variables_enabled() -> bool:
    """True after `enable_resource_variables`."""
    return _Default.use_resource


def variable_class(options: Mapping[str, Any]) -> type[Variable]:
    """The class for a variable made with these keyword arguments of `tf.Variable`."""
    from opscope.runtime.resource_variable import ResourceVariable
    from opscope.runtime.variable_scope import get_variable_scope
    from opscope.runtime.variables import Variable

    definition = options.get("variable_def")
    wanted = options.get("use_resource") if definition is None else definition.is_resource
    if wanted is None:
        wanted = get_variable_scope().use_resource
    if wanted is None:
        wanted = resource_variables_enabled()
    return ResourceVariable if wanted else Variable
