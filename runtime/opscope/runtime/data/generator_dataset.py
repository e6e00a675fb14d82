"""The dataset of what a Python generator yields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.data.structure import flatten, flatten_as, map_structure, pack_as
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.python_function import PythonFunction
from opscope.runtime.tensor_shape import TensorShape, as_shape


def generator_dataset(
    generator: Callable[..., Any], output_types: Any, output_shapes: Any, args: Any
) -> tuple[Tensor, Any, Any]:
    """The variant, the dtypes and the shapes of `Dataset.from_generator`."""
    if not callable(generator):
        raise TypeError(f"`generator` must be a Python callable. Got {generator!r}")
    types = map_structure(dtypes.as_dtype, output_types)
    if output_shapes is None:
        shapes = map_structure(lambda _: TensorShape(None), types)
    else:
        given = flatten_as(types, output_shapes, "output_shapes")
        shapes = pack_as(types, [as_shape(s) for s in given])
    function = PythonFunction(
        (generator, lambda value: flatten_as(types, value, "the element")),
        get_default_graph(),
    )
    made = make_tensor(
        "OpscopeGeneratorDataset",
        [convert_to_tensor(a) for a in args or ()],
        token=function.token,
        output_types=flatten(types),
        output_shapes=flatten(shapes),
        name="GeneratorDataset",
    )
    return made, types, shapes
