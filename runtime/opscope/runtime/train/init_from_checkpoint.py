"""Variables that start from values of a checkpoint instead of their initial values."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from opscope.runtime.checkpoint.checkpoint_reader import CheckpointReader, load_checkpoint
from opscope.runtime.checkpoint.checkpoint_state import latest_checkpoint
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_node
from opscope.runtime.tensor_shape import as_shape
from opscope.runtime.train.saveable import Saveable
from opscope.runtime.variable_scope import made_variables
from opscope.runtime.variables import Variable


def init_from_checkpoint(
    ckpt_dir_or_file: str | os.PathLike[str],
    assignment_map: Mapping[str, Any] | Iterable[tuple[str, Any]],
) -> None:
    """Let the initializers of variables restore tensors of a checkpoint; call it before `init`.

    assignment_map: the tensor's name to a variable, to the name of one that `get_variable` made, or
    to a list of the parts of a partitioned one; or "scope/in/checkpoint/" to "scope/", for all
    variables below it ("/" is the root). ValueError for tensors that are not there or have another
    shape.
    """
    path = os.fspath(ckpt_dir_or_file)
    restored = _Restored(path, load_checkpoint(path))
    pairs = assignment_map.items() if isinstance(assignment_map, Mapping) else assignment_map
    for name, target in sorted(pairs, key=lambda pair: str(pair[0])):
        found = _variables(target)
        if found is not None:
            restored.set(found, name)
        else:
            _set_scope(restored, name, target)


class _Restored:
    """A checkpoint, and the variables that are to start from it."""

    def __init__(self, path: str, reader: CheckpointReader) -> None:
        self.path = path
        self.shapes = reader.get_variable_to_shape_map()
        self.prefix = (latest_checkpoint(path) or path) if os.path.isdir(path) else path

    def set(self, parts: Sequence[Variable], name: str, asked: str = "") -> None:
        """Have the variable, or the parts of one, start from a tensor."""
        if name not in self.shapes:
            raise ValueError(
                f"Tensor {name}{asked} is not found in {self.path} checkpoint {self.shapes}"
            )
        whole = as_shape(self.shapes[name])
        for part in parts:
            info = getattr(part, "save_slice_info", None)
            shape = part.shape if info is None else as_shape(info.full_shape)
            if not shape.is_compatible_with(whole):
                raise ValueError(
                    f"Shape of variable {part.name} ({part.shape}) doesn't match with shape of "
                    f"tensor {name} ({whole}) from checkpoint reader."
                )
            self._start(part, name, "" if info is None else info.spec)

    def _start(self, variable: Variable, name: str, slice_spec: str) -> None:
        graph = get_default_graph()
        with graph.device(variable.device), graph.device("/cpu:0"):
            (value,) = make_node(
                "RestoreV2",
                self.prefix,
                [name],
                [slice_spec],
                dtypes=[variable.dtype.base_dtype],
                name="checkpoint_initializer",
            ).outputs
        initializer = Saveable(name, variable, slice_spec).restore(value, reshaped=False)
        value.set_shape(variable.shape)
        variable.start_from(value, initializer)


def _variables(target: Any) -> list[Variable] | None:
    """The variable a target stands for, in its parts; None for the name of a scope."""
    if isinstance(target, Variable):
        return [target]
    if isinstance(target, (list, tuple)):
        return list(target)
    made = made_variables(get_default_graph())
    if target in made:
        return [made[target]]
    parts = [made[n] for n in sorted(made, key=_part_number) if n.startswith(f"{target}/part_")]
    return parts or None


def _part_number(name: str) -> tuple[str, int]:
    head, _, tail = name.rpartition("/part_")
    return (head, int(tail)) if head and tail.isdigit() else (name, 0)


def _set_scope(restored: _Restored, name: str, target: str) -> None:
    scope = target.rpartition("/")[0]
    if not name.endswith("/"):
        raise ValueError(
            f"Assignment map with scope only name {scope} should map to scope only {name}. "
            "Should be 'scope/': 'other_scope/'."
        )
    below = {
        made.partition("/part_")[0]
        for made in made_variables(get_default_graph())
        if not scope or made.startswith(f"{scope}/")
    }
    for made in sorted(below):
        local = made[len(scope) :].lstrip("/") if target != "/" else made
        wanted = local if name == "/" else name + local
        parts = _variables(made)
        assert parts is not None
        restored.set(parts, wanted.rstrip("/"), f" ({made} in {target})")
