"""What ops with state do over element types and sizes: cases that both modules run.

A case makes nodes in the default graph and gives its steps: what is run, one after the other. The
outcome of a step is its values, or the name of the error's type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from op_variants import NAMES, numpy_type, special_values
from tensorflow_kernels import KERNELS

Steps = list[Any]
Case = Callable[["Side", str], Steps]

SIZES = [(5, 2), (1, 2), (5, 1), (0, 2), ()]
ARRAY_SIZES = [(3, 2), (1, 2), (3, 1), (3, 0)]


class Side:
    """One of the two modules. make: a node of an op type from its arguments by name."""

    def __init__(self, tf: Any, make: Callable[..., Any]) -> None:
        self.tf = tf
        self.make = make

    def variable(self, value: Any, is_resource: bool) -> Any:
        return self.tf.Variable(value, use_resource=is_resource, validate_shape=False)

    def reference(self, variable: Any, is_resource: bool) -> Any:
        return variable.handle if is_resource else variable._ref()


def types_of(op_type: str) -> list[str]:
    """The element types that TensorFlow's CPU kernels of an op type take; all where it says none.

    That of the values, where the op has several.
    """
    attrs = ("T", "dtype", "elem_type", "Tout")
    found: set[str] = set()
    for combination in KERNELS.get(op_type, []):
        kinds = [combination[a] for a in attrs if a in combination]
        found |= kinds[0] if kinds else set(NAMES)
    return sorted(found & set(NAMES))


def values(name: str, shape: tuple[int, ...], seed: int) -> Any:
    """Small values of a type, none of them 0, negative ones too where the type has them."""
    rng = np.random.default_rng(seed)
    whole = rng.integers(1, 9, shape) * (1 if name.startswith("u") else rng.choice([-1, 1], shape))
    if name == "string":
        texts = np.array([str(v).encode() for v in whole.reshape(-1)], object).reshape(shape)
        return texts if shape else texts[()]
    if name == "bool":
        return np.asarray(whole > 0)
    if name.startswith("complex"):
        return (whole + 1j * rng.integers(-4, 4, shape)).astype(name)
    if "float" in name:
        return (whole / 4).astype(numpy_type(name))
    return whole.astype(name)


def steps_of(update: Any, variable: Any) -> Steps:
    return [variable.initializer, update, variable.read_value()]


# -- assignments ---------------------------------------------------------------------------------


def assignment(op_type: str) -> Iterator[tuple[str, Case]]:
    is_resource = op_type.endswith("VariableOp")
    names = ("resource", "value") if is_resource else ("ref", "value")

    def updated(side: Side, old: Any, new: Any, **attrs: Any) -> Steps:
        variable = side.variable(old, is_resource)
        if op_type == "Assign":
            names_of = dict(zip(names, (side.reference(variable, is_resource), new), strict=True))
        else:
            target = side.reference(variable, is_resource)
            names_of = dict(zip(names, (target, new), strict=True))
        update = side.make(op_type, **names_of, **attrs)
        return steps_of(update, variable)

    for shape in SIZES:
        yield (
            f"{list(shape)}",
            lambda side, name, shape=shape: updated(
                side, values(name, shape, 1), values(name, shape, 2)
            ),
        )

    def ends(side: Side, name: str) -> Steps:
        all_values = values(name, (3,), 1) if name == "string" else special_values(name)
        turned = np.roll(all_values, 2)
        return updated(side, all_values, turned)

    yield "special values", ends
    yield (
        "another shape",
        lambda side, name: updated(side, values(name, (3, 2), 1), values(name, (2,), 2)),
    )
    if op_type == "Assign":
        yield (
            "any shape",
            lambda side, name: updated(
                side, values(name, (3, 2), 1), values(name, (2,), 2), validate_shape=False
            ),
        )


# -- scattering ----------------------------------------------------------------------------------


def scatter(op_type: str) -> Iterator[tuple[str, Case]]:
    is_resource = op_type.startswith("Resource")
    by_places = "Nd" in op_type
    nested = (lambda i: i[..., None]) if by_places else (lambda i: i)

    def case(
        shape: tuple[int, ...], indices: Any, given: tuple[int, ...], kind: Any = np.int32
    ) -> Case:
        def steps(side: Side, name: str) -> Steps:
            variable = side.variable(values(name, shape, 1), is_resource)
            target = side.reference(variable, is_resource)
            update = side.make(
                op_type,
                **{"resource" if is_resource and not by_places else "ref": target},
                indices=np.asarray(indices, kind),
                updates=values(name, given, 2),
            )
            return steps_of(update, variable)

        return steps

    rows = nested(np.array([4, 0, 2]))
    yield "rows", case((5, 2), rows, (3, 2))
    yield "rows by int64", case((5, 2), rows, (3, 2), np.int64)
    yield "one row", case((5, 2), nested(np.array([3])), (1, 2))
    yield "of one row", case((1, 2), nested(np.array([0])), (1, 2))
    yield "one column", case((5, 1), rows, (3, 1))
    yield "no row", case((5, 2), nested(np.zeros(0, int)), (0, 2))
    yield "a vector", case((5,), rows, (3,))
    yield "rows in a table", case((5, 2), nested(np.array([[4, 0], [2, 1]])), (2, 2, 2))
    if "Update" not in op_type:
        yield "a row twice", case((5, 2), nested(np.array([4, 4])), (2, 2))
    if by_places:
        yield "places", case((5, 2), np.array([[4, 1], [0, 0]]), (2,))
    else:
        yield "a scalar", case((5, 2), rows, ())
        yield "at a scalar", case((5, 2), np.array(2), (2,))
    yield "beyond", case((5, 2), nested(np.array([5])), (1, 2))
    yield "other updates", case((5, 2), rows, (2, 2))


# -- reading -------------------------------------------------------------------------------------


def gathered(op_type: str) -> Iterator[tuple[str, Case]]:
    by_places = op_type.endswith("Nd")

    def case(
        shape: tuple[int, ...], indices: Any, kind: Any = np.int32, starts: bool = True
    ) -> Case:
        def steps(side: Side, name: str) -> Steps:
            variable = side.variable(values(name, shape, 1), True)
            node = side.make(
                op_type,
                resource=variable.handle,
                indices=np.asarray(indices, kind),
                dtype=side.tf.as_dtype(name),
            )
            return [*[variable.initializer] * starts, node]

        return steps

    nested = (lambda i: i[..., None]) if by_places else (lambda i: i)
    for shape in [(5, 2), (5, 1), (5, 0), (5,)]:
        yield f"{list(shape)}", case(shape, nested(np.array([4, 0, 4])))
    yield "one", case((1, 2), nested(np.array([0])), np.int64)
    yield "none", case((5, 2), nested(np.zeros(0, int)))
    yield "beyond", case((5, 2), nested(np.array([5])))
    yield "uninitialized", case((5, 2), nested(np.array([4])), starts=False)


def read(op_type: str) -> Iterator[tuple[str, Case]]:
    def case(shape: tuple[int, ...], starts: bool = True) -> Case:
        def steps(side: Side, name: str) -> Steps:
            is_resource = op_type != "IsVariableInitialized"
            variable = side.variable(values(name, shape, 1), is_resource)
            kinds = {"ReadVariableOp": {"dtype": side.tf.as_dtype(name)}}
            first = "resource" if is_resource else "ref"
            first = "input" if op_type == "VariableShape" else first
            target = side.reference(variable, is_resource)
            node = side.make(op_type, **{first: target}, **kinds.get(op_type, {}))
            return [*[variable.initializer] * starts, node]

        return steps

    for shape in SIZES:
        yield f"{list(shape)}", case(shape)
    yield "uninitialized", case((5, 2), starts=False)


def counted(op_type: str) -> Iterator[tuple[str, Case]]:
    is_resource = op_type.startswith("Resource")

    def steps(side: Side, name: str) -> Steps:
        variable = side.variable(np.asarray(0, name), is_resource)
        given = {"resource": variable.handle} if is_resource else {"ref": variable._ref()}
        kind = {"T": side.tf.as_dtype(name)} if is_resource else {}
        node = side.make(op_type, **given, **kind, limit=2)
        return [node, variable.initializer, node, node, node, variable.read_value()]

    yield "to two", steps


def sliced(op_type: str) -> Iterator[tuple[str, Case]]:
    is_resource = op_type.startswith("Resource")

    def case(shape: tuple[int, ...], bounds: Any, given: tuple[int, ...]) -> Case:
        def steps(side: Side, name: str) -> Steps:
            variable = side.variable(values(name, shape, 1), is_resource)
            begin, end, strides = np.array(bounds, np.int32)
            node = side.make(
                op_type,
                ref=side.reference(variable, is_resource),
                begin=begin,
                end=end,
                strides=strides,
                value=values(name, given, 2),
            )
            return steps_of(node, variable)

        return steps

    yield "rows", case((5, 2), [[1], [4], [1]], (3, 2))
    yield "every second", case((5, 2), [[0, 0], [5, 1], [2, 1]], (3, 1))
    yield "backwards", case((5, 2), [[4], [0], [-2]], (2, 2))
    yield "one", case((1, 2), [[0], [1], [1]], (1, 2))
    yield "none", case((5, 2), [[2], [2], [1]], (0, 2))
    yield "another shape", case((5, 2), [[1], [4], [1]], (2, 2))


# -- references ----------------------------------------------------------------------------------


def referred(op_type: str) -> Iterator[tuple[str, Case]]:
    def steps(side: Side, name: str, shape: tuple[int, ...]) -> Steps:
        variable = side.variable(values(name, shape, 1), False)
        ref = variable._ref()
        if op_type == "RefSwitch":
            found = side.make(op_type, data=ref, pred=True)[1]
        elif op_type == "RefMerge":
            found = side.make(op_type, inputs=[ref])[0]
        elif op_type == "RefIdentity":
            found = side.make(op_type, input=ref)
        else:
            found = side.make("RefEnter", data=ref, frame_name=f"{op_type}{shape}")
            if op_type == "RefNextIteration":
                found = side.make(op_type, data=found)
            found = side.make("RefExit", data=found)
        update = side.make("Assign", ref=found, value=values(name, shape, 2))
        return steps_of(update, variable)

    for shape in SIZES:
        yield f"{list(shape)}", lambda side, name, shape=shape: steps(side, name, shape)


# -- arrays of tensors, stacks, queues -----------------------------------------------------------


def in_an_array(op_type: str) -> Iterator[tuple[str, Case]]:
    def case(shape: tuple[int, ...]) -> Case:
        def steps(side: Side, name: str) -> Steps:
            tf, make = side.tf, side.make
            kind = tf.as_dtype(name)
            handle, flow = make("TensorArrayV3", size=shape[0], dtype=kind, clear_after_read=False)
            whole = values(name, shape, 1)
            places = np.arange(shape[0], dtype=np.int32)[::-1].copy()
            if op_type == "TensorArraySplitV3":
                lengths = np.ones(shape[0], np.int64)
                flow = make(op_type, handle=handle, value=whole, lengths=lengths, flow_in=flow)
            elif op_type == "TensorArrayWriteV3":
                for i in range(shape[0]):
                    row = whole[i] if name != "string" else np.array(whole[i], object)
                    flow = make(op_type, handle=handle, index=i, value=row, flow_in=flow)
            else:
                flow = make(
                    "TensorArrayScatterV3",
                    handle=handle,
                    indices=places,
                    value=whole,
                    flow_in=flow,
                )
            found = {
                "TensorArrayConcatV3": lambda: make(
                    op_type, handle=handle, flow_in=flow, dtype=kind
                ),
                "TensorArrayReadV3": lambda: make(
                    op_type, handle=handle, index=0, flow_in=flow, dtype=kind
                ),
                "TensorArraySizeV3": lambda: make(op_type, handle=handle, flow_in=flow),
            }.get(
                op_type,
                lambda: make(
                    "TensorArrayGatherV3", handle=handle, indices=places, flow_in=flow, dtype=kind
                ),
            )
            return [found()]

        return steps

    for shape in ARRAY_SIZES:
        yield f"{list(shape)}", case(shape)

    def unwritten(side: Side, name: str) -> Steps:
        kind = side.tf.as_dtype(name)
        handle, flow = side.make("TensorArrayV3", size=2, dtype=kind, element_shape=[2])
        node = side.make("TensorArrayReadV3", handle=handle, index=1, flow_in=flow, dtype=kind)
        beyond = side.make("TensorArrayReadV3", handle=handle, index=2, flow_in=flow, dtype=kind)
        return [node, beyond]

    yield "unwritten", unwritten


def on_a_stack(op_type: str) -> Iterator[tuple[str, Case]]:
    def case(shape: tuple[int, ...]) -> Case:
        def steps(side: Side, name: str) -> Steps:
            kind = side.tf.as_dtype(name)
            handle = side.make("StackV2", max_size=4, elem_type=kind, stack_name="")
            first = side.make("StackPushV2", handle=handle, elem=values(name, shape, 1))
            with side.tf.control_dependencies([first]):
                second = side.make("StackPushV2", handle=handle, elem=values(name, shape, 2))
            with side.tf.control_dependencies([second]):
                top = side.make("StackPopV2", handle=handle, elem_type=kind)
            with side.tf.control_dependencies([top]):
                below = side.make("StackPopV2", handle=handle, elem_type=kind)
            return [[first, top, below]]

        return steps

    for shape in SIZES:
        yield f"{list(shape)}", case(shape)


def in_a_queue(op_type: str) -> Iterator[tuple[str, Case]]:
    def case(shape: tuple[int, ...], many: bool) -> Case:
        def steps(side: Side, name: str) -> Steps:
            tf, make = side.tf, side.make
            kind = tf.as_dtype(name)
            is_priority = op_type == "PriorityQueueV2"
            attrs: dict[str, Any] = {"component_types": [kind], "shapes": [list(shape)]}
            if op_type == "RandomShuffleQueueV2":
                attrs["min_after_dequeue"] = 0
            if is_priority:
                attrs["component_types"] = [kind]
            handle = make(op_type, **attrs, shared_name=f"{op_type}{name}{shape}{many}")
            given = values(name, (2, *shape) if many else shape, 1)
            parts = [given]
            types = [kind]
            if is_priority:
                parts.insert(0, np.arange(2, dtype=np.int64) if many else np.int64(1))
                types.insert(0, tf.int64)
            enqueue = make(
                "QueueEnqueueManyV2" if many else "QueueEnqueueV2", handle=handle, components=parts
            )
            size = make("QueueSizeV2", handle=handle)
            one = make("QueueDequeueV2", handle=handle, component_types=types)
            two = make("QueueDequeueUpToV2", handle=handle, n=1, component_types=types)
            three = make("QueueDequeueManyV2", handle=handle, n=1, component_types=types)
            close = make("QueueCloseV2", handle=handle)
            closed = make("QueueIsClosedV2", handle=handle)
            if op_type == "RandomShuffleQueueV2" and many:
                return [enqueue, size, close, closed, size]
            rest = [enqueue, two, enqueue, three] if not many else [two]
            return [enqueue, size, one, size, *rest, size, closed, close, closed, one, enqueue]

        return steps

    for shape in [(1,), (0,), ()]:
        yield f"{list(shape)}", case(shape, many=False)
        if 0 not in shape:  # many empty ones end TensorFlow's process
            yield f"many of {list(shape)}", case(shape, many=True)


CASES: dict[str, Callable[[str], Iterator[tuple[str, Case]]]] = {
    **dict.fromkeys(("Assign", "AssignAdd", "AssignSub"), assignment),
    **dict.fromkeys(("AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp"), assignment),
    **{
        f"{resource}Scatter{nd}{what}": scatter
        for resource in ("", "Resource")
        for nd in ("", "Nd")
        for what in ("Update", "Add", "Sub", "Mul", "Div", "Min", "Max")
        if not (nd and what in ("Mul", "Div"))
    },
    **dict.fromkeys(("ResourceGather", "ResourceGatherNd"), gathered),
    **dict.fromkeys(
        ("ReadVariableOp", "VarIsInitializedOp", "VariableShape", "IsVariableInitialized"), read
    ),
    **dict.fromkeys(("CountUpTo", "ResourceCountUpTo"), counted),
    **dict.fromkeys(("StridedSliceAssign", "ResourceStridedSliceAssign"), sliced),
    **dict.fromkeys(("RefSwitch", "RefMerge", "RefIdentity"), referred),
    **dict.fromkeys(("RefEnter", "RefExit"), referred),
    **dict.fromkeys(
        (
            "TensorArrayWriteV3",
            "TensorArrayReadV3",
            "TensorArrayScatterV3",
            "TensorArrayGatherV3",
            "TensorArraySplitV3",
            "TensorArrayConcatV3",
            "TensorArraySizeV3",
        ),
        in_an_array,
    ),
    **dict.fromkeys(("StackPushV2", "StackPopV2"), on_a_stack),
    **dict.fromkeys(
        ("FIFOQueueV2", "PaddingFIFOQueueV2", "RandomShuffleQueueV2", "PriorityQueueV2"),
        in_a_queue,
    ),
}


# Cases with a step that fails, which would take the others with it.
ALONE = {"another shape", "beyond", "other updates", "to two", "uninitialized", "unwritten"}


def outcomes(
    side: Side, op_type: str, name: str, only: str | None = None, together: bool = True
) -> dict[str, list[Any]]:
    """What each case of an op type, or only one, gives for an element type.

    together: the first steps of all cases in one run, then the second ones, unless one fails.
    """
    tf = side.tf
    found: dict[str, list[Any]] = {}
    steps: dict[str, Steps] = {}
    together = together and "Queue" not in op_type
    config = tf.ConfigProto()
    if hasattr(config.graph_options, "rewrite_options"):  # TensorFlow's; they take their time
        config.graph_options.rewrite_options.disable_meta_optimizer = True
    with tf.Graph().as_default(), tf.Session(config=config) as session:
        for label, case in CASES[op_type](op_type):
            if only not in (None, label):
                continue
            try:
                steps[label] = case(side, name)
            except (tf.errors.OpError, ValueError, TypeError) as error:
                found[label] = [f"building: {type(error).__name__}"]
        in_step = {k: v for k, v in steps.items() if together and k not in ALONE}
        for label in steps.keys() - in_step.keys():
            found[label] = [run(tf, session, step) for step in steps[label]]
        for place in range(max(map(len, in_step.values()), default=0)):
            labels = [k for k, v in in_step.items() if place < len(v)]
            try:
                results = session.run([in_step[k][place] for k in labels])
            except tf.errors.OpError:
                return outcomes(side, op_type, name, only, together=False)
            for label, result in zip(labels, results, strict=True):
                found.setdefault(label, []).append(listed(result))
    return found


def run(tf: Any, session: Any, step: Any) -> Any:
    try:
        return listed(session.run(step))
    except tf.errors.OpError as error:
        return type(error).__name__


def listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
